"""What office systems call. The connector verifies and parses; each message is kept once and a worker applies it; the answer is for the person who pressed."""

from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue

from api.security import csrf, open_to_all
from engine import inbox
from engine.database import transaction
from engine.errors import NotFound
from engine.oa.contract import Connector, RawRequest, Reply
from engine.oa.opening import opened
from engine.oa.registry import Connectors
from models.oa import OaConnection

MAX_BODY = 256 * 1024
callbacks = Blueprint("callbacks", __name__)
connectors = Connectors()


def register(app: Flask) -> None:
    """Add the callback routes; they need no session and no CSRF token: the connector finds out whether a request is the office system's."""
    csrf.exempt(callbacks)
    app.register_blueprint(callbacks)


@callbacks.get("/oa/<key>/<door>")
@open_to_all
def verify(key: str, door: str) -> ResponseReturnValue:
    """Answer an office system that checks our address before it uses it."""
    return take(key, door)


@callbacks.post("/oa/<key>/<door>")
@open_to_all
def receive(key: str, door: str) -> ResponseReturnValue:
    """Take one callback of an office system; repeated ones are acknowledged and change nothing."""
    return take(key, door)


def take(key: str, door: str) -> Response:
    """Verify a request, keep what it tells, and answer."""
    request.max_content_length = MAX_BODY
    connector = connector_of(key)
    raw = RawRequest(request.method, door, request.args.to_dict(), dict(request.headers), request.get_data())
    received = connector.receive(raw, datetime.now(UTC))
    said = None
    with transaction("callbacks.receive") as session:
        for event in received.events:
            said = inbox.answer(session, event)
            inbox.receive(session, key, event)
    reply = received.reply or (connector.reply(received, said) if said is not None else Reply(b"{}"))
    return Response(reply.body, reply.status, content_type=reply.content_type)


def connector_of(key: str) -> Connector:
    """Return the connector of an active connection; `NotFound` for one that is unknown or switched off."""
    with transaction() as session:
        row = session.get(OaConnection, key)
        connection = opened(row) if row is not None and row.active else None
    if connection is None:
        raise NotFound(kind="connection")
    return connectors.get(connection)
