"""Events of Feishu, schema 2.0: encrypted and signed when a key is set, and told again after 15 s, 5 min, 1 h and 6 h."""

import json
import secrets
import uuid
from typing import Any

import httpx

from api.simulators.changes import USERS, change_department, change_person, check_kind
from api.simulators.desk import Outgoing, Unable
from api.simulators.feishu.cipher import encrypt, signature
from api.simulators.feishu.contacts import shown_department, shown_user
from api.simulators.simulator import Simulator

RETRIES = (15.0, 300.0, 3600.0, 21600.0)
WORDS = {"left": "deleted"}


def event_body(sim: Simulator, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Return an event, after what it tells of has happened."""
    check_kind(kind)
    if kind == "verification":
        return {"challenge": secrets.token_hex(16), "token": sim.config.verification_token, "type": "url_verification"}
    what, _, word = kind.partition(".")
    event = user_event(sim, kind, facts) if kind in USERS else department_event(sim, kind, facts)
    return wrapped(sim, f"contact.{what}.{WORDS.get(word, word)}_v3", event)


def wrapped(sim: Simulator, event_type: str, event: dict[str, Any]) -> dict[str, Any]:
    config = sim.config
    header = {
        **{"event_id": uuid.uuid4().hex, "event_type": event_type, "create_time": str(int(sim.vendor_time() * 1000))},
        **{"token": config.verification_token, "app_id": config.app_id, "tenant_key": config.tenant_key},
    }
    return {"schema": "2.0", "header": header, "event": event}


def user_event(sim: Simulator, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    before, after = change_person(sim.people, kind, facts.get("person"))
    told, old = shown_user(after), shown_user(before)
    if kind == "user.left":
        # of somebody who has left the object no longer tells the departments; the old object does
        return {"object": {**told, "department_ids": []}, "old_object": {"department_ids": old["department_ids"], "open_id": after.openId}}
    return {"object": told, **({"old_object": old} if kind == "user.updated" else {})}


def department_event(sim: Simulator, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    found = shown_department(change_department(sim.people, kind, facts.get("department")))
    return {"object": {**found, "status": {"is_deleted": kind == "department.deleted"}}}


def sealed(sim: Simulator, body: dict[str, Any], nonce: str) -> Outgoing:
    """Return an event as it goes out."""
    config = sim.config
    if not config.event_url:
        raise Unable("no event_url is configured")
    text, headers = json.dumps(body, ensure_ascii=False), {"Content-Type": "application/json; charset=utf-8"}
    if config.encrypt_key:
        text = json.dumps({"encrypt": encrypt(config.encrypt_key, text.encode())})
        timestamp = str(int(sim.vendor_time()))
        headers |= {"X-Lark-Request-Timestamp": timestamp, "X-Lark-Request-Nonce": nonce}
        headers["X-Lark-Signature"] = signature(timestamp, nonce, config.encrypt_key, text)
    challenge = body.get("challenge")
    facts = {"event": True, "challenge": challenge}
    return Outgoing(config.event_url, text, headers, timeout=1.0 if challenge else 3.0, retries=() if challenge else RETRIES, facts=facts)


def is_answered(sent: Outgoing, answer: httpx.Response) -> bool:
    """Say whether the product took an event: 200, and for a verification the challenge back."""
    if answer.status_code != 200:
        return False
    try:
        return not sent.facts["challenge"] or answer.json().get("challenge") == sent.facts["challenge"]
    except (ValueError, AttributeError):
        return False
