"""Who is who, and who is there: against Feishu's stand-in, with people who are matched, missing, new, moved and gone."""

import io
import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import nursery_support
import pytest
from journeys_support import Installation, answers, eventually, free_port, installation

__all__ = ["installation"]

SECRETS = {
    "app_secret": "simulated-app-secret", "callback_token": "our-callback-token", "callback_key": "our-callback-key", "event_key": "our-event-key",
    "event_token": "simulated-verification",
}  # fmt: skip
PEOPLE: list[dict[str, Any]] = [
    {"userId": "li.na", "openId": "ou_1", "name": "李娜", "department": "行政部"},
    {"userId": "A77", "openId": "ou_2", "name": "王芳", "email": "wang.fang@example.com", "department": "行政部"},
    {"userId": "A78", "openId": "ou_3", "name": "赵蕾", "mobile": "+8613900000003", "department": "财务部"},
    {"userId": "A79", "openId": "ou_4", "name": "吴刚", "department": "总经办"},
    {"userId": "new.man", "openId": "ou_5", "name": "新人", "mobile": "13900000005", "department": "总部/新部门"},
]


class Feishu:
    """Feishu's stand-in, and our connection to it."""

    def __init__(self, installation: Installation, url: str) -> None:
        self.installation, self.url, self.admin = installation, url, installation.client("ma.lin")

    def people(self, people: list[dict[str, Any]]) -> None:
        httpx.post(f"{self.url}/_sim/people", json=people).raise_for_status()

    def fetched(self) -> dict[str, Any]:
        before = self.admin.get("/connections/feishu/directory").json()["fetchedAt"]
        assert self.admin.post("/connections/feishu/directory/fetch").status_code == 202
        return eventually(lambda: (found := self.admin.get("/connections/feishu/directory").json())["fetchedAt"] != before and found)  # type: ignore[no-any-return]

    def ids(self, person: str) -> dict[str, str]:
        found: dict[str, str] = self.admin.get("/connections/feishu/identities", params={"q": person}).json()["items"][0]["ids"]
        return found

    def delivery(self, case: str) -> dict[str, Any]:
        found = self.admin.get("/deliveries", params={"connection": "feishu", "limit": 200}).json()["items"]
        return next((each for each in found if each["processInstanceId"] == case and each["newest"]), {})


@pytest.fixture(scope="module")
def feishu(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feishu]:
    folder, port = tmp_path_factory.mktemp("feishu"), free_port()
    (folder / "people.json").write_text(json.dumps(PEOPLE), encoding="utf-8")
    words = ("simulate", "feishu", "--port", str(port), "--people", str(folder / "people.json"),
               "--store", str(folder / "s.sqlite"), "--encrypt-key", "our-event-key",
               "--event-url", f"{installation.url}/oa/feishu/events", "--same-instance-per-second", "0")  # fmt: skip
    process = nursery_support.start(*words, environment=installation.environment, log=folder / "simulator.log")
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: answers(f"{url}/_sim/people"))
        made = installation.client("ma.lin").post(
            "/connections",
            json={
                "key": "feishu",
                "name": "飞书",
                "kind": "feishu",
                "baseUrl": url,
                "active": True,
                "settings": {"app_id": "cli_simulator"},
                "secrets": SECRETS,
            },
        )
        assert made.status_code == 201, made.text
        yield Feishu(installation, url)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def test_a_to_do_without_a_known_person_is_held_and_sent_when_she_is_mapped(installation: Installation, feishu: Feishu) -> None:
    answer = feishu.admin.post(
        "/connections/feishu/identities",
        json={
            "identities": [
                {"person": "li.na", "idType": "user_id", "remoteId": "li.na"},
                {"person": "li.na", "idType": "open_id", "remoteId": "ou_1"},
            ]
        },
    )
    assert (answer.status_code, answer.json()) == (200, {"changed": 2})
    case = installation.submit()["caseId"]
    held = eventually(lambda: feishu.admin.get("/connections/feishu/identities", params={"only": "held"}).json()["items"])
    assert [(each["person"], each["held"]) for each in held] == [("wang.fang", 1)]
    assert feishu.delivery(case)["state"] == "sent", "the case is there; only that to-do is not"
    assert installation.task("wang.fang", case, "approve_manager"), "it can be done on our own page all the while"
    page = feishu.admin.get(f"{installation.url}/cases/{case}?tab=oa", headers={"Accept": "text/html"})
    assert page.status_code == 200 and "没有显示在办公系统里" in page.text and "王芳" in page.text

    wrong = [("nobody", "user_id", "x"), ("wang.fang", "unknown", "x"), ("wang.fang", "user_id", "li.na")]
    for person, id_type, remote in wrong:
        body = {"identities": [{"person": person, "idType": id_type, "remoteId": remote}]}
        assert feishu.admin.post("/connections/feishu/identities", json=body).status_code == 422, body

    found = feishu.fetched()
    assert found["people"] == len(PEOPLE)
    proposed = {each["person"]: each for each in feishu.admin.get("/connections/feishu/identities/proposals").json()["items"]}
    assert proposed["wang.fang"]["by"] == "email" and proposed["wang.fang"]["ids"]["user_id"] == "A77"
    assert "wu.gang" not in proposed, "a name alone says nothing"
    assert feishu.admin.post("/connections/feishu/identities/accept", json={}).json()["changed"] >= 3
    assert feishu.ids("wang.fang")["open_id"] == "ou_2"
    eventually(lambda: not feishu.admin.get("/connections/feishu/identities", params={"only": "held"}).json()["items"])
    todos = httpx.get(f"{feishu.url}/_sim/todos", params={"person": "A77"}).json()
    assert len(todos["items"] if isinstance(todos, dict) else todos) == 1


