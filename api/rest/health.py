"""Whether the server lives and whether it can work; needs nobody to be signed in and says nothing about the inside."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_smorest import Api
from sqlalchemy import text

from api.security import open_to_all
from models import db

health = Blueprint("health", __name__)


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
    """The database answers and has our tables."""
    try:
        good = bool(db.session.execute(text("SELECT to_regclass('process_instance') IS NOT NULL")).scalar())
    except Exception:
        good = False
    finally:
        db.session.rollback()
    return jsonify(status="ok" if good else "no database"), 200 if good else 503
