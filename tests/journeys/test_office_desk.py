"""An administrator connects an office system, watches what goes there, and mends what went wrong: against a real simulator, through the front door."""

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from journeys_support import Installation, eventually, installation
from tests_support import SECRET

from engine.oa.webhook.signature import headers

__all__ = ["installation"]


def deliveries(installation: Installation, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = installation.client("ma.lin").get("/deliveries", params=wanted).json()["items"]
    return found


def secret(installation: Installation, value: str) -> None:
    answer = installation.client("ma.lin").post("/connections/demo-oa/secrets", json={"secrets": {"secret": value}})
    assert answer.status_code == 200 and value not in answer.text


def test_what_was_refused_is_sent_again_once_however_often_one_presses(installation: Installation) -> None:
    admin = installation.client("ma.lin")
    secret(installation, "a secret that is not theirs")
    cases = [installation.submit()["caseId"] for _ in range(3)]
    eventually(lambda: len(deliveries(installation, state="failed")) == 3)
    failed = deliveries(installation, state="failed", connection="demo-oa")
    assert {row["processInstanceId"] for row in failed} == set(cases)
    assert all(row["failedAt"] and "401" in row["lastError"] for row in failed)

    one = admin.get(f"/deliveries/{cases[0]}/demo-oa/{failed[-1]['version']}").json()
    exchange = admin.get(f"/exchanges/{one['exchanges'][-1]['id']}").json()
    assert exchange["status"] == 401 and "/snapshots" in exchange["request"] and '"nonce":"***"' in exchange["request"]
    assert SECRET not in str(exchange) and "not theirs" not in str(exchange)

    secret(installation, SECRET)
    asked = admin.post("/resends", json={"connection": "demo-oa"})
    assert (asked.status_code, asked.json()["total"]) == (202, 3)
    assert admin.post("/resends", json={"connection": "demo-oa"}).status_code == 409, "they wait to be sent, or were"
    again = [{"processInstanceId": case, "connection": "demo-oa"} for case in cases]
    assert admin.post("/resends", json={"deliveries": again}).status_code in (202, 409)
    eventually(lambda: admin.get(f"/resends/{asked.json()['id']}").json()["arrived"] == 3)
    assert admin.get(f"/resends/{asked.json()['id']}").json()["over"] is True
    assert not deliveries(installation, state="failed")
    todos = installation.todos("wang.fang")
    assert len(todos) == 3, todos
    open_ones = admin.get("/incidents", params={"state": "open"}).json()["items"]
    assert not [one for one in open_ones if one["kind"] == "delivery"], "what was sent again needs nobody's attention any more"


def test_what_is_put_off_during_an_outage_goes_at_once_when_somebody_knows_that_it_is_over(installation: Installation) -> None:
    installation.fault(busy=2)
    case = installation.submit()["caseId"]

    def delivery() -> dict[str, Any]:
        return next(row for row in deliveries(installation, connection="demo-oa") if row["processInstanceId"] == case)

    eventually(lambda: delivery()["state"] == "retry")
    installation.fault(busy=0)
    answer = installation.client("ma.lin").post("/connections/demo-oa/hurry")
    assert (answer.status_code, answer.json()) in ((200, {"cases": 1}), (200, {"cases": 0}))
    eventually(lambda: delivery()["state"] == "sent", 5 if answer.json()["cases"] else 30)


def test_deliveries_are_found_by_case_and_state_and_come_page_by_page(installation: Installation) -> None:
    eventually(lambda: not deliveries(installation, state="waiting"))
    every = deliveries(installation, limit=200)
    seen: list[dict[str, Any]] = []
    after = None
    while True:
        page = installation.client("ma.lin").get("/deliveries", params={"limit": 2, **({"after": after} if after else {})}).json()
        seen += page["items"]
        after = page["after"]
        if not after:
            break
    assert [(row["processInstanceId"], row["version"]) for row in seen] == [(row["processInstanceId"], row["version"]) for row in every]
    key = every[0]["businessKey"]
    assert {row["businessKey"] for row in deliveries(installation, businessKey=key.lower())} == {key}
    assert deliveries(installation, error="no such words") == []
    assert installation.client("ma.lin").get("/deliveries", params={"after": "rubbish"}).status_code == 422
    assert installation.client("li.na").get("/deliveries").status_code == 403


def test_a_connection_is_made_by_steps_tested_and_switched_on_and_told_what_it_missed(installation: Installation) -> None:
    admin = installation.client("ma.lin")
    case = installation.submit()["caseId"]
    body = {"key": "second", "name": "第二个", "kind": "webhook", "baseUrl": installation.simulator, "secrets": {"secret": SECRET}}
    made = admin.post("/connections", json=body)
    assert made.status_code == 201 and made.json()["active"] is False and "secret" not in made.json()
    assert made.json()["callbacks"] == {"callback": f"{installation.url}/oa/second/callback"}

    def outcome(what: str, **more: str) -> dict[str, Any]:
        asked = admin.post("/connections/second/checks", json={"what": what, **more})
        assert asked.status_code == 202, asked.text
        return eventually(
            lambda: (found := admin.get(f"/connections/second/checks/{asked.json()['id']}").json())["state"] != "waiting" and found
        )  # type: ignore[no-any-return]

    assert outcome("health")["state"] == "ok"
    assert outcome("notice", person="ma.lin")["state"] == "ok"
    assert outcome("callback")["state"] == "failed", "it is off: nothing is taken from it"
    assert admin.post("/connections/second/checks", json={"what": "notice", "person": "nobody"}).status_code == 422
    assert not deliveries(installation, connection="second")

    assert admin.post("/connections/second/activate", json={"active": True}).status_code == 200
    eventually(
        lambda: any(row["processInstanceId"] == case and row["state"] == "sent" for row in deliveries(installation, connection="second"))
    )
    assert outcome("callback")["state"] == "ok"
    measured = admin.get("/connections/second").json()["day"]
    assert measured["sent"] >= 1 and measured["met"] is True and measured["median"] is not None

    admin.post("/connections/second/activate", json={"active": False})
    installation.decide("wang.fang", case, "approve_manager")
    before = len(deliveries(installation, connection="second", limit=200))
    admin.post("/connections/second/activate", json={"active": True})
    eventually(lambda: len(deliveries(installation, connection="second", limit=200)) > before)
    eventually(lambda: not deliveries(installation, connection="second", state="waiting"))
    admin.post("/connections/second/scope", json={"modules": {"tasks": False}})
    other = installation.submit()["caseId"]
    eventually(lambda: any(row["processInstanceId"] == other for row in deliveries(installation, connection="demo-oa")))
    assert not [row for row in deliveries(installation, connection="second") if row["processInstanceId"] == other]
    admin.post("/connections/second/activate", json={"active": False})


def test_a_former_secret_counts_until_it_is_taken_away(installation: Installation) -> None:
    admin = installation.client("ma.lin")
    admin.post(
        "/connections", json={"key": "rolling", "name": "轮换", "kind": "webhook", "baseUrl": installation.simulator, "active": True}
    )
    made = admin.post("/connections/rolling/secrets", json={"secrets": {"secret": SECRET}}).json()
    assert "secret" not in made
    assert admin.post("/connections/rolling/secrets", json={"make": True}).json()["secret"]
    callback = f"{installation.url}/oa/rolling/callback"
    press = {"kind": "test.ping"}

    def send(event: str) -> int:
        return signed(callback, SECRET, {"eventId": event, **press}).status_code

    assert send("one") == 200, "the other side has not changed it yet"
    assert admin.request("DELETE", "/connections/rolling/secrets/former_secret").status_code == 200
    assert send("two") == 403
    assert admin.request("DELETE", "/connections/rolling/secrets/secret").status_code == 422
    admin.post("/connections/rolling/activate", json={"active": False})


def signed(callback: str, key: str, body: dict[str, Any]) -> httpx.Response:
    raw = orjson.dumps(body)
    return httpx.post(
        callback, content=raw, headers={**headers(key, body["eventId"], raw, datetime.now(UTC)), "Content-Type": "application/json"}
    )


def test_what_an_office_system_tells_is_found_with_who_pressed_and_why_it_was_ignored(installation: Installation) -> None:
    case = installation.submit()["caseId"]
    task = installation.task("wang.fang", case, "approve_manager")
    key = eventually(
        lambda: next((todo["taskKey"] for todo in installation.todos("wang.fang") if todo["taskKey"].startswith(task["id"])), None)
    )
    installation.press("wang.fang", key, comment="同意付款")
    admin = installation.client("ma.lin")

    def told(**wanted: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = admin.get("/oa-messages", params=wanted).json()["items"]
        return [each for each in found if each["processInstanceId"] == case]

    (applied,) = eventually(lambda: told(state="applied"))
    assert (applied["person"], applied["outcome"], applied["comment"], applied["businessKey"]) == (
        "wang.fang", "approve", "同意付款", installation.case(case)["businessKey"],
    )  # fmt: skip
    assert signed(
        f"{installation.url}/oa/demo-oa/callback", SECRET,
        {"eventId": "late-press", "kind": "task.approved", "taskKey": key, "nonce": "none", "actor": "wang.fang"},
    ).status_code == 200  # fmt: skip
    (late,) = eventually(lambda: told(state="ignored"))
    assert late["note"] and late["state"] == "ignored"
    assert told(q=late["businessKey"]) and not told(q="nothing like it")
    page = admin.get(f"{installation.url}/inbox?q={late['businessKey']}", headers={"Accept": "text/html"}).text
    assert "没有生效" in page and f"/cases/{case}" in page


def test_a_shell_tells_whether_a_connection_works(installation: Installation) -> None:
    answer = installation.shenpi("connection", "test", "demo-oa", "--person", "ma.lin")
    assert answer.returncode == 0 and "health: ok" in answer.stdout and "notice: ok" in answer.stdout and "callback: ok" in answer.stdout, (
        answer
    )
    assert installation.shenpi("connection", "test", "nothing").returncode == 1
