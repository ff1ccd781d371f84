"""The application: DingTalk's calls, and the doors and pages that every simulator has."""

from flask import Flask

from api.simulators.dingtalk import authentication, contacts, instances, schemas, sign_in, stream, tasks, todo
from api.simulators.dingtalk.config import Config
from api.simulators.dingtalk.desk import DingTalkDesk
from api.simulators.dingtalk.manner import calls
from api.simulators.doors import doors
from api.simulators.pages import pages
from api.simulators.simulator import build

#: each of them registers its calls when it is loaded
CALLS = (authentication, contacts, instances, schemas, sign_in, stream, tasks, todo)


def create_app(config: Config) -> Flask:
    """Return DingTalk as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = build("dingtalk", config, DingTalkDesk, per_second=config.per_second, per_minute=config.per_minute)
    for each in (calls, doors, pages):
        app.register_blueprint(each)
    return app
