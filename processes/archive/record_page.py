"""The approval record as one HTML page that needs nothing else: no script, no style sheet, no picture; printable, in Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson
from jinja2 import Environment, StrictUndefined

from processes.archive.metadata import LABELS
from processes.archive.opinion import opinions

if TYPE_CHECKING:
    from processes.archive.contents import Chronicle, Material

_ENVIRONMENT = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEMPLATE = _ENVIRONMENT.from_string((files("processes.archive") / "approval_record.html").read_text(encoding="utf-8"))
EVENTS: Mapping[str, str] = {
    "instance:started": "发起",
    "instance:completed": "流程结束",
    "task:created": "产生待办",
    "task:completed": "处理",
    "task:claimed": "领取",
    "task:unclaimed": "放回",
    "task:transferred": "转办",
    "task:canceled": "待办取消",
    "task:reminded": "催办",
    "operation:completed": "自动操作",
    "decision:evaluated": "决策表",
    "job:created": "提交作业",
    "job:completed": "作业完成",
    "job:failed": "作业失败",
    "incident:raised": "异常",
    "incident:resolved": "异常已处理",
    "oa:delivered": "办公系统已接收",
    "oa:refused": "办公系统拒绝",
    "oa:unknown": "送达办公系统的结果不明",
    "personal:erased": "附加内容已删除",
    "instance:suspended": "挂起",
    "instance:resumed": "恢复",
    "call:entered": "进入调用的流程",
    "operation:failed": "系统处理报错",
    "job:errored": "作业报错",
    "message:received": "收到消息",
    "message:thrown": "发出消息",
    "signal:received": "收到信号",
    "signal:thrown": "发出信号",
    "error:uncaught": "错误未被捕获",
    "escalation:uncaught": "升级未被捕获",
    "task:passed": "自动处理",
    "task:delegated": "委派",
    "task:resolved": "委派回复",
    "task:returned": "退回",
    "task:taken_back": "拿回",
    "task:signer_added": "加签",
    "task:signer_removed": "减签",
    "task:urged": "催办",
    "task:escalated": "超时转交",
    "comment:added": "评论",
    "instance:copied": "抄送",
    "instance:revoked": "撤销",
    "instance:jumped": "跳转",
    "instance:withdrawn": "撤回",
    "instance:terminated": "终止",
}
#: shown as the way, or of no interest on paper
_INNER = ("variables:changed", "path:taken", "timer:created", "timer:reckoned", "task:paused", "task:continued")


def render(material: Material, originals: Iterable[Mapping[str, Any]]) -> str:
    """Return the page."""
    zone = ZoneInfo(material.time_zone)
    approval = material.chronicles[0]
    shown = {label: value for name, label in LABELS.items() if isinstance(value := material.metadata.get(name), str) and value}
    said = [
        (opinion, local(opinion.at, zone), plain(opinion.values, approval.field_labels))
        for opinion in opinions(approval.rows, approval.element_names)
    ]
    return _TEMPLATE.render(
        code=material.code, title=material.title, zone=material.time_zone, metadata=shown, documents=list(originals), approval=approval, opinions=said,
        way=way(approval), events=list(events(approval, zone)), chronicles=material.chronicles,
    )  # fmt: skip


def way(chronicle: Chronicle) -> list[str]:
    """Return the names of the elements that the case passed, in order."""
    passed = [
        element for row in chronicle.rows if row.type == "path:taken" for element in orjson.loads(row.body)["data"]["path"]
    ]  # elements and the flows between them
    return [chronicle.element_names[element] for element in passed if chronicle.element_names.get(element)]


def events(chronicle: Chronicle, zone: ZoneInfo) -> Iterable[dict[str, str]]:
    """Return the events that a reader of paper wants to see."""
    for row in chronicle.rows:
        if row.type not in _INNER:
            element = row.element or ""
            yield {
                "number": str(row.number), "at": local(row.at.isoformat(), zone), "what": EVENTS.get(row.type, row.type), "actor": row.actor or "",
                "where": chronicle.element_names.get(element, element),
            }  # fmt: skip


def local(at: str, zone: ZoneInfo) -> str:
    """Return a time as people there read it."""
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def plain(values: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, str]:
    """Return form values as texts under their labels in the form; a tagged value shows what it holds."""
    return {labels.get(name, name): _plain(value) for name, value in values.items()}


def _plain(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
        return _plain(next(iter(value.values())))
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()
