"""Messages of the approval bot. The same `uuid` within an hour is the same message."""

from flask import Response

from api.simulators.feishu.identity import named
from api.simulators.feishu.manner import data, gate, refuse
from api.simulators.fields import text
from api.simulators.gate import asked
from api.simulators.simulator import simulator

SAME_SECONDS = 3600


@gate.call("POST", "/open-apis/approval/v1/message/send")
def send() -> Response:
    body, sim = asked(), simulator()
    person = named(body)
    text(body, "template_id")
    uuid = text(body, "uuid", needed=False, most=64)
    sent = sim.ledger.get("uuid", uuid) if uuid else None
    if sent and sent["at"] > sim.clock.now() - SAME_SECONDS:
        return data(message_id=sent["message_id"])
    message_id = str(7_000_000_000_000_000_000 + sim.ledger.next("message"))
    if uuid:
        sim.ledger.put("uuid", uuid, {"at": sim.clock.now(), "message_id": message_id})
    sim.ledger.put("message", message_id, {"message_id": message_id, "person": person.userId, "sent": body})
    return data(message_id=message_id)


@gate.call("POST", "/open-apis/approval/v1/message/update")
def update() -> Response:
    body, sim = asked(), simulator()
    found = sim.ledger.get("message", text(body, "message_id"))
    if found is None:
        raise refuse(1390001, "param is invalid: message_id")
    sim.ledger.put("message", found["message_id"], {**found, "status": text(body, "status")})
    return data(message_id=found["message_id"])
