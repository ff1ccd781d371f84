"""Server-rendered pages, one file a page. Chinese first, phone first; everything works without script except drawings."""

from flask import Flask

from api.pages import frame, sign_in

BLUEPRINTS = (sign_in.blueprint,)


def register(app: Flask) -> None:
    """Add every page and what their frame needs."""
    frame.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
