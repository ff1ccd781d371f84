"""The application: Seeyon's calls, and the doors and pages that every simulator has."""

from flask import Flask

from api.simulators.doors import doors
from api.simulators.pages import pages
from api.simulators.pushed import PushedDesk
from api.simulators.seeyon import authentication, pending
from api.simulators.seeyon.config import Config
from api.simulators.seeyon.manner import calls
from api.simulators.simulator import build

#: each of them registers its calls when it is loaded
CALLS = (authentication, pending)


def create_app(config: Config) -> Flask:
    """Return Seeyon as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = build(
        "seeyon", config, lambda sim: PushedDesk(sim, "致远", pending.card), per_second=config.per_second, per_minute=config.per_minute
    )
    for each in (calls, doors, pages):
        app.register_blueprint(each)
    return app
