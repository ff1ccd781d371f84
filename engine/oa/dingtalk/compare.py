"""What DingTalk's lists of to-dos show, held against what we believe (查询通过流程中心集成的OA审批任务)."""

from collections.abc import Iterator, Sequence

from engine.oa.contract import Desk, Difference, InstanceSnapshot, Shown
from engine.oa.dingtalk.centre import Centre
from engine.oa.dingtalk.naming import PENDING
from engine.oa.items import TASK, instance_key


def compare(desk: Desk, centre: Centre, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
    """Return the tasks that are open here and not there, and there and not here, of everybody who has or had one."""
    return list(_differences(desk, centre, snapshot, shown))


def _differences(desk: Desk, centre: Centre, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> Iterator[Difference]:
    remote = next((one.remote_id for one in shown if one.key == instance_key(snapshot.instance_key)), None)
    if remote is None:
        return
    people = {one.person for one in shown if one.person and one.key.startswith(TASK)} | {task.assignee for task in snapshot.tasks}
    for person, user in sorted(desk.ids(people, "userid").items()):
        theirs = {str(todo["taskId"]) for todo in centre.todos(user, remote)}
        ours = {str(one.remote_id): one for one in shown if one.person == person and one.key.startswith(TASK)}
        for number, one in ours.items():
            if one.status == PENDING and number not in theirs:
                yield Difference("missing_there", one.key)
            elif one.status != PENDING and number in theirs:
                yield Difference("field_differs", one.key, "status", one.status, PENDING)
        for number in sorted(theirs - ours.keys()):
            yield Difference("missing_here", f"remote:{number}", "status", "", PENDING)
