"""What Feishu shows, held against what we believe: our list checked by Feishu (校验三方审批实例), and its open tasks looked up (获取三方审批任务状态)."""

from collections.abc import Iterator, Sequence

from engine.oa.contract import Difference, InstanceSnapshot, Shown
from engine.oa.feishu.client import Client
from engine.oa.feishu.push import INSTANCES, OPEN
from engine.oa.items import INSTANCE, TASK, instance_key

CHECK = f"{INSTANCES}/check"
TASKS = "/open-apis/approval/v4/external_tasks"
PAGE = 100
MOST_PAGES = 50


def compare(client: Client, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
    """Return in what Feishu differs: an instance or task it lacks, one at another point of time, and one that is open there and not here."""
    found = [*checked(client, snapshot, shown), *open_there(client, snapshot, shown)]
    return list({(one.kind, one.key, one.field): one for one in found}.values())


def checked(client: Client, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> Iterator[Difference]:
    believed = {one.remote_id or one.key: one for one in shown if one.key.startswith((INSTANCE, TASK))}
    identity = instance_key(snapshot.instance_key)
    if identity not in believed:
        return
    tasks = [{"task_id": key, "update_time": one.version} for key, one in believed.items() if one.key.startswith(TASK)]
    asked = {"instances": [{"instance_id": identity, "update_time": believed[identity].version, "tasks": tasks}]}
    for instance in client.call("POST", CHECK, body=asked).get("diff_instances") or ():
        theirs = str(instance.get("update_time", ""))
        if theirs == "0":
            yield Difference("missing_there", identity)
            return
        if theirs and theirs != str(believed[identity].version) and not instance.get("tasks"):
            yield Difference("field_differs", identity, "update_time", str(believed[identity].version), theirs)
        for task in instance.get("tasks") or ():
            key, theirs = str(task.get("task_id", "")), str(task.get("update_time", ""))
            if theirs == "0":
                yield Difference("missing_there", believed[key].key if key in believed else key)
            elif key in believed and theirs != str(believed[key].version):
                yield Difference("field_differs", believed[key].key, "update_time", str(believed[key].version), theirs)


def open_there(client: Client, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> Iterator[Difference]:
    """Yield the tasks that stand open in Feishu and not here, and those whose status is another."""
    believed = {one.remote_id or one.key: one for one in shown}
    page = ""
    for _ in range(MOST_PAGES):
        params = {"page_size": PAGE} | ({"page_token": page} if page else {})
        # a GET with a body: so does the vendor's own SDK
        answer = client.call("GET", TASKS, params=params, body={"instance_ids": [instance_key(snapshot.instance_key)]})
        for instance in answer.get("data") or answer.get("items") or ():
            for task in instance.get("tasks") or ():
                key, status = str(task.get("id", "")), str(task.get("status", ""))
                if key not in believed:
                    if status == OPEN:
                        yield Difference("missing_here", key, "status", "", status)
                elif status != believed[key].status:
                    yield Difference("field_differs", believed[key].key, "status", believed[key].status, status)
        page = str(answer.get("page_token") or "")
        if not answer.get("has_more") or not page:
            return
