"""A substitute in the office system, over HTTP between real processes: from when she begins to stand in until she ends."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

from journeys_support import Installation
from tests_support import eventually


def todo(installation: Installation, person: str, case: str) -> dict[str, Any] | None:
    return next((item for item in installation.todos(person) if case in str(item)), None)


def away(installation: Installation, **more: Any) -> str:
    """Wang Fang lets Chen Jing stand in for her; returns its id."""
    body = {"substitute": "chen.jing", "startsAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat(), "reason": "出差", **more}
    answer = installation.client("wang.fang").post("/substitutions", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_substitute_decides_in_the_office_system_on_behalf_of_whom_she_stands_in_for(installation: Installation) -> None:
    case = installation.submit()["caseId"]
    eventually(lambda: todo(installation, "wang.fang", case))
    assert todo(installation, "chen.jing", case) is None

    away(installation)
    shown = eventually(lambda: todo(installation, "chen.jing", case))
    assert (shown["origin"], shown["onBehalfOf"]) == ("proxy", "wang.fang")
    assert todo(installation, "wang.fang", case), "both see it"
    later = installation.submit(gross="700.00")["caseId"]
    eventually(lambda: todo(installation, "chen.jing", later))

    assert installation.press("chen.jing", shown["taskKey"], "approve", "代批").status_code == 200
    eventually(lambda: installation.task("zhao.lei", case, "approve_finance"))
    decided = next(event for event in installation.events(case) if event["type"] == "task:completed")
    body = json.loads(b64decode(decided["body"]))
    assert (body["actor"], body["onBehalfOf"], body["data"]["channel"].partition(":")[0]) == ("chen.jing", "wang.fang", "oa")
    eventually(lambda: todo(installation, "wang.fang", case) is None and todo(installation, "chen.jing", case) is None)
    assert installation.client("sun.mei").get(f"/process-instances/{case}/verification").json()["ok"]


def test_a_substitution_that_ends_takes_the_task_from_the_substitutes_list(installation: Installation) -> None:
    for each in installation.client("wang.fang").get("/substitutions").json()["items"]:
        installation.client("wang.fang").post(f"/substitutions/{each['id']}/revoke", json={})
    case = installation.submit(gross="800.00")["caseId"]
    eventually(lambda: todo(installation, "wang.fang", case))

    away(installation, endsAt=(datetime.now(UTC) + timedelta(hours=5)).isoformat())
    shown = eventually(lambda: todo(installation, "chen.jing", case))
    assert installation.shenpi("clock", "advance", "PT6H").returncode == 0
    eventually(lambda: todo(installation, "chen.jing", case) is None)

    assert todo(installation, "wang.fang", case)
    installation.press("chen.jing", shown["taskKey"], "approve", "晚了")
    eventually(
        lambda: any(row["element"] == "approve_manager" for row in installation.client("wang.fang").get("/user-tasks").json()["items"])
    )
    assert not [event for event in installation.events(case) if event["type"] == "task:completed"]
