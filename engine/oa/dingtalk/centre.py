"""Snapshots in DingTalk's process centre (自有OA审批): the ids are the server's, and it has no key by which a repeated call would be known.

So what is about to be made is written down first. A task whose answer was lost is looked for in its person's list before it is made again; an instance cannot
be looked for, and is left to a person. Whether ending an instance closes its tasks is not said: they are closed first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.errors import OARejected, OAUnknown
from engine.oa.contract import Connection, Desk, InstanceSnapshot, ItemResult, Receipt, Shown, TaskView
from engine.oa.dingtalk import templates
from engine.oa.dingtalk.client import Client
from engine.oa.dingtalk.naming import CANCELED, CLOSING, ENDINGS, PENDING, TERMINATED, ending_of, milliseconds, title_of
from engine.oa.items import TASK, instance_key, task_key

INSTANCES = "/v1.0/workflow/processCentres/instances"
TASKS = "/v1.0/workflow/processCentres/tasks"
TODOS = "/v1.0/workflow/processCentres/todoTasks"
CHUNK, PAGE, MOST_PAGES = 20, 40, 25


class Centre:
    """Pushes of one connection."""

    def __init__(self, connection: Connection, desk: Desk, client: Client) -> None:
        self._connection = connection
        self._desk = desk
        self._client = client

    def snapshot(self, snapshot: InstanceSnapshot) -> Receipt:
        """Make the instance if it is new, make and end tasks, end the instance. Who is not mapped has her to-do held."""
        shown = {one.key: one for one in self._desk.shown_of(snapshot.instance_key)}
        ids = self._desk.ids({snapshot.applicant, *(task.assignee for task in snapshot.tasks)}, "userid")
        instance = shown.get(instance_key(snapshot.instance_key))
        remote = instance.remote_id if instance else None
        items: list[ItemResult] = []
        if remote is None:
            if snapshot.status != "running" and instance is None:
                return Receipt(None, datetime.now(UTC), {"skipped": "it was over before it was shown"})
            originator = ids.get(snapshot.applicant) or next(iter(ids.values()), None)
            if originator is None:
                return Receipt(None, datetime.now(UTC), {}, tuple(self._held(task) for task in snapshot.tasks if task.status == "pending"))
            remote = self._begin(snapshot, originator, lost=instance is not None)
        items += self._end_tasks(snapshot, remote, shown, ids)
        if snapshot.status == "running":
            items += self._make_tasks(snapshot, remote, shown, ids)
            items.append(ItemResult(instance_key(snapshot.instance_key), remote_id=remote, status=PENDING, person=snapshot.applicant))
        else:
            items.append(self._end(snapshot, remote, instance))
        return Receipt(remote, datetime.now(UTC), {}, tuple({(one.key, one.ok): one for one in items}.values()))

    def _begin(self, snapshot: InstanceSnapshot, originator: str, *, lost: bool) -> str:
        key = instance_key(snapshot.instance_key)
        if lost:
            raise OAUnknown(connection=self._connection.key, reason="the instance may be there already, and cannot be looked for")
        code = templates.code_of(self._connection, self._desk, self._client, snapshot)
        body = {
            "processCode": code, "originatorUserId": originator, "title": title_of(snapshot), "url": self._connection.link(snapshot.links.mobile),
            "formComponentValueList": templates.values(snapshot), "bizData": orjson.dumps({"key": key}).decode(),
        }  # fmt: skip
        self._desk.intend(key, snapshot.instance_key)
        try:
            result = self._client.call("POST", INSTANCES, body=body).get("result")
        except OARejected:
            self._desk.forget(key)
            raise
        except Exception as error:
            if not is_lost(error):  # nothing was done: it can be made the next time
                self._desk.forget(key)
            raise
        made = result.get("processInstanceId") if isinstance(result, dict) else None
        if not isinstance(made, str) or not made:
            raise OARejected(connection=self._connection.key, reason="an instance without an id")
        self._desk.settle(key, made, status=PENDING, instance_key=snapshot.instance_key)
        return made

    # tasks

    def _make_tasks(self, snapshot: InstanceSnapshot, remote: str, shown: Mapping[str, Shown], ids: Mapping[str, str]) -> list[ItemResult]:
        items: list[ItemResult] = []
        wanted: list[TaskView] = []
        for task in snapshot.tasks:
            known = shown.get(task_key(task.task_key))
            if task.status != "pending":
                continue
            if task.assignee not in ids:
                items.append(self._held(task))
            elif known is not None and known.remote_id and known.status == PENDING and not has_moved(known, task, ids):
                items.append(
                    ItemResult(known.key, remote_id=known.remote_id, status=PENDING, person=task.assignee, remote_person=ids[task.assignee])
                )
            else:
                wanted.append(task)
        for task in [task for task in wanted if task_key(task.task_key) in shown]:  # its answer was lost: perhaps it is there
            found = self._find(snapshot, remote, task, ids[task.assignee])
            if found is not None:
                wanted.remove(task)
                items.append(self._made(snapshot, task, found, ids[task.assignee]))
        for chunk in chunks(wanted):
            items += self._make(snapshot, remote, chunk, ids)
        return items

    def _find(self, snapshot: InstanceSnapshot, remote: str, task: TaskView, user: str) -> str | None:
        """Return the id of a task that stands in its person's list and that we know nothing of."""
        taken = {one.remote_id for one in self._desk.shown_of(snapshot.instance_key)}
        for one in self.todos(user, remote):
            if str(one["taskId"]) not in taken and one.get("activityId") in (None, task.node_key[:256]):
                return str(one["taskId"])
        return None

    def _make(
        self, snapshot: InstanceSnapshot, remote: str, tasks: Sequence[TaskView], ids: Mapping[str, str], *, again: bool = False
    ) -> list[ItemResult]:
        """Make tasks of one step in one call; where the whole is refused, each by itself."""
        for task in tasks:
            self._desk.intend(task_key(task.task_key), snapshot.instance_key)
        body = {
            "processInstanceId": remote,
            "activityId": tasks[0].node_key[:256],
            "tasks": [self._task(task, ids[task.assignee]) for task in tasks],
        }
        try:
            result = self._client.call("POST", TASKS, body=body).get("result")
        except OARejected as error:
            if len(tasks) > 1:
                return [item for task in tasks for item in self._make(snapshot, remote, [task], ids)]
            self._desk.forget(task_key(tasks[0].task_key))
            return [self._held(tasks[0], str(error))]
        except Exception as error:
            if not is_lost(error):
                for task in tasks:
                    self._desk.forget(task_key(task.task_key))
            raise
        made = result if isinstance(result, list) else []
        found = {str(one.get("userId")): str(one.get("taskId")) for one in made if isinstance(one, dict) and one.get("taskId")}
        items = [self._made(snapshot, task, found[ids[task.assignee]], ids[task.assignee]) for task in tasks if ids[task.assignee] in found]
        for task in [task for task in tasks if ids[task.assignee] not in found]:  # the whole went well, and these did not
            there = self._find(snapshot, remote, task, ids[task.assignee])
            if there is not None:
                items.append(self._made(snapshot, task, there, ids[task.assignee]))
                continue
            self._desk.forget(task_key(task.task_key))
            items += [self._held(task, "not in the answer")] if again else self._make(snapshot, remote, [task], ids, again=True)
        return items

    def _made(self, snapshot: InstanceSnapshot, task: TaskView, remote_id: str, user: str) -> ItemResult:
        key = task_key(task.task_key)
        self._desk.settle(key, remote_id, status=PENDING, instance_key=snapshot.instance_key, remote_person=user)
        return ItemResult(key, remote_id=remote_id, status=PENDING, person=task.assignee, remote_person=user)

    def _task(self, task: TaskView, user: str) -> dict[str, Any]:
        found: dict[str, Any] = {"userId": user, "url": self._connection.link(task.links.mobile), "customData": task.nonce[:500]}
        return found | ({"dueTimestamp": milliseconds(task.due_at)} if task.due_at is not None else {})

    def _end_tasks(self, snapshot: InstanceSnapshot, remote: str, shown: Mapping[str, Shown], ids: Mapping[str, str]) -> list[ItemResult]:
        """End what is shown as open and is not any more, as the snapshot says, or else as canceled; and what stands under an id that is not hers any more."""
        spoken = {task_key(task.task_key): task for task in snapshot.tasks}
        ends: list[tuple[Shown, str, str | None]] = []
        for one in shown.values():
            if not one.key.startswith(TASK) or one.remote_id is None or one.status not in (PENDING, CLOSING):
                continue
            task = spoken.get(one.key)
            if task is None or task.status != "pending" or snapshot.status != "running" or has_moved(one, task, ids):
                ends.append((one, *(ending_of(task) if task is not None and task.status != "pending" else CANCELED)))
        items: list[ItemResult] = []
        for place in range(0, len(ends), CHUNK):
            items += self._close(snapshot, remote, ends[place : place + CHUNK])
        return items

    def _close(self, snapshot: InstanceSnapshot, remote: str, ends: Sequence[tuple[Shown, str, str | None]]) -> list[ItemResult]:
        body = {
            "processInstanceId": remote,
            "tasks": [
                {"taskId": int(one.remote_id or 0), "status": status} | ({"result": result} if result else {}) for one, status, result in ends
            ],
        }  # fmt: skip
        for one, _, _ in ends:
            self._desk.settle(one.key, one.remote_id, status=CLOSING, instance_key=snapshot.instance_key)
        try:
            self._client.call("PUT", TASKS, body=body)
        except OARejected:
            if len(ends) > 1:
                return [item for end in ends for item in self._close(snapshot, remote, [end])]
            one, status, _ = ends[0]
            if one.status != CLOSING and self._is_open(one, remote):  # it is not closed, and was not by a call whose answer was lost
                raise
            return [ItemResult(one.key, remote_id=one.remote_id, status=status, person=one.person)]
        return [ItemResult(one.key, remote_id=one.remote_id, status=status, person=one.person) for one, status, _ in ends]

    def _is_open(self, one: Shown, remote: str) -> bool:
        user = one.remote_person or self._desk.ids([one.person or ""], "userid").get(one.person or "")
        return user is not None and any(str(todo["taskId"]) == one.remote_id for todo in self.todos(user, remote))

    def _end(self, snapshot: InstanceSnapshot, remote: str, known: Shown | None) -> ItemResult:
        key = instance_key(snapshot.instance_key)
        status, result = ENDINGS.get(snapshot.status, TERMINATED)
        if known is None or known.status not in (status, CLOSING):
            self._desk.settle(key, remote, status=CLOSING, instance_key=snapshot.instance_key)
        try:
            self._client.call("PUT", INSTANCES, body={"processInstanceId": remote, "status": status, "result": result})
        except OARejected:
            if known is None or known.status not in (status, CLOSING):
                raise
        return ItemResult(key, remote_id=remote, status=status, person=snapshot.applicant)

    def todos(self, user: str, remote: str) -> Iterator[dict[str, Any]]:
        """Yield somebody's open tasks of one instance. The list has two shapes in the vendor's own papers: both are read."""
        for page in range(1, MOST_PAGES + 1):
            answer = self._client.call("GET", TODOS, params={"userId": user, "pageNumber": page, "pageSize": PAGE})
            found = answer.get("result") if isinstance(answer.get("result"), dict) else answer.get("taskPage")
            if not isinstance(found, dict):
                return
            for one in found.get("list") or ():
                if (
                    str(one.get("processInstanceId")) == remote
                    and one.get("taskId") is not None
                    and one.get("status", PENDING) in (PENDING, "NEW")
                ):
                    yield one
            if not found.get("hasMore"):
                return

    @staticmethod
    def _held(task: TaskView, message: str = "no id of this person is known here") -> ItemResult:
        return ItemResult(task_key(task.task_key), ok=False, person=task.assignee, problem="person", message=message)


def has_moved(one: Shown, task: TaskView, ids: Mapping[str, str]) -> bool:
    """Tell whether a task is shown under an id that its person had before."""
    return one.remote_person is not None and one.remote_person != ids.get(task.assignee)


def is_lost(error: Exception) -> bool:
    """Tell whether a call may have been done although it failed."""
    return getattr(error, "code", "") == OAUnknown.code


def chunks(tasks: Iterable[TaskView]) -> Iterator[list[TaskView]]:
    """Yield tasks of one step each, at most twenty, and nobody twice: the answer names people."""
    by_node: dict[str, list[TaskView]] = {}
    for task in tasks:
        by_node.setdefault(task.node_key, []).append(task)
    for of_node in by_node.values():
        chunk: list[TaskView] = []
        for task in of_node:
            if len(chunk) == CHUNK or task.assignee in {one.assignee for one in chunk}:
                yield chunk
                chunk = []
            chunk.append(task)
        if chunk:
            yield chunk
