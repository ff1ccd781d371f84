"""What office systems call. The connector verifies and parses; the message is kept once and a worker applies it; the answer is for the person who pressed."""

from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, jsonify, request

from api.security import csrf, open_to_all
from engine import inbox
from engine.database import transaction
from engine.errors import NotFound
from engine.oa.contract import Connection, Event
from engine.oa.registry import Connectors
from models import db
from models.oa import OaConnection

MAX_BODY = 256 * 1024
callbacks = Blueprint("callbacks", __name__)
connectors = Connectors()


def register(app: Flask) -> None:
    """Add the callback route; it needs no session and no CSRF token, its body is signed."""
    csrf.exempt(callbacks)
    app.register_blueprint(callbacks)


@callbacks.post("/oa/<key>/callback")
@open_to_all
def receive(key: str) -> Response:
    """Take one signed callback of an office system; repeated ones are acknowledged and change nothing."""
    request.max_content_length = MAX_BODY
    event = verified(key)
    with transaction("callbacks.receive") as session:
        said = inbox.kind_answer(session, event)
        inbox.receive(session, key, event)
    return jsonify(said)


def verified(key: str) -> Event:
    """Return the event of this request, verified by the connection it was sent to; `NotFound` for one that is unknown or switched off."""
    row = db.session.get(OaConnection, key)
    connection = Connection(row.key, row.kind, row.base_url, row.secret, row.former_secret) if row is not None and row.active else None
    db.session.rollback()
    if connection is None:
        raise NotFound(kind="connection")
    return connectors.get(connection).receive(dict(request.headers), request.get_data(), datetime.now(UTC))
