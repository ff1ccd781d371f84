"""Messages of Feishu's approval bot (发送审批 Bot 消息): one a person, with a key that Feishu remembers for an hour."""

import hashlib
from datetime import UTC, datetime

from engine.oa.contract import Connection, Desk, ItemResult, OARequest, Receipt
from engine.oa.feishu.client import Client, UnknownPerson
from engine.oa.feishu.texts import Texts

SEND = "/open-apis/approval/v1/message/send"
KINDS = {"urge": "催办", "copy": "抄送", "comment": "评论", "result": "结果", "remind": "催办", "exception": "职责分离例外"}


def notify(connection: Connection, desk: Desk, client: Client, request: OARequest) -> Receipt:
    """Tell everybody of a notice who is mapped. Refuses as a push does; who was told before a failure is not told again within the hour."""
    payload = request.payload
    id_type = str(connection.settings.get("user_id_type") or "user_id")
    ids = desk.ids(payload.get("users") or (), id_type)
    items: list[ItemResult] = []
    for person in payload.get("users") or ():
        if person not in ids:
            items.append(ItemResult(person, ok=False, person=person, problem="person"))
            continue
        texts = Texts()
        title = f"{KINDS.get(str(payload.get('kind')), '通知')}：{payload.get('title') or payload.get('businessKey') or ''}"
        link = connection.link(f"{connection.public_url}/cases/{payload.get('instanceKey')}")
        body = {
            "template_id": str(connection.settings.get("message_template") or "1008"),
            ("open_id" if id_type == "open_id" else "user_id"): ids[person],
            "uuid": hashlib.sha256(f"{request.key}:{person}".encode()).hexdigest()[:64],
            "approval_name": texts.key(title[:200]),
            "content": {"summaries": [{"summary": texts.key(str(payload.get("text") or payload.get("businessKey") or title)[:500])}]},
            "actions": [{"action_name": "DETAIL", "url": link, "pc_url": link}],
        }  # fmt: skip
        body["i18n_resources"] = texts.resources()
        try:
            data = client.call("POST", SEND, body=body)
            items.append(ItemResult(person, remote_id=str(data.get("message_id") or "") or None, person=person))
        except UnknownPerson as error:
            items.append(ItemResult(person, ok=False, person=person, problem="person", message=str(error)))
    return Receipt(None, datetime.now(UTC), {"told": sum(item.ok for item in items)}, tuple(items))
