"""Seeyon's pending items: lists that fail in part though they are called a success, states, tokens, and times in the zone of its server."""

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from offices_support import MemoryDesk, connection
from sinks_support import CASE, OTHER, Office, office, snapshot, task

from engine.errors import OAUnavailable
from engine.oa.contract import InstanceSnapshot, Receipt
from engine.oa.seeyon import Seeyon
from engine.oa.seeyon.push import failures
from engine.oa.sink.rows import Row, of_task

FINE = {"success": True, "errorMsgs": []}


class Stage:
    """A Seeyon that answers well unless told otherwise, and a connector to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.special: dict[str, Any] = {}
        self.tokens = 0
        self.unknown: set[str] = set()
        self.office: Office = office(monkeypatch, self.answer)
        self.desk = MemoryDesk()
        settings = {"user": "rest", "register_code": "3001"}
        self.seeyon = Seeyon(connection("http://oa.example", "seeyon", settings=settings, password="a-long-password"), self.desk)

    def answer(self, request: httpx.Request) -> httpx.Response | dict[str, Any]:
        name = request.url.path.rpartition("/")[2]
        found = self.special.get(name)
        if found is not None:
            return found() if callable(found) else found
        if name == "token":
            self.tokens += 1
            return {"id": f"token-{self.tokens}"}
        body = orjson.loads(request.content)
        listed = body.get("pendingList") or [body]
        bad = [one for one in listed if {one.get("thirdReceiverId"), one.get("thirdSenderId")} & self.unknown]
        if not bad:
            return FINE
        return {"success": "pendingList" in body, "errorMsgs": [{"taskId": one["taskId"], "errorDetail": "人员不存在"} for one in bad]}

    def push(self, one: InstanceSnapshot) -> Receipt:
        receipt = self.seeyon.push(one, None)
        self.desk.take(CASE, receipt)
        return receipt

    @property
    def closed(self) -> list[dict[str, Any]]:
        return self.office.bodies("updatePendingState")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_all_to_dos_of_a_push_go_with_one_call(stage: Stage) -> None:
    stage.push(snapshot(task(), task("zhao.lei")))
    assert stage.office.paths == ["token", "pendings"]
    (body,) = stage.office.bodies("pendings")
    first, second = body["pendingList"]
    assert (first["state"], first["thirdReceiverId"], first["noneBindingReceiver"]) == ("0", "wang.fang", "wang.fang")
    assert first["taskId"] != second["taskId"] and "subState" not in first
    assert (first["registerCode"], first["senderName"], first["thirdSenderId"]) == ("3001", "李娜", "li.na")
    assert first["creationDate"] == "2027-01-01 07:30:00", "Shanghai's"
    assert stage.office.requests[-1].headers["token"] == "token-1"
    stage.push(snapshot(task(), task("zhao.lei")))
    assert stage.office.paths == ["token", "pendings"], "what is unchanged is not sent again"


@pytest.mark.parametrize(
    ("status", "outcome", "sub"),
    [
        ("approved", "approve", "0"),
        ("rejected", "reject", "1"),
        ("closed", None, "2"),
        ("transferred", None, "2"),
        ("closed", "return", "3"),
    ],
)
def test_a_to_do_closes_with_how_it_was_closed(stage: Stage, status: Any, outcome: str | None, sub: str) -> None:
    stage.push(snapshot(task()))
    stage.push(snapshot(task(status=status, outcome=outcome)))
    (row,) = stage.closed
    assert (row["state"], row["subState"]) == ("1", sub)
    assert row["title"] and row["thirdReceiverId"] == "wang.fang", "the whole object is sent again"


def test_what_failed_in_a_list_is_tried_alone(stage: Stage) -> None:
    stage.special["pendings"] = lambda: {"success": True, "errorMsgs": ["row refused: t-" + "?"]}
    receipt = stage.push(snapshot(task(), task("zhao.lei")))
    assert stage.office.paths == ["token", "pendings", "receive", "receive"], "an error that names no item may be about any of them"
    assert all(item.ok for item in receipt.items)


def test_an_unknown_person_holds_her_own_alone(stage: Stage) -> None:
    stage.unknown = {"zhao.lei"}
    receipt = stage.push(snapshot(task(), task("zhao.lei")))
    bad = [item for item in receipt.items if not item.ok]
    assert [(item.person, item.problem, item.message) for item in bad] == [("zhao.lei", "permanent", "人员不存在")]


def test_an_applicant_whom_it_does_not_know_holds_nobody_up(stage: Stage) -> None:
    stage.unknown = {"li.na"}
    assert all(item.ok for item in stage.push(snapshot(task())).items)
    assert "thirdSenderId" not in stage.office.bodies("receive")[-1]


@pytest.mark.parametrize(
    "answer", [httpx.Response(401, json={"code": "1010"}), httpx.Response(200, json={"code": 1010, "message": "token"})]
)
def test_a_token_that_has_died_is_fetched_once_more(stage: Stage, answer: httpx.Response) -> None:
    answers = iter([answer, FINE])
    stage.special["pendings"] = lambda: next(answers)
    stage.push(snapshot(task()))
    assert stage.office.paths == ["token", "pendings", "token", "pendings"]
    stage.special["pendings"] = answer
    with pytest.raises(OAUnavailable, match="token"):
        stage.push(snapshot(task(), task("zhao.lei", key=OTHER)))
    assert stage.office.paths[4:] == ["pendings", "token", "pendings"], "and only once"


@pytest.mark.parametrize("answer", [{"id": "-1"}, {"id": ""}, {}, httpx.Response(401, json={}), httpx.Response(403, json={"id": "t"})])
def test_a_wrong_password_waits_for_the_administrator(stage: Stage, answer: Any) -> None:
    stage.special["token"] = answer
    with pytest.raises(OAUnavailable, match="user or password") as refused:
        stage.push(snapshot(task()))
    assert refused.value.facts["retry_after"] == 30.0
    assert not stage.seeyon.health().ok
    assert "a-long-password" not in str(stage.desk.exchanges)


@pytest.mark.parametrize("answer", ["<html>login</html>", httpx.Response(502, text="x"), httpx.Response(403, json={"code": "403"})])
def test_what_is_no_answer_is_tried_again(stage: Stage, answer: Any) -> None:
    stage.special["pendings"] = answer
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))


def test_a_limit_holds_everybody_off(stage: Stage) -> None:
    stage.special["pendings"] = httpx.Response(429, headers={"Retry-After": "7"}, json={})
    with pytest.raises(OAUnavailable) as refused:
        stage.push(snapshot(task()))
    assert refused.value.facts["retry_after"] == 7.0
    assert list(stage.desk.held_off.values()) == [7.0]


def test_what_cannot_be_closed_is_shown_to_the_administrator_and_tried_again(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.special["updatePendingState"] = {"success": False, "errorMsgs": ["系统维护"]}
    receipt = stage.push(snapshot(status="withdrawn"))
    assert [item.message for item in receipt.items if not item.ok] == ["系统维护"]
    stage.special = {}
    assert all(item.ok for item in stage.push(snapshot(status="withdrawn")).items)
    assert [row["subState"] for row in stage.closed] == ["2", "2"]


def test_what_never_arrived_need_not_be_closed(stage: Stage) -> None:
    stage.special["pendings"] = "lost"
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    stage.special = {"updatePendingState": {"success": False, "errorMsgs": ["不存在"]}}
    assert all(item.ok for item in stage.push(snapshot(status="withdrawn")).items)
    assert len(stage.closed) == 1, "it may have arrived all the same"


ROWS: list[Row] = [of_task(snapshot(), task(person, created_at=datetime(2026, 1, 1, tzinfo=UTC)), person) for person in "abcd"]


@given(st.lists(st.sampled_from([row.flow for row in ROWS]), unique=True), st.booleans(), st.booleans())
def test_errors_are_matched_to_their_items_whatever_their_form(bad: list[str], as_objects: bool, stray: bool) -> None:
    errors: list[Any] = [{"detail": {"id": key}} if as_objects else f"{key}: 失败" for key in bad]
    found = failures(ROWS, [*errors, *(["失败"] if stray else [])])
    assert [row.flow for row in found] == [row.flow for row in ROWS if stray or row.flow in bad]
