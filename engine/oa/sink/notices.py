"""Notices of the engine (`oa.notify`): reminders, comments, results, told to one person after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import OARejected
from engine.oa.contract import Connection, Desk, ItemResult, OARequest, Receipt

NOTIFY = "oa.notify"
KINDS = {"urge": "催办", "copy": "抄送", "comment": "评论", "result": "结果", "remind": "催办", "exception": "职责分离例外"}


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told, and the accounts of those who are mapped."""

    key: str
    kind: str
    title: str
    text: str
    process: str
    page: str
    people: tuple[str, ...]
    accounts: Mapping[str, str]

    def tell(self, one: Callable[[str, str, "Notice"], ItemResult]) -> Receipt:
        """Tell everybody who is mapped; somebody the office system does not know keeps nobody else from hearing of it."""
        items = []
        for person in self.people:
            if person not in self.accounts:
                items.append(ItemResult(person, ok=False, person=person, problem="person"))
                continue
            try:
                items.append(one(person, self.accounts[person], self))
            except OARejected as error:
                items.append(ItemResult(person, ok=False, person=person, problem="person", message=str(error.facts["reason"])))
        return Receipt(None, datetime.now(UTC), {"told": sum(item.ok for item in items)}, tuple(items))


def read_notice(connection: Connection, desk: Desk, request: OARequest, id_type: str) -> Notice | None:
    """Return the notice of a request, None for one that asks for something else."""
    if request.operation != NOTIFY:
        return None
    payload = request.payload
    people = tuple(str(person) for person in payload.get("users") or ())
    kind = str(payload.get("kind") or "")
    about = str(payload.get("title") or payload.get("businessKey") or "")
    return Notice(
        request.key, kind, f"{KINDS.get(kind, '通知')}：{about}", str(payload.get("text") or about), str(payload.get("definitionName") or "审批"),
        f"{connection.public_url}/cases/{payload.get('instanceKey')}", people, desk.ids(people, id_type),
    )  # fmt: skip
