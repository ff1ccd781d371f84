"""Snapshots as third-party approval instances (同步三方审批实例), in the mode UPDATE: what is not spoken of stays, what is not newer is passed over.

Feishu keeps one space of ids for instances, tasks and copies, so ours begin with `i-`, `t-` and `c-`. Nothing there tells us of a task that it shows and the
snapshot no longer has: what we believe to be shown is closed then.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.errors import OARejected
from engine.oa.contract import CcView, Connection, Desk, InstanceSnapshot, ItemResult, Links, Receipt, Shown, TaskView
from engine.oa.feishu.client import Client, UnknownPerson
from engine.oa.feishu.texts import Texts
from engine.oa.items import TASK, copy_key, instance_key, task_key

DEFINITIONS = "/open-apis/approval/v4/external_approvals"
INSTANCES = "/open-apis/approval/v4/external_instances"
FORM_CHARACTERS = 2048
OPEN = "PENDING"
STATUS = {
    "running": "PENDING", "approved": "APPROVED", "rejected": "REJECTED", "withdrawn": "CANCELED", "revoked": "CANCELED", "terminated": "TERMINATED",
    "deleted": "DELETED",
}  # fmt: skip
TASK_STATUS = {
    "pending": OPEN, "approved": "APPROVED", "rejected": "REJECTED", "transferred": "TRANSFERRED", "delegated": "TRANSFERRED", "closed": "DONE",
    "canceled": "DONE",
}  # fmt: skip
#: why a task was completed, in Feishu's words
REASONS = {
    "approved": "approved", "rejected": "rejected", "transferred": "forward", "delegated": "forward", "returned": "specific_rollback", "withdrawn": "recall",
    "decided": "others", "removed": "delete_assignee",
}  # fmt: skip
ADDED = {"add_before": "add_pre", "add_after": "add_post", "add_beside": "add"}
BUTTONS = {"approve": "APPROVE", "reject": "REJECT"}
MOST_BUTTONS = 2


def milliseconds(at: datetime | None) -> int:
    return round(at.timestamp() * 1000) if at is not None else 0


class Push:
    """Pushes of one connection."""

    def __init__(self, connection: Connection, desk: Desk, client: Client) -> None:
        self._connection = connection
        self._desk = desk
        self._client = client
        self._id_type = str(connection.settings.get("user_id_type") or "user_id")

    def snapshot(self, snapshot: InstanceSnapshot) -> Receipt:
        """Show an instance. Who is not mapped has her to-do held; an applicant who is not mapped is shown by her name under somebody who is."""
        known = self._desk.shown_of(snapshot.instance_key)
        ids = self._desk.ids({snapshot.applicant, *(task.assignee for task in snapshot.tasks), *(copy.user for copy in snapshot.ccs),
                              *(one.person for one in known if one.person)}, self._id_type)  # fmt: skip
        applicant = ids.get(snapshot.applicant) or next(iter(ids.values()), None)
        if applicant is None:
            return self._held(snapshot, snapshot.tasks)
        unmapped = [task for task in snapshot.tasks if task.assignee not in ids and task.status == "pending"]
        cards = list(cards_of(snapshot, {one.key: one for one in known}, ids))
        head = Head(snapshot, self.definition(snapshot), {self._person: applicant}, self._moment(known), self._connection)
        body = head.body(
            cards, [copy for copy in snapshot.ccs if copy.user in ids], gone(snapshot, known, ids, applicant), ids, self._person
        )
        refused: list[ItemResult] = []
        try:
            self._send(body)
        except UnknownPerson:
            refused = self._one_by_one(body, cards)
        except OARejected:
            if self._has_definition(body["approval_code"]):
                raise
            self._desk.forget(f"d-{snapshot.definition_key}")  # somebody deleted it there
            body["approval_code"] = self.definition(snapshot)
            self._send(body)
        done = [one for one in head.items if one.key not in {bad.key for bad in refused}]
        return Receipt(instance_key(snapshot.instance_key), datetime.now(UTC), {}, (*done, *refused, *(held(task) for task in unmapped)))

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        """Let an instance vanish from Feishu."""
        return self.snapshot(replace(snapshot, status="deleted", tasks=(), ccs=()))

    @property
    def _person(self) -> str:
        return "open_id" if self._id_type == "open_id" else "user_id"

    def _send(self, body: Mapping[str, Any]) -> None:
        self._client.call("POST", INSTANCES, body=body, params={"user_id_type": self._id_type})

    def _one_by_one(self, body: dict[str, Any], cards: "Sequence[Card]") -> list[ItemResult]:
        """Somebody is unknown, and Feishu does not say who: send each task alone, so that the others are shown."""
        whole, copies = body["task_list"], body["cc_list"]
        people = {card.id: card.task for card in cards}
        refused = []
        self._send(body | {"task_list": [], "cc_list": []})
        for task in whole:
            try:
                self._send(body | {"task_list": [task], "cc_list": [], "update_time": body["update_time"] + 1})
            except UnknownPerson as error:
                view = people.get(task["task_id"])
                if view is not None and view.status == "pending":
                    refused.append(held(view, str(error)))
            body["update_time"] += 1
        for copy in copies:
            try:
                self._send(body | {"task_list": [], "cc_list": [copy], "update_time": body["update_time"] + 1})
            except UnknownPerson:
                pass
            body["update_time"] += 1
        return refused

    def _has_definition(self, code: str) -> bool:
        try:
            self._client.call("GET", f"{DEFINITIONS}/{code}", api=f"{DEFINITIONS}/:approval_code")
        except OARejected:
            return False
        return True

    def _held(self, snapshot: InstanceSnapshot, tasks: Iterable[TaskView]) -> Receipt:
        return Receipt(None, datetime.now(UTC), {}, tuple(held(task) for task in tasks if task.status == "pending"))

    @staticmethod
    def _moment(known: Sequence[Shown]) -> int:
        """Return an update time that is newer than every one we sent of this instance; the clock of this machine may have been put back."""
        return max([time.time_ns() // 1_000_000, *(one.version + 1 for one in known)])

    def definition(self, snapshot: InstanceSnapshot) -> str:
        """Return Feishu's code of the process, made when it is first needed and renamed when its name has changed. The code is the server's."""
        key = f"d-{snapshot.definition_key}"
        name = snapshot.definition_name or snapshot.definition_key
        if (code := self._known_definition(key, name)) is not None:
            return code
        with self._desk.alone(key):  # of several workers that need it first, one makes it
            return self._known_definition(key, name) or self._make_definition(snapshot, key, name)

    def _known_definition(self, key: str, name: str) -> str | None:
        found = self._desk.shown([key]).get(key)
        return found.remote_id if found is not None and found.status == name[:200] else None

    def _make_definition(self, snapshot: InstanceSnapshot, key: str, name: str) -> str:
        found = self._desk.shown([key]).get(key)
        texts = Texts()
        home = self._connection.public_url
        body = {
            "approval_name": texts.key(name),
            "approval_code": (found.remote_id if found else None) or f"shenpi-{snapshot.definition_key}",
            "group_code": str(self._connection.settings.get("group_code") or "shenpi"),
            "group_name": texts.key(str(self._connection.settings.get("group_name") or "审批")),
            "external": {
                "support_pc": True, "support_mobile": True, "support_batch_read": True,
                "create_link_pc": f"{home}/start", "create_link_mobile": f"{home}/start",
                "action_callback_url": self._connection.callback(), "action_callback_token": self._connection.credentials.get("callback_token", ""),
                "action_callback_key": self._connection.credentials.get("callback_key", ""), "allow_batch_operate": False,
            },
            "viewers": [{"viewer_type": "TENANT"}],
        }  # fmt: skip
        body["i18n_resources"] = texts.resources()
        data = self._client.call("POST", DEFINITIONS, body=body, params={"user_id_type": self._id_type})
        code = data.get("approval_code")
        if not isinstance(code, str) or not code:
            raise OARejected(connection=self._connection.key, reason="a definition without a code")
        self._desk.settle(key, code, status=name[:200])
        return code


@dataclass(frozen=True, slots=True)
class Card:
    """A task under one of Feishu's ids of a person. Whose a task is cannot be changed there: under another id of hers it is another."""

    task: TaskView
    id: str
    user: str


