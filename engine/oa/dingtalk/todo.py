"""Snapshots as to-dos of DingTalk (待办 API), the second mode: no look of an approval, but a key of ours, so that a repeated call makes no second card."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.errors import OARejected
from engine.oa.contract import Connection, Desk, Difference, InstanceSnapshot, ItemResult, Receipt, Shown, TaskView
from engine.oa.dingtalk.centre import has_moved
from engine.oa.dingtalk.client import Client
from engine.oa.dingtalk.naming import PENDING, milliseconds, title_of
from engine.oa.items import TASK, task_key

SUBJECT, DESCRIPTION = 1024, 4096
DONE, GONE = "DONE", "DELETED"


class Todos:
    """Pushes of one connection."""

    def __init__(self, connection: Connection, desk: Desk, client: Client) -> None:
        self._connection = connection
        self._desk = desk
        self._client = client

    def snapshot(self, snapshot: InstanceSnapshot) -> Receipt:
        """One to-do a person and task; what is decided by her is done, what is not hers any more is deleted."""
        shown = {one.key: one for one in self._desk.shown_of(snapshot.instance_key)}
        people = {*(task.assignee for task in snapshot.tasks), *(one.person for one in shown.values() if one.person)}
        ids = self._desk.ids(people, "unionid")
        spoken = {task_key(task.task_key): task for task in snapshot.tasks}
        items: list[ItemResult] = []
        for key, one in shown.items():
            task = spoken.get(key)
            user = one.remote_person or ids.get(one.person or "")
            over = task is None or task.status != "pending" or snapshot.status != "running"
            if one.status == PENDING and user is not None and (over or (task is not None and has_moved(one, task, ids))):
                acted = task is not None and task.status in ("approved", "rejected")
                items.append(self._end(key, one.remote_id or "", user, one.person or "", acted=acted))
        for key, task in spoken.items():
            if task.status != "pending" or snapshot.status != "running":
                continue
            if task.assignee not in ids:
                items.append(
                    ItemResult(key, ok=False, person=task.assignee, problem="person", message="no unionId of this person is known here")
                )
            elif key in shown and shown[key].status == PENDING and not has_moved(shown[key], task, ids):
                user = ids[task.assignee]
                items.append(ItemResult(key, remote_id=shown[key].remote_id, status=PENDING, person=task.assignee, remote_person=user))
            else:
                items.append(self._make(snapshot, key, task, ids[task.assignee]))
        return Receipt(None, datetime.now(UTC), {}, tuple({(one.key, one.ok): one for one in items}.values()))

    def _make(self, snapshot: InstanceSnapshot, key: str, task: TaskView, user: str) -> ItemResult:
        link = self._connection.link(task.links.mobile)
        body: dict[str, Any] = {
            "subject": title_of(snapshot)[:SUBJECT], "sourceId": key, "creatorId": user, "executorIds": [user], "isOnlyShowExecutor": True,
            "description": "\n".join(f"{item.label}：{item.value}" for item in snapshot.summary)[:DESCRIPTION],
            "detailUrl": {"appUrl": link, "pcUrl": self._connection.link(task.links.pc)}, "notifyConfigs": {"dingNotify": "1"},
        }  # fmt: skip
        if task.due_at is not None:
            body["dueTime"] = milliseconds(task.due_at)
        made: Mapping[str, Any]
        try:
            made = self._client.call(
                "POST", f"/v1.0/todo/users/{user}/tasks", api="/v1.0/todo/tasks", params={"operatorId": user}, body=body
            )
        except OARejected as error:
            made = self._known(user, key)  # an answer that was lost: it is there under our key
            if not made:
                return ItemResult(key, ok=False, person=task.assignee, problem="person", message=str(error))
        self._desk.settle(key, str(made.get("id")), status=PENDING, instance_key=snapshot.instance_key, remote_person=user)
        return ItemResult(key, remote_id=str(made.get("id")), status=PENDING, person=task.assignee, remote_person=user)

    def compare(self, shown: Sequence[Shown]) -> Iterator[Difference]:
        """Yield the to-dos that are not there, or stand otherwise than we believe; each is looked up by our key."""
        ids = self._desk.ids({one.person for one in shown if one.person}, "unionid")
        for one in shown:
            user = one.remote_person or ids.get(one.person or "")
            if user is None or not one.key.startswith(TASK):
                continue
            theirs = self._known(user, one.key)
            if one.status == PENDING and not theirs:
                yield Difference("missing_there", one.key)
            elif theirs and bool(theirs.get("done")) != (one.status == DONE):
                yield Difference("field_differs", one.key, "status", one.status, DONE if theirs.get("done") else PENDING)

    def _known(self, user: str, key: str) -> Mapping[str, Any]:
        try:
            return self._client.call("GET", f"/v1.0/todo/users/{user}/tasks/sources/{key}", api="/v1.0/todo/tasks/sources")
        except OARejected:
            return {}

    def _end(self, key: str, remote: str, user: str, person: str, *, acted: bool) -> ItemResult:
        path, query = f"/v1.0/todo/users/{user}/tasks/{remote}", {"operatorId": user}
        try:
            if acted:
                body = {"executorStatusList": [{"id": user, "isDone": True}]}
                self._client.call("PUT", f"{path}/executorStatus", api="/v1.0/todo/executorStatus", params=query, body=body)
            else:
                self._client.call("DELETE", path, api="/v1.0/todo/delete", params=query)
        except OARejected:
            if self._known(user, key).get("done") is False:
                raise
        return ItemResult(key, remote_id=remote, status=DONE if acted else GONE, person=person)
