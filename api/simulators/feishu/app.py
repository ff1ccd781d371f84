"""The application: Feishu's calls, and the doors and pages that every simulator has."""

from flask import Flask

from api.simulators.doors import doors
from api.simulators.feishu import authentication, comparison, contacts, definitions, instances, messages, sign_in
from api.simulators.feishu.config import Config
from api.simulators.feishu.desk import FeishuDesk
from api.simulators.feishu.manner import calls
from api.simulators.pages import pages
from api.simulators.simulator import build

#: each of them registers its calls when it is loaded
CALLS = (authentication, comparison, contacts, definitions, instances, messages, sign_in)


def create_app(config: Config) -> Flask:
    """Return Feishu as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = build("feishu", config, FeishuDesk, per_second=config.per_second, per_minute=config.per_minute)
    for each in (calls, doors, pages):
        app.register_blueprint(each)
    return app
