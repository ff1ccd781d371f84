"""The history of a case: its events with their exact bytes, and the check of its chain."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields

from api.rest.conventions import Camel, route, shown
from api.security import current
from engine import replay
from engine.database import transaction
from engine.permissions import require_instance

blueprint = Blueprint("history", __name__, url_prefix="/process-instances", description="History")


class Verification(Camel):
    events = fields.Integer()
    faults = fields.List(fields.Dict())
    rerun_steps = fields.Integer()
    rerun_faults = fields.List(fields.Dict())
    ok = fields.Boolean()


@blueprint.route("/<uuid:instance_id>/history", methods=["GET"])
@route("history.read")
@blueprint.response(200)
def show(instance_id: UUID) -> Response:
    """Everything a replay needs: the drawing, the people, and each event with the bytes that were hashed (base64).

    Comments and values that are not the caller's to know are `withheld`; the bytes with their digests are there all the same.
    """
    with transaction() as session:
        require_instance(session, current(), instance_id)
        return Response(orjson.dumps(replay.record_of(session, instance_id, by=current())), mimetype="application/json")


@blueprint.route("/<uuid:instance_id>/verification", methods=["GET"])
@route("history.verify")
@blueprint.response(200, Verification)
def verification(instance_id: UUID) -> Any:
    """Check the chain of a case on the server (hashes, columns, payloads, the end) and run the case again from its record alone."""
    with transaction() as session:
        require_instance(session, current(), instance_id)
        check = replay.verify_instance(session, instance_id)
        again = replay.rerun_instance(session, instance_id)
    return shown(
        Verification().dump(
            {
                "events": check.events,
                "faults": [fault.as_json() for fault in check.faults],
                "rerun_steps": again.steps,
                "rerun_faults": [fault.as_json() for fault in again.faults],
                "ok": not check.faults and not again.faults,
            }
        )
    )
