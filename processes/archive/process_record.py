"""Whether the record of an approval is complete: it ended with an approval, and every task it asked for has an end."""

from collections.abc import Sequence
from typing import Any

import orjson

from engine.history.chain import Row

_ENDS = ("task:completed", "task:canceled")


def faults_of(history: Sequence[Row]) -> list[str]:
    """Return what is missing in the record of an approval, in Chinese."""
    if not history:
        return ["没有审批记录"]
    found = [] if history[0].type == "instance:started" else ["审批记录没有开头（instance:started）"]
    ends = [row for row in history if row.type.startswith("instance:") and row.type != "instance:started"]
    outcome = _data(ends[-1]).get("outcome") if ends and ends[-1].type == "instance:completed" else None
    if outcome != "approve":
        found.append(f"审批没有以通过结束（{ends[-1].type if ends else '未结束'}）")
    created = {_data(row).get("task"): row for row in history if row.type == "task:created"}
    ended = {_data(row).get("task") for row in history if row.type in _ENDS}
    found += [f"待办没有结果：{row.element}（事件 {row.number}）" for task, row in created.items() if task not in ended]
    if not any(row.type == "task:completed" for row in history):
        found.append("没有任何审批意见")
    return found


def _data(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(row.body)["data"]
    return found
