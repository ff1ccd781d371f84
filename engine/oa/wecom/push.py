"""Cards sent and closed (发送应用消息, 更新模版卡片消息): one card a person and task, closed by the code that came with it, once, within 72 hours.

A card cannot be looked up and its code cannot be asked for. So a message whose answer was lost is sent once more as it was: the check for duplicates answers
it as the first one. A card that is too old to be closed keeps its buttons; a press of one is refused here, and brings a code along that closes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from engine.oa.contract import Connection, Desk, InstanceSnapshot, ItemResult, Receipt, Shown, TaskView
from engine.oa.desk import INTENDED
from engine.oa.items import TASK, instance_key, task_key
from engine.oa.sink.rows import Row, gone, held, rows
from engine.oa.wecom.card import Kept, card, read_kept, task_id
from engine.oa.wecom.client import Client, Refused, UnknownPerson

SEND = "/cgi-bin/message/send"
UPDATE = "/cgi-bin/message/update_template_card"
SAME_FOR = 4 * 3600  #: seconds for which the same message is one: the longest that WeCom offers
OPEN, CLOSING, STALE = "open", "closing", "stale"
DONE = {"approve": "已同意", "reject": "已驳回", "return": "已退回"}
ENDED = {"withdrawn": "已撤回", "terminated": "已终止", "revoked": "已撤销", "deleted": "已删除"}


@dataclass(frozen=True, slots=True)
class Place:
    """One row, what is known of it, and the snapshot it belongs to."""

    row: Row
    status: str
    kept: Kept
    snapshot: InstanceSnapshot


class Push:
    """Pushes of one connection."""

    def __init__(self, connection: Connection, desk: Desk, client: Client) -> None:
        self._connection = connection
        self._desk = desk
        self._client = client
        self.agent = int(connection.settings.get("agent_id") or 0)

    def snapshot(self, snapshot: InstanceSnapshot) -> Receipt:
        """Show an instance. Who is not mapped, or not known there, has her own to-do held and nobody else's."""
        known = self._known(snapshot)
        ids = self._desk.ids({task.assignee for task in snapshot.tasks}, "userid")
        tasks = {task_key(task.task_key): task for task in snapshot.tasks if task.assignee in ids}
        unmapped = [task for task in snapshot.tasks if task.assignee not in ids and task.status == "pending"]
        wanted = rows(replace(snapshot, ccs=()), plain(known), ids)
        items = [self._one(self._place(row, known, snapshot), tasks.get(row.key)) for row in wanted]
        return self._receipt(snapshot, [*items, *(held(task) for task in unmapped)])

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        """Close every card of an instance that is open."""
        known = self._known(snapshot)
        snapshot = replace(snapshot, status="deleted")
        left = gone(snapshot, plain(known).values(), set())
        return self._receipt(snapshot, [self._one(self._place(row, known, snapshot), None) for row in left])

    def _one(self, place: Place, task: TaskView | None) -> ItemResult:
        row = place.row
        if row.state == "open" and task is not None:
            same = place.status == OPEN and place.kept.to == row.receiver
            return item(row, OPEN, place.kept.number) if same else self._show(place, task)
        if place.status == STALE and not place.kept.fresh:
            return item(row, STALE, place.kept.number)
        return item(row, row.state, place.kept.number) if place.status == row.state else self._close(place)

    def _show(self, place: Place, task: TaskView) -> ItemResult:
        kept, row = place.kept, place.row
        if place.status in ("done", "gone", CLOSING, STALE) or kept.to != row.receiver:
            # it was closed and is open again, or she has another account: that is another card
            kept = Kept(row.receiver, number=kept.number + 1)
        if kept.message is None:
            kept = Kept(row.receiver, number=kept.number, message=self._message(place.snapshot, row, task, kept.number))
        try:
            code = self._send(place, kept)
        except UnknownPerson as error:
            return self._refused(place, "person", error)
        except Refused as error:
            if not place.status or kept.number != place.kept.number:
                return self._refused(place, "permanent", error)
            code = place.kept.code  # it is there: the task_id was used by ourselves
        self._settle(place, Kept(row.receiver, code, kept.number), OPEN)
        return item(row, OPEN, kept.number)

    def _send(self, place: Place, kept: Kept) -> str:
        """Send a message and return the code of its card; the person has a limit of her own, beyond which WeCom throws messages away and says nothing."""
        self._desk.wait(f"member/{kept.to}")
        self._settle(place, kept, INTENDED)
        answer = self._client.call("POST", SEND, body=kept.message)
        if kept.to.lower() in str(answer.get("invaliduser") or "").lower().split("|"):
            raise UnknownPerson(connection=self._connection.key, reason="invaliduser", number=81013)
        return str(answer.get("response_code") or "")

    def _close(self, place: Place) -> ItemResult:
        kept, row = place.kept, place.row
        if place.status == INTENDED and not kept.code and kept.message is not None:
            try:
                kept = replace(kept, code=self._send(place, kept), message=None)
            except UnknownPerson:
                self._settle(place, Kept(kept.to, number=kept.number), row.state)
                return item(row, row.state, kept.number)
            except Refused:
                kept = replace(kept, message=None)
        if not kept.code:
            self._settle(place, kept, STALE)
            return item(row, STALE, kept.number)
        self._settle(place, kept, CLOSING)
        try:
            self._client.call("POST", UPDATE, body=self._closed(place, kept))
        except Refused:
            # the code was used or is too old; where an answer was lost it was we who used it
            status = row.state if place.status == CLOSING else STALE
        else:
            status = row.state
        self._settle(place, replace(kept, code="", fresh=False), status)
        return item(row, status, kept.number)

    def _message(self, snapshot: InstanceSnapshot, row: Row, task: TaskView, number: int) -> dict[str, Any]:
        return {
            "touser": row.receiver, "msgtype": "template_card", "agentid": self.agent,
            "template_card": card(self._connection, snapshot, task, task_id(row.key, number)),
            "enable_duplicate_check": 1, "duplicate_check_interval": SAME_FOR,
        }  # fmt: skip

    def _closed(self, place: Place, kept: Kept) -> dict[str, Any]:
        row = place.row
        said = DONE.get(row.outcome, "已转交") if row.state == "done" else ENDED.get(place.snapshot.status, "已由他人处理")
        return {"userids": [kept.to], "agentid": self.agent, "response_code": kept.code, "button": {"replace_name": said}}

    def _refused(self, place: Place, problem: Any, error: Refused) -> ItemResult:
        self._desk.forget(place.row.key)
        return ItemResult(place.row.key, ok=False, person=place.row.person, problem=problem, message=str(error.facts["reason"])[:500])

    def _known(self, snapshot: InstanceSnapshot) -> dict[str, Shown]:
        return {one.key: one for one in self._desk.shown_of(snapshot.instance_key) if one.key.startswith(TASK)}

    @staticmethod
    def _place(row: Row, known: Mapping[str, Shown], snapshot: InstanceSnapshot) -> Place:
        one, last = known.get(row.key), known.get(row.key.rsplit("-", 1)[0])
        kept = read_kept(last.remote_id) if last is not None else None
        if kept is not None and kept.to == row.receiver and (one is None or kept.number > read_kept(one.remote_id).number):
            one = last  # the card of the account that she has had until now, perhaps not for the first time
        return Place(row, one.status if one else "", read_kept(one.remote_id) if one else Kept(row.receiver), snapshot)

    def _settle(self, place: Place, kept: Kept, status: str) -> None:
        self._desk.settle(
            place.row.key, kept.text(), status=status, version=kept.number, instance_key=place.snapshot.instance_key
        )  # fmt: skip

    @staticmethod
    def _receipt(snapshot: InstanceSnapshot, items: list[ItemResult]) -> Receipt:
        return Receipt(None, datetime.now(UTC), {}, (ItemResult(instance_key(snapshot.instance_key), status=snapshot.status), *items))


def plain(known: Mapping[str, Shown]) -> dict[str, Shown]:
    """Return what is known with the person's account in the place of what we keep of the card."""
    return {key: replace(one, remote_id=f"- {read_kept(one.remote_id).to}") for key, one in known.items()}


def item(row: Row, status: str, number: int) -> ItemResult:
    """What is kept of the card stands in the desk already, and a press may have changed it meanwhile."""
    return ItemResult(row.key, status=status, version=number, person=row.person)
