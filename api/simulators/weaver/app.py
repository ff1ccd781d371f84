"""The application: e-cology's calls, and the doors and pages that every simulator has."""

from flask import Flask

from api.simulators.doors import doors
from api.simulators.pages import pages
from api.simulators.pushed import PushedDesk
from api.simulators.simulator import build
from api.simulators.weaver.calls import calls
from api.simulators.weaver.config import Config
from api.simulators.weaver.rows import card


def create_app(config: Config) -> Flask:
    """Return e-cology as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = build("weaver", config, lambda sim: PushedDesk(sim, "泛微", card), per_second=config.per_second, per_minute=config.per_minute)
    for each in (calls, doors, pages):
        app.register_blueprint(each)
    return app