def cards_of(snapshot: InstanceSnapshot, known: Mapping[str, Shown], ids: Mapping[str, str]) -> Iterator[Card]:
    """Yield a card of each task whose person is known; one that is closed, under the id that it was shown under."""
    for task in snapshot.tasks:
        key = task_key(task.task_key)
        one, mine = known.get(key), ids.get(task.assignee)
        was = one.remote_person if one is not None else None
        if one is not None and was is not None and (task.status != "pending" or was == mine):
            yield Card(task, one.remote_id or key, was)
        elif mine is not None:
            yield Card(task, key if was is None else f"{key}x{hashlib.sha256(mine.encode()).hexdigest()[:6]}", mine)


def gone(snapshot: InstanceSnapshot, known: Sequence[Shown], ids: Mapping[str, str], applicant: str) -> list[tuple[Shown, str]]:
    """Return what is shown as open and is not any more, though no snapshot said so, and what is shown under an id that is not hers any more.

    Of what only Feishu has we do not know whose it is, and Feishu does not say; it wants somebody named and keeps whom it has: the applicant will do.
    """
    spoken = {task_key(task.task_key): task for task in snapshot.tasks}
    found = []
    for one in known:
        user = one.remote_person or (ids.get(one.person) if one.person else applicant)
        task = spoken.get(one.key)
        moved = task is not None and task.status == "pending" and one.remote_person is not None and ids.get(task.assignee) != user
        if one.status == OPEN and one.key.startswith(TASK) and user is not None and (task is None or moved):
            found.append((one, user))
    return found


