"""The application: EKP's web service, and the doors and pages that every simulator has."""

from flask import Flask

from api.simulators.doors import doors
from api.simulators.landray.config import Config
from api.simulators.landray.service import calls
from api.simulators.landray.todos import card
from api.simulators.pages import pages
from api.simulators.pushed import PushedDesk
from api.simulators.simulator import build


def create_app(config: Config) -> Flask:
    """Return EKP as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = build("landray", config, lambda sim: PushedDesk(sim, "蓝凌", card), per_second=config.per_second, per_minute=config.per_minute)
    for each in (calls, doors, pages):
        app.register_blueprint(each)
    return app