def test_the_map_goes_out_as_a_table_and_comes_back_with_faults_at_their_rows(installation: Installation, feishu: Feishu) -> None:
    browser = signed_in(installation)
    table = browser.get("/identities/feishu.csv").text
    assert "王芳" in table and "A77" in table

    def send(content: str) -> httpx.Response:
        page = browser.get("/identities?connection=feishu").text
        keys = {name: hidden(page, name) for name in ("csrf_token", "idempotency_key")}
        return browser.post("/identities/feishu/import", data=keys, files={"files": ("map.csv", io.BytesIO(content.encode()))})

    bad = send("工号,编号类型,编号\nwu.gang,user_id,A79\nnobody,user_id,A80\n")
    assert bad.status_code == 422 and "没有这个人" in bad.text and "第 3 行" in bad.text
    assert not feishu.ids("wu.gang"), "all or nothing"
    assert send("工号,编号\nwu.gang,A79\n").status_code == 303
    assert feishu.ids("wu.gang") == {"user_id": "A79"}
    assert send(table).status_code == 303


def test_people_come_move_and_leave_as_the_office_system_says_and_leavers_are_handed_over(
    installation: Installation, feishu: Feishu
) -> None:
    found = feishu.fetched()
    changes = {(each["kind"], each["key"]): each for each in found["changes"]}
    assert changes["people", "new.man"]["action"] == "added" and not found["left"] and not found["faults"]
    assert feishu.admin.get("/people", params={"q": "new.man"}).status_code == 200
    assert ["赵蕾 (A78)", "zhao.lei"] in found["doubles"], "the same name and another number: a person decides whether it is she"
    assert feishu.admin.post("/connections/feishu/directory/apply").json()["changed"] == len(found["changes"])
    assert feishu.ids("new.man")["user_id"] == "new.man"
    assert not feishu.fetched()["changes"], "a second run finds nothing"

    case = installation.submit()["caseId"]
    eventually(lambda: feishu.delivery(case).get("state") == "sent")
    feishu.people([{**PEOPLE[0], "department": "财务部"}, *PEOPLE[2:]])  # Li Na moved, Wang Fang left
    found = feishu.fetched()
    assert found["left"] == ["wang.fang"]
    moved = next(each for each in found["changes"] if each["key"] == "li.na")
    assert moved["fields"]["department"] == ["office", "finance"]
    assert feishu.admin.post("/connections/feishu/directory/apply").status_code == 200
    page = signed_in(installation).get("/directory").text
    assert "待移交" in page and "王芳" in page and "/people/wang.fang/handover" in page
    assert feishu.admin.post("/people/wang.fang/handover", json={"to": "zhao.lei", "reason": "离职"}).status_code == 200
    eventually(lambda: "待移交" not in signed_in(installation).get("/directory").text)


def test_one_person_changes_when_the_office_system_tells_of_her(installation: Installation, feishu: Feishu) -> None:
    def person(key: str) -> dict[str, Any]:
        rows = feishu.admin.get("/connections/feishu/identities", params={"q": key}).json()["items"]
        return rows[0] if rows else {}

    def tell(kind: str, whom: Any) -> None:
        httpx.post(f"{feishu.url}/_sim/events", json={"kind": kind, "person": whom}).raise_for_status()

    tell("user.updated", {**PEOPLE[4], "name": "新人改名"})
    eventually(lambda: person("new.man")["name"] == "新人改名")
    tell("user.created", {"userId": "one.more", "openId": "ou_9", "name": "又一人", "department": "行政部"})
    eventually(lambda: person("one.more").get("ids", {}).get("open_id") == "ou_9")
    tell("user.left", "new.man")
    eventually(lambda: person("new.man")["active"] is False)
    assert person("one.more")["active"] and person("wu.gang")["active"], "nobody else was touched"


def signed_in(installation: Installation) -> httpx.Client:
    if "browser" not in installation.clients:
        client = installation.clients["browser"] = httpx.Client(base_url=installation.url, headers={"Accept": "text/html"})
        token = hidden(client.get("/sign-in").text, "csrf_token")
        assert client.post("/sign-in", data={"key": "ma.lin", "password": "shenpi-demo", "csrf_token": token}).status_code == 303
    return installation.clients["browser"]


def hidden(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]
