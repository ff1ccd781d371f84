"""Seeyon's third-party pending as its pages say it is, seen through its doors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from api.simulators.seeyon import Config, create_app

PENDING = {
    **{"registerCode": "3001", "taskId": "t-1", "title": "发票审批", "senderName": "李娜", "state": "0", "thirdSenderId": "li.na"},
    **{"thirdReceiverId": "wang.fang", "creationDate": "2026-11-28 09:00", "url": "https://p.example/t/1"},
}
PREFIX = "/seeyon/rest/thirdpartyPending"


@pytest.fixture
def start(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, people: Any) -> Callable[..., httpx.Client]:
    def started(**config: Any) -> httpx.Client:
        client: httpx.Client = open_client(serve(create_app(Config(store=str(tmp_path / "seeyon.sqlite"), **config))))
        client.post("/_sim/people", json=people)
        body = {"userName": "rest", "password": "simulated-password"}
        client.headers["token"] = client.post("/seeyon/rest/token", json=body).json()["id"]
        return client

    return started


@pytest.fixture
def seeyon(start: Callable[..., httpx.Client]) -> httpx.Client:
    return start()


def todos(client: httpx.Client, person: str = "wang.fang") -> list[dict[str, Any]]:
    return list(client.get("/_sim/todos", params={"person": person}).json())


def test_a_pending_is_a_to_do_and_the_same_id_is_the_same_to_do(seeyon: httpx.Client) -> None:
    for title in ("发票审批", "改名"):
        assert seeyon.post(f"{PREFIX}/receive", json={**PENDING, "title": title}).json() == {"success": True, "errorMsgs": []}

    assert [(each["id"], each["title"], each["url"]) for each in todos(seeyon)] == [("t-1", "改名", "https://p.example/t/1")]


def test_a_token_ends_when_it_is_not_used(seeyon: httpx.Client) -> None:
    for _ in range(3):
        seeyon.post("/_sim/clock", json={"skip": 800})
        assert seeyon.post(f"{PREFIX}/receive", json=PENDING).json()["success"] is True

    seeyon.post("/_sim/clock", json={"skip": 901})
    answer = seeyon.post(f"{PREFIX}/receive", json=PENDING)

    assert (answer.status_code, answer.json()["code"]) == (401, "1010")


@pytest.mark.parametrize("password", ["wrong", "simulated-password"])
def test_a_wrong_password_is_answered_with_200_and_minus_one(seeyon: httpx.Client, password: str) -> None:
    answer = seeyon.get(f"/seeyon/rest/token/rest/{password}")

    assert answer.status_code == 200
    assert (answer.json()["id"] == "-1") is (password == "wrong")


def test_a_token_may_stand_in_the_query(seeyon: httpx.Client) -> None:
    token = seeyon.headers.pop("token")

    assert seeyon.post(f"{PREFIX}/receive?token={token}", json=PENDING).json()["success"] is True


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"registerCode": "9"},
            {"taskId": ""},
            {"title": None},
            {"senderName": ""},
            {"state": "2"},
            {"state": True},
            {"creationDate": "28.11.2026"},
        ),
        *({"thirdReceiverId": "nobody"}, {"thirdReceiverId": "gone"}, {"state": 1}, {"state": 1, "subState": 4}, {"url": 5}),
    ],
)
def test_what_is_wrong_is_told_in_a_200(seeyon: httpx.Client, changes: dict[str, Any]) -> None:
    answer = seeyon.post(f"{PREFIX}/receive", json={**PENDING, **changes})

    assert answer.status_code == 200
    assert (answer.json()["success"], len(answer.json()["errorMsgs"])) == (False, 1)
    assert todos(seeyon) == []


def test_a_batch_says_success_although_some_have_failed(seeyon: httpx.Client) -> None:
    seeyon.post("/_sim/faults", json={"partial": 1})
    batch = [{**PENDING, "taskId": "t-1"}, {**PENDING, "taskId": "t-2"}, {**PENDING, "taskId": "t-3", "thirdReceiverId": "nobody"}]

    answer = seeyon.post(f"{PREFIX}/receive/pendings", json={"pendingList": batch}).json()

    assert answer["success"] is True
    assert [each["taskId"] for each in answer["errorMsgs"]] == ["t-1", "t-3"]
    assert [each["id"] for each in todos(seeyon)] == ["t-2"]


@pytest.mark.parametrize(("sub", "status"), [(0, "1/0"), ("1", "1/1"), ("2", "1/2"), (3, "1/3")])
def test_a_pending_is_closed_with_how_it_was_closed(seeyon: httpx.Client, sub: Any, status: str) -> None:
    seeyon.post(f"{PREFIX}/receive", json=PENDING)

    assert seeyon.post(f"{PREFIX}/updatePendingState", json={**PENDING, "state": 1, "subState": sub}).json()["success"] is True
    assert [(each["status"], each["open"]) for each in seeyon.get("/_sim/tasks").json()] == [(status, False)]
    assert (
        seeyon.post(f"{PREFIX}/updatePendingState", json={**PENDING, "taskId": "t-9", "state": 1, "subState": 0}).json()["success"] is False
    )


def test_a_person_without_a_binding_is_found_by_number_or_address(start: Callable[..., httpx.Client]) -> None:
    seeyon = start(bound=False)

    assert seeyon.post(f"{PREFIX}/receive", json=PENDING).json()["success"] is False
    seeyon.post(f"{PREFIX}/receive", json={**PENDING, "noneBindingReceiver": "13800000001"})
    binding = {"registerCode": "3001", "thirdUserId": "w-7", "loginName": "wang.fang"}
    assert seeyon.post("/seeyon/rest/thirdpartyUserMapper/binding/singleUser", json=binding).json()["success"] is True
    seeyon.post(f"{PREFIX}/receive", json={**PENDING, "taskId": "t-2", "thirdReceiverId": "w-7"})

    assert [each["id"] for each in todos(seeyon)] == ["t-1", "t-2"]


def test_a_message_is_no_to_do(seeyon: httpx.Client) -> None:
    body = {"registerCode": "3001", "messageId": "m-1", "messageContent": "催办", "thirdReceiverId": "wang.fang"}

    assert seeyon.post("/seeyon/rest/thirdpartyMessage/receive/singleMessage", json=body).json()["success"] is True
    assert todos(seeyon) == []