class Head:
    """One call's body, and what will be shown when it is accepted."""

    def __init__(self, snapshot: InstanceSnapshot, code: str, applicant: dict[str, str], moment: int, connection: Connection) -> None:
        self.snapshot = snapshot
        self.texts = Texts()
        self.moment = moment
        self.connection = connection
        status = STATUS[snapshot.status]
        self.items = [ItemResult(instance_key(snapshot.instance_key), status=status, version=moment, person=snapshot.applicant)]
        self._fields: dict[str, Any] = {
            "approval_code": code, "instance_id": instance_key(snapshot.instance_key), "status": status, "update_mode": "UPDATE",
            "links": self.links(snapshot.links),
            "title": self.texts.key(snapshot.title), **applicant, "user_name": self.texts.key(snapshot.applicant_name or snapshot.applicant),
            "start_time": milliseconds(snapshot.started_at), "end_time": milliseconds(snapshot.ended_at), "update_time": moment,
            "display_method": "BROWSER", "extra": orjson.dumps({"business_key": snapshot.business_key or ""}).decode(), "form": self._form(),
        }  # fmt: skip
        if snapshot.department:
            self._fields["department_name"] = self.texts.key(snapshot.department)

    def links(self, links: Links) -> dict[str, str]:
        return {"pc_link": self.connection.link(links.pc), "mobile_link": self.connection.link(links.mobile or links.pc)}

    def _form(self) -> list[dict[str, str]]:
        """The number and the amount first: three lines are shown, and all together may be 2,048 characters."""
        snapshot = self.snapshot
        lines = [("单号", snapshot.business_key or "")]
        if snapshot.amount is not None:
            lines.append(("金额", f"{snapshot.currency or ''} {snapshot.amount:,.2f}".strip()))
        lines += [(item.label, item.value) for item in snapshot.summary]
        left, form = FORM_CHARACTERS, []
        for label, value in dict(lines).items():
            shortened = value[: max(0, left - len(label))]
            if not shortened:
                break
            left -= len(label) + len(shortened)
            form.append({"name": self.texts.key(label), "value": self.texts.key(shortened)})
        return form

    def body(
        self, cards: "Sequence[Card]", copies: Sequence[CcView], gone: "Sequence[tuple[Shown, str]]", ids: Mapping[str, str], person: str
    ) -> dict[str, Any]:  # fmt: skip
        listed = [self._task(card) | {person: card.user} for card in cards]
        again = {task_key(card.task.task_key) for card in cards}  # a card was closed under one id and stands under another
        listed += [self._closed(one, user, note=one.key not in again) | {person: user} for one, user in gone]
        copied = [self._copy(copy) | {person: ids[copy.user]} for copy in copies]
        return self._fields | {"task_list": listed, "cc_list": copied, "i18n_resources": self.texts.resources()}

    def _task(self, card: "Card") -> dict[str, Any]:
        task = card.task
        status = TASK_STATUS[task.status]
        if task.outcome == "return" and task.status == "closed" and task.reason is None:
            status = "REJECTED"  # by her who returned it: it stays in the list of what she did
        key, identity = task_key(task.task_key), card.id
        self.items.append(
            ItemResult(
                key, remote_id=identity if identity != key else None, status=status, version=self.moment, person=task.assignee, remote_person=card.user
            )
        )  # fmt: skip
        reason = ADDED.get(task.origin) if status == OPEN else REASONS.get(task.reason or task.outcome or task.status, "others")
        found: dict[str, Any] = {
            "task_id": identity, "title": self.texts.key(self.snapshot.title), "links": self.links(task.links), "status": status,
            "create_time": milliseconds(task.created_at), "end_time": 0 if status == OPEN else milliseconds(task.ended_at) or self.moment,
            "update_time": self.moment, "action_context": task.nonce, "node_id": task.node_key, "node_name": self.texts.key(task.node_name),
            "generate_type": "EXTERNAL_CONSIGN" if task.origin == "proxy" else "DEFAULT", "display_method": "BROWSER",
        }  # fmt: skip
        if reason:
            found["extra"] = orjson.dumps({"complete_reason": reason}).decode()
        if status == OPEN and self.connection.settings.get("buttons", True):
            found["action_configs"] = self._buttons(task)
        return found

    def _buttons(self, task: TaskView) -> list[dict[str, Any]]:
        wanted = sorted(task.actions, key=lambda action: action.key not in BUTTONS)[:MOST_BUTTONS]
        return [
            {
                "action_type": BUTTONS.get(action.key, action.key), "action_name": self.texts.key(action.label),
                "is_need_reason": True, "is_reason_required": action.reason_required, "is_need_attachment": False,
            }
            for action in wanted
        ]  # fmt: skip

    def _closed(self, one: Shown, user: str, *, note: bool) -> dict[str, Any]:
        if note:
            self.items.append(ItemResult(one.key, status="DONE", version=self.moment, person=one.person, remote_person=user))
        return {
            "task_id": one.remote_id or one.key, "title": self.texts.key(self.snapshot.title), "links": self.links(self.snapshot.links), "status": "DONE",
            "create_time": milliseconds(self.snapshot.started_at), "end_time": self.moment, "update_time": self.moment,
            "extra": orjson.dumps({"complete_reason": "others"}).decode(),
        }  # fmt: skip

    def _copy(self, copy: CcView) -> dict[str, Any]:
        identity = copy_key(copy.cc_key)
        self.items.append(ItemResult(identity, status="READ" if copy.read else "UNREAD", version=self.moment, person=copy.user))
        return {
            "cc_id": identity, "links": self.links(self.snapshot.links), "read_status": "READ" if copy.read else "UNREAD",
            "title": self.texts.key(self.snapshot.title), "create_time": milliseconds(copy.created_at), "update_time": self.moment, "display_method": "BROWSER",
        }  # fmt: skip


def held(task: TaskView, message: str = "no id of this person is known here") -> ItemResult:
    return ItemResult(task_key(task.task_key), ok=False, person=task.assignee, problem="person", message=message)
