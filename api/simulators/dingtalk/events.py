"""Events over HTTP: sealed, signed in the query, and taken only when `success` comes back in an envelope within 1500 ms (the page 回调加解密)."""

import json
import secrets
import uuid
from typing import Any
from urllib.parse import urlencode

import httpx

from api.simulators.changes import USERS, change_department, change_person, check_kind
from api.simulators.desk import Outgoing, Unable
from api.simulators.dingtalk import stream
from api.simulators.envelope import Envelope, Unsealable
from api.simulators.simulator import Simulator

TYPES = {
    **{"user.created": "user_add_org", "user.updated": "user_modify_org", "user.left": "user_leave_org"},
    **{"department.created": "org_dept_create", "department.updated": "org_dept_modify", "department.deleted": "org_dept_remove"},
}
SECONDS = 1.5


def envelope(sim: Simulator) -> Envelope:
    config = sim.config
    return Envelope(config.event_token, config.event_key, config.event_owner or config.app_key)


def event(sim: Simulator, kind: str, facts: dict[str, Any]) -> Outgoing:
    """Return an event, after what it tells of has happened."""
    check_kind(kind)
    streamed = bool(sim.desk.stream) and kind != "verification"
    if not sim.config.event_url and not streamed:
        raise Unable("no event_url is configured, and no Stream connection is open")
    about = {"TimeStamp": str(int(sim.vendor_time() * 1000)), "CorpId": sim.config.corp_id, "eventId": uuid.uuid4().hex}
    if kind == "verification":
        return sealed(sim, {"EventType": "check_url", **about}, retries=())
    if kind in USERS:
        changed: dict[str, Any] = {"UserId": [change_person(sim.people, kind, facts.get("person"))[1].userId]}
    else:
        changed = {"DeptId": [change_department(sim.people, kind, facts.get("department")).number]}
    body = {"EventType": TYPES[kind], **about, **changed}
    return stream.event(sim, body) if streamed else sealed(sim, body, retries=(sim.config.event_retry,) * 2)


def sealed(sim: Simulator, body: dict[str, Any], retries: tuple[float, ...]) -> Outgoing:
    box, timestamp, nonce = envelope(sim), str(int(sim.vendor_time() * 1000)), secrets.token_hex(8)
    encrypt = box.seal(json.dumps(body, ensure_ascii=False))
    signed = box.signature(timestamp, nonce, encrypt)
    query = urlencode({"signature": signed, "msg_signature": signed, "timestamp": timestamp, "nonce": nonce})
    url = f"{sim.config.event_url}{'&' if '?' in sim.config.event_url else '?'}{query}"
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Outgoing(url, json.dumps({"encrypt": encrypt}), headers, timeout=SECONDS, retries=retries, facts={"event": True})


def judge(sim: Simulator, answer: httpx.Response) -> tuple[bool, str]:
    """Say whether an event was taken: 200, a signature that fits, and `success` inside of the envelope."""
    try:
        body, box = answer.json(), envelope(sim)
        encrypt, timestamp, nonce = (str(body[name]) for name in ("encrypt", "timeStamp", "nonce"))
        if answer.status_code != 200 or body["msg_signature"] != box.signature(timestamp, nonce, encrypt):
            return False, "the answer is not 200, or its signature is wrong"
        said = box.open(encrypt)
    except (ValueError, KeyError, TypeError, Unsealable) as error:
        return False, f"the answer is no sealed envelope: {error}"[:500]
    return said == "success", said[:500]
