"""Whether the server lives and whether it can work; needs nobody to be signed in and says nothing about the inside."""

import shutil

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from flask_smorest import Api
from sqlalchemy import text

from api.security import open_to_all
from models import db

health = Blueprint("health", __name__)
LEAST_ROOM = 64 * 1024 * 1024  #: bytes
_TABLES = "SELECT current_setting('transaction_read_only') = 'off' AS writable WHERE to_regclass('process_instance') IS NOT NULL"


def register(api: Api) -> None:
    """Add the two routes outside `/api/v1`: they are for supervisors, not for programs."""
    api._app.register_blueprint(health)


@health.get("/health/live")
@open_to_all
def live() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/health/ready")
@open_to_all
def ready() -> ResponseReturnValue:
    """The database answers, has our tables and can be written, and there is room for files."""
    try:
        answer = db.session.execute(text(_TABLES)).one_or_none()
        said = "ok" if answer is not None and answer.writable else "the database is read-only" if answer is not None else "no database"
    except Exception:
        said = "no database"
    finally:
        db.session.rollback()
    if said == "ok" and shutil.disk_usage(current_app.config["SETTINGS"].home).free < LEAST_ROOM:
        said = "no room for files"
    return jsonify(status=said), 200 if said == "ok" else 503
