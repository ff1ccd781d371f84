"""What WeCom tells the product: sealed XML, told three times while it is not taken; and the question at the beginning whether the address is right."""

import secrets
from typing import Any
from urllib.parse import urlencode

import httpx
from lxml import etree

from api.simulators.changes import USERS, change_department, change_person, check_kind
from api.simulators.desk import Outgoing, Unable
from api.simulators.envelope import Envelope
from api.simulators.simulator import Simulator

SECONDS = 5.0
CHANGES = {
    **{"user.created": "create_user", "user.updated": "update_user", "user.left": "delete_user"},
    **{"department.created": "create_party", "department.updated": "update_party", "department.deleted": "delete_party"},
}


def envelope(sim: Simulator) -> Envelope:
    config = sim.config
    return Envelope(config.callback_token, config.callback_key, config.callback_owner or config.corp_id)


def event(sim: Simulator, kind: str, facts: dict[str, Any]) -> Outgoing:
    """Return an event of the contacts, after what it tells of has happened."""
    check_kind(kind)
    if kind == "verification":
        return verification(sim)
    if kind in USERS:
        person = change_person(sim.people, kind, facts.get("person"))[1]
        changed: dict[str, Any] = {"UserID": person.userId}
        if kind != "user.left":
            changed |= {"Name": person.name, "Mobile": person.mobile, "Email": person.email, "Status": 1}
    else:
        department = change_department(sim.people, kind, facts.get("department"))
        changed = {"Id": department.number}
        if kind != "department.deleted":
            changed |= {"Name": department.name, "ParentId": department.parent}
    return sealed(sim, {"FromUserName": "sys", "Event": "change_contact", "ChangeType": CHANGES[kind], **changed})


def address(sim: Simulator, **query: str) -> str:
    url = sim.config.callback_url
    if not url:
        raise Unable("no callback_url is configured")
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def verification(sim: Simulator) -> Outgoing:
    box, timestamp, nonce, plain = envelope(sim), str(int(sim.vendor_time())), secrets.token_hex(8), secrets.token_hex(16)
    echo = box.seal(plain)
    url = address(sim, msg_signature=box.signature(timestamp, nonce, echo), timestamp=timestamp, nonce=nonce, echostr=echo)
    return Outgoing(url, "", {}, timeout=1.0, facts={"echo": plain}, method="GET")


def sealed(sim: Simulator, fields: dict[str, Any]) -> Outgoing:
    config, box, timestamp, nonce = sim.config, envelope(sim), str(int(sim.vendor_time())), secrets.token_hex(8)
    encrypt = box.seal(document({"ToUserName": config.corp_id, "CreateTime": int(timestamp), "MsgType": "event", **fields}))
    body = document({"ToUserName": config.corp_id, "Encrypt": encrypt, "AgentID": str(config.agent_id)})
    url = address(sim, msg_signature=box.signature(timestamp, nonce, encrypt), timestamp=timestamp, nonce=nonce)
    return Outgoing(url, body, {"Content-Type": "text/xml; charset=utf-8"}, timeout=SECONDS, retries=(config.callback_retry,) * 2)


def document(fields: dict[str, Any]) -> str:
    """Return an `<xml>` of these fields: numbers plain, texts as CDATA."""
    root = etree.Element("xml")
    for name, value in fields.items():
        plain = isinstance(value, int) or "]]>" in value
        etree.SubElement(root, name).text = str(value) if plain else etree.CDATA(value)
    return etree.tostring(root, encoding="unicode")


def judge(sent: Outgoing, answer: httpx.Response) -> tuple[bool, str]:
    """Say whether a callback was taken: 200 with nothing, `success` or a sealed reply; of a verification, the plain text and nothing else."""
    said = answer.text
    if "echo" in sent.facts:
        return answer.status_code == 200 and said == sent.facts["echo"], said[:500]
    fine = answer.status_code == 200 and (said.strip() in ("", "success") or "<Encrypt>" in said)
    return fine, "已提交。 Sent." if fine else f"HTTP {answer.status_code} {said}"[:500]
