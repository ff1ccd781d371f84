"""Comparing: the product says what it believes, and is told what differs (the table of 校验三方审批实例)."""

from typing import Any

from flask import Response, request

from api.simulators.feishu.manner import data, gate
from api.simulators.fields import Wrong, number, rows, text, texts
from api.simulators.gate import asked
from api.simulators.simulator import simulator


@gate.call("POST", "/open-apis/approval/v4/external_instances/check")
def check() -> Response:
    return data(diff_instances=[found for each in rows(asked(), "instances", needed=True) if (found := difference(each))])


def difference(believed: dict[str, Any]) -> dict[str, Any] | None:
    """Return an instance as it is kept here, with only the tasks that differ; None when all is the same."""
    ledger, key = simulator().ledger, text(believed, "instance_id")
    kept = ledger.get("instance", key)
    if kept is None:
        return {"instance_id": key, "update_time": "0", "tasks": []}
    tasks = []
    for each in rows(believed, "tasks"):
        task = ledger.get("task", text(each, "task_id"))
        time = task["sent"]["update_time"] if task and task["instance"] == key else 0
        if number(each, "update_time") != int(time):
            tasks.append({"task_id": each["task_id"], "update_time": str(time)})
    time = int(kept["sent"]["update_time"])
    same = number(believed, "update_time") == time and not tasks
    return None if same else {"instance_id": key, "update_time": str(time), "tasks": tasks}


@gate.call("GET", "/open-apis/approval/v4/external_tasks")
def tasks() -> Response:
    """List states. The filters stand in the JSON body of a GET."""
    body, sim = asked(), simulator()
    page_size, start = paging(100, 20)
    wanted = {name: set(texts(body, name)) for name in ("approval_codes", "instance_ids", "user_ids")}
    status, found = text(body, "status", needed=False), []
    for instance in sim.ledger.find("instance"):
        sent = instance["sent"]
        mine = [
            each
            for each in sim.ledger.find("task", parent=instance["key"])
            if (not wanted["user_ids"] or each["person"] in wanted["user_ids"]) and (not status or each["sent"]["status"] == status)
        ]
        fits = all(
            not wanted[name] or sent[field] in wanted[name]
            for name, field in (("approval_codes", "approval_code"), ("instance_ids", "instance_id"))
        )
        if fits and (mine or not (status or wanted["user_ids"])):
            states = [{"id": t["key"], "status": t["sent"]["status"], "update_time": int(t["sent"]["update_time"])} for t in mine]
            about = {"instance_id": instance["key"], "approval_id": sent["approval_code"], "approval_code": sent["approval_code"]}
            found.append({**about, "status": sent["status"], "update_time": int(sent["update_time"]), "tasks": states})
    more = len(found) > start + page_size
    return data(data=found[start : start + page_size], page_token=str(start + page_size) if more else "", has_more=more)


def paging(most: int, usual: int) -> tuple[int, int]:
    """Return the size of a page, and where it starts."""
    args = {name: value for name, value in request.args.items() if name in ("page_size", "page_token")}
    size = number(args, "page_size", needed=False) or usual
    if size > most:
        raise Wrong(f"page_size is more than {most}")
    return size, number(args, "page_token", needed=False)
