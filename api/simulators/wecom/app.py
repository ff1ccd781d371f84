"""The application: WeCom's calls, and the doors and pages that every simulator has."""

from flask import Flask

from api.simulators.doors import doors
from api.simulators.pages import pages
from api.simulators.simulator import build
from api.simulators.wecom import authentication, contacts, messages, sign_in
from api.simulators.wecom.config import Config
from api.simulators.wecom.desk import WeComDesk
from api.simulators.wecom.manner import calls

#: each of them registers its calls when it is loaded
CALLS = (authentication, contacts, messages, sign_in)


def create_app(config: Config) -> Flask:
    """Return WeCom as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = build("wecom", config, WeComDesk, per_second=config.per_second, per_minute=config.per_minute)
    for each in (calls, doors, pages):
        app.register_blueprint(each)
    return app
