"""What every process of an installation needs of Flask: settings, the key, the database, the registries filled. No pages and no routes."""

from flask import Flask

from engine import keyfiles
from engine.database.embedded import EmbeddedServer
from engine.database.patience import patience
from engine.settings import Settings
from models import db
from processes import catalogue


def configure(app: Flask, settings: Settings) -> Flask:
    """Give an application the database and the registries; the worker and the command line use this without the rest."""
    catalogue.install()
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key or keyfiles.kept(settings.home / "secret.key"),
        SQLALCHEMY_DATABASE_URI=database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 10,
            "max_overflow": 10,
            "pool_pre_ping": False,
            "connect_args": patience(database_url(settings)),
        },
        MAX_CONTENT_LENGTH=settings.max_upload * 2,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        API_TITLE="Shenpi",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    db.init_app(app)
    return app


def database_url(settings: Settings) -> str:
    """Return the database's address: the configured server, or the embedded one in the home folder."""
    return settings.database_url or EmbeddedServer(settings.database_folder).url()
