"""The composition root of the web server: settings, database, who is calling, errors, and every blueprint."""

from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix

from api import assets, callbacks, locale, pages, problems, rest, security
from api.foundation import configure
from engine.settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the web application. The database must be there and migrated (`shenpi run` and `shenpi database upgrade` do that)."""
    found = settings or read_settings()
    app = Flask("api", root_path=str(Path(__file__).parent))
    configure(app, found)
    security.install(app)
    assets.install(app)
    Babel(app, locale_selector=locale.choose, timezone_selector=lambda: found.time_zone, default_locale="zh")
    api = Api(app)
    problems.install(app)  # after `Api`, which brings an answer to HTTP errors of its own
    rest.register(api)
    callbacks.register(app)
    pages.register(app)
    if not found.development:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
        app.config["SESSION_COOKIE_SECURE"] = found.public_url.startswith("https://")
    return app
