"""What every process of an installation needs of Flask: settings, the key, the database, the registries filled. No pages and no routes."""

import os
import secrets
from pathlib import Path

from flask import Flask

from engine.database.embedded import EmbeddedServer
from engine.settings import Settings
from models import db
from processes import catalogue


def configure(app: Flask, settings: Settings) -> Flask:
    """Give an application the database and the registries; the worker and the command line use this without the rest."""
    catalogue.install()
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key or kept_secret(settings.home),
        SQLALCHEMY_DATABASE_URI=database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 10, "max_overflow": 10, "pool_pre_ping": False},
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


def kept_secret(home: Path) -> str:
    """Return the key that signs sessions, made once and kept in the home folder for its owner only."""
    path = home / "secret.key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"secret.key.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)  # the first of several processes wins
        except FileExistsError:
            pass
        draft.unlink()
        return path.read_text(encoding="ascii")
