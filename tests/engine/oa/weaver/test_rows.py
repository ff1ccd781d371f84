"""Weaver's rows: texts only, sent once, in the order of receivets, each refused alone, and times in the zone of its server."""

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from offices_support import MemoryDesk, connection
from sinks_support import CASE, OTHER, Office, office, snapshot, task

from engine.errors import InvalidContent, OAUnavailable
from engine.oa.contract import CcView, InstanceSnapshot, OARequest, Receipt
from engine.oa.weaver import Weaver

FINE = {"syscode": "shenpi", "dataType": "WfData", "operType": "AutoNew", "operResult": "1", "message": ""}
BAD = FINE | {"operResult": "0", "message": "人员不存在"}


class Stage:
    """A Weaver that answers well unless told otherwise, and a connector to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.refused: set[str] = set()
        self.special: dict[str, Any] = {}
        self.office: Office = office(monkeypatch, self.answer)
        self.desk = MemoryDesk()
        self.weaver = Weaver(connection("http://oa.example", "weaver", settings={"syscode": "shenpi"} | settings), self.desk)

    def answer(self, request: httpx.Request) -> httpx.Response | dict[str, Any]:
        body = orjson.loads(request.content)
        name = request.url.path.rpartition("/")[2]
        if name in self.special:
            return dict(self.special[name])
        people = {body.get("receiver"), body.get("userid"), body.get("creator")}
        return BAD if people & self.refused else FINE

    def push(self, one: InstanceSnapshot) -> Receipt:
        receipt = self.weaver.push(one, None)
        self.desk.take(CASE, receipt)
        return receipt

    @property
    def sent(self) -> list[dict[str, str]]:
        return [orjson.loads(request.content) for request in self.office.requests]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_a_to_do_is_one_row_of_texts(stage: Stage) -> None:
    stage.push(snapshot(task()))
    (row,) = stage.sent
    assert all(isinstance(value, str) for value in row.values())
    assert row["flowid"].startswith("t-") and row["receiver"] == "wang.fang" and row["creator"] == "li.na"
    assert (row["syscode"], row["requestname"], row["workflowname"], row["nodename"]) == (
        "shenpi",
        "付款 FP-2026-000123",
        "付款审批",
        "初审",
    )
    assert (row["isremark"], row["viewtype"]) == ("0", "0")
    assert row["pcurl"].endswith("/tasks/0194a0c0-0000-7000-8000-00000000000a")


def test_two_tasks_of_one_person_are_two_rows(stage: Stage) -> None:
    stage.push(snapshot(task(), task(key=OTHER)))
    assert len({row["flowid"] for row in stage.sent}) == 2


def test_what_is_unchanged_rings_no_phone_again(stage: Stage) -> None:
    for _ in range(3):
        stage.push(snapshot(task()))
    assert len(stage.sent) == 1
    stage.push(snapshot(task(), title="付款 FP-2026-000123 改"))
    assert len(stage.sent) == 2


def test_every_row_is_newer_than_the_one_before_though_the_clock_goes_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.push(snapshot(task()))
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000)
    stage.push(snapshot(task(), title="改"))
    first, second = (int(row["receivets"]) for row in stage.sent)
    assert second == first + 1


def test_who_decided_has_it_done_and_the_others_lose_it(stage: Stage) -> None:
    stage.push(snapshot(task(), task("zhao.lei")))
    stage.push(snapshot(task(status="approved", outcome="approve"), task("zhao.lei", status="closed", outcome="approve", reason="decided")))
    done, taken = stage.sent[2], stage.sent[3]
    assert (done["receiver"], done["isremark"], done["viewtype"]) == ("wang.fang", "2", "1")
    assert stage.office.paths[3] == "deleteUserRequestInfoByJson" and taken["userid"] == "zhao.lei"
    assert taken["flowid"] == stage.sent[1]["flowid"]


def test_the_last_decision_is_marked_as_over(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.push(snapshot(task(status="approved"), status="approved"))
    assert stage.sent[-1]["isremark"] == "4"


def test_a_task_that_was_never_shown_is_not_shown_when_it_is_over(stage: Stage) -> None:
    stage.push(snapshot(task(status="approved")))
    assert stage.sent == []


def test_a_card_that_no_snapshot_speaks_of_is_taken_away(stage: Stage) -> None:
    stage.push(snapshot(task(), task("zhao.lei")))
    stage.push(snapshot(task()))
    assert stage.office.paths[2:] == ["deleteUserRequestInfoByJson"]
    assert stage.sent[-1]["userid"] == "zhao.lei"


def test_a_copy_is_to_be_read_and_then_read(stage: Stage) -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    for read in (False, True):
        stage.push(snapshot(copies=(CcView("c", "qian.yi", at, read),)))
    assert [(row["isremark"], row["viewtype"]) for row in stage.sent] == [("8", "0"), ("8", "1")]


def test_an_unknown_person_holds_her_own_row_alone(stage: Stage) -> None:
    stage.refused = {"zhao.lei"}
    receipt = stage.push(snapshot(task(), task("zhao.lei")))
    bad = [item for item in receipt.items if not item.ok]
    assert [(item.person, item.problem) for item in bad] == [("zhao.lei", "permanent")] and "人员不存在" in bad[0].message
    assert not any(one.person == "zhao.lei" for one in stage.desk.kept.values()), "nothing has to be closed"


def test_an_applicant_whom_it_does_not_know_holds_nobody_up(stage: Stage) -> None:
    stage.refused = {"li.na"}
    receipt = stage.push(snapshot(task()))
    assert all(item.ok for item in receipt.items)
    assert stage.sent[-1]["creator"] == "wang.fang"


def test_a_person_without_an_account_is_held_and_sent_nothing(stage: Stage) -> None:
    stage.desk.people = {"li.na": "lina"}
    receipt = stage.push(snapshot(task()))
    assert [item.person for item in receipt.items if not item.ok] == ["wang.fang"]
    assert stage.sent == []


def test_another_account_gets_a_row_and_the_old_one_loses_it(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.desk.people = {"wang.fang": "wangf2", "li.na": "li.na"}
    stage.push(snapshot(task()))
    assert stage.sent[1]["userid"] == "wang.fang" and stage.sent[2]["receiver"] == "wangf2"


def test_a_row_that_cannot_be_deleted_is_shown_as_done(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.special["deleteUserRequestInfoByJson"] = BAD
    receipt = stage.push(snapshot(status="withdrawn"))
    assert all(item.ok for item in receipt.items)
    assert (stage.sent[-1]["isremark"], stage.sent[-1]["receiver"]) == ("4", "wang.fang")


def test_a_row_whose_answer_was_lost_is_closed_though_nobody_knows_that_it_is_there(stage: Stage) -> None:
    stage.special["ReceiveRequestInfoByJson"] = {"no": "answer"}
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    stage.special = {"deleteUserRequestInfoByJson": BAD}
    receipt = stage.push(snapshot(status="withdrawn"))
    assert stage.office.paths == ["ReceiveRequestInfoByJson", "deleteUserRequestInfoByJson"], "which may be refused: it never came"
    assert all(item.ok for item in receipt.items)


@pytest.mark.parametrize("step", ["IsUse", "OtherSys", "WfType", "SetParam"])
def test_what_an_administrator_must_put_right_is_tried_again(stage: Stage, step: str) -> None:
    stage.special["ReceiveRequestInfoByJson"] = BAD | {"dataType": step}
    with pytest.raises(OAUnavailable, match=step):
        stage.push(snapshot(task()))
    assert not stage.desk.exchanges[-1].ok


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("", "2027-01-01 07:30:00"), ("UTC", "2026-12-31 23:30:00"), ("America/Los_Angeles", "2026-12-31 15:30:00")],
)
def test_times_are_those_of_its_server(monkeypatch: pytest.MonkeyPatch, zone: str, expected: str) -> None:
    stage = Stage(monkeypatch, zone=zone)
    stage.push(snapshot(task()))
    assert {stage.sent[0]["createdatetime"], stage.sent[0]["receivedatetime"]} == {expected}


def test_a_zone_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidContent):
        Stage(monkeypatch, zone="Asia/Atlantis")


def test_a_removed_instance_leaves_no_row(stage: Stage) -> None:
    stage.push(snapshot(task(), task("zhao.lei", key=OTHER)))
    stage.push(snapshot(task(status="approved"), task("zhao.lei", key=OTHER)))
    stage.weaver.remove(snapshot())
    assert sorted(row["userid"] for row in stage.sent[3:]) == ["wang.fang", "zhao.lei"]


def test_a_notice_is_a_row_to_be_read_and_the_same_one_twice_is_one_row(stage: Stage) -> None:
    request = OARequest("oa.notify", "notice-1", {"users": ["wang.fang", "zhao.lei"], "kind": "urge", "title": "付款", "instanceKey": CASE})
    for _ in range(2):
        receipt = stage.weaver.call(request)
        assert receipt.data == {"told": 2}
    assert len({row["flowid"] for row in stage.sent}) == 2
    assert stage.weaver.call(OARequest("oa.register_archive", "k", {})).data == {"skipped": "oa.register_archive"}


def test_its_health_is_an_answer_of_its_own(stage: Stage) -> None:
    assert stage.weaver.health().ok
    stage.special["deleteUserRequestInfoByJson"] = BAD
    assert stage.weaver.health().ok, "what never was cannot be deleted"
    stage.special["deleteUserRequestInfoByJson"] = BAD | {"dataType": "IsUse"}
    assert not stage.weaver.health().ok
