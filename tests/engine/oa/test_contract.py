"""The JSON forms of the contract."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidContent
from engine.oa.codec import encode, plain
from engine.oa.contract import Action, Capabilities, CcView, InstanceSnapshot, Item, Links, OARequest, Receipt, TaskView

AT = datetime(2026, 11, 22, 1, 41, 7, 123456, tzinfo=UTC)
TASK = TaskView(
    task_key="t-1",
    node_key="approve_manager",
    node_name="部门经理审批",
    assignee="wang.fang",
    status="pending",
    created_at=AT,
    nonce="n-1",
    due_at=AT + timedelta(days=1),
    actions=(Action("approve", "同意"), Action("reject", "驳回", needs_reason=True, reason_required=True)),
)
SNAPSHOT = InstanceSnapshot(
    instance_key="i-1",
    version=3,
    definition_key="invoice_approval",
    title="发票审批",
    applicant="li.na",
    status="running",
    started_at=AT,
    business_key="FP-2026-000123",
    amount=Decimal("1234.50"),
    currency="CNY",
    summary=(Item("供应商", "华信"),),
    links=Links(pc="https://shenpi.example/t/1"),
    tasks=(TASK,),
    ccs=(CcView("c-1", "zhao.lei", AT),),
)


def test_a_snapshot_is_camel_case_with_texts_for_times_and_amounts() -> None:
    found = SNAPSHOT.as_json()

    assert found["instanceKey"] == "i-1"
    assert found["amount"] == "1234.50"
    assert found["startedAt"] == "2026-11-22T01:41:07.123456Z"
    assert found["summary"] == [{"label": "供应商", "value": "华信"}]
    assert found["links"] == {"pc": "https://shenpi.example/t/1", "mobile": None}
    assert found["tasks"][0]["actions"][1] == {
        "key": "reject",
        "label": "驳回",
        "needsReason": True,
        "reasonRequired": True,
        "needsAttachment": False,
    }


def test_everything_comes_back_as_it_went() -> None:
    for record in (
        SNAPSHOT,
        TASK,
        Receipt("r-1", AT, {"a": [1, "x"]}),
        OARequest("oa.notify", "k", {"to": "li.na"}),
        Capabilities(cc=True),
    ):
        assert type(record).from_json(record.as_json()) == record


def test_a_newer_peer_may_say_more_and_an_older_one_less() -> None:
    said: dict[str, Any] = {**SNAPSHOT.as_json(), "mood": "good"}
    del said["summary"]

    assert InstanceSnapshot.from_json(said) == replace(SNAPSHOT, summary=())


def test_every_fault_is_listed_by_its_path() -> None:
    said = SNAPSHOT.as_json()
    said["version"] = "3"
    said["status"] = "sleeping"
    said["amount"] = 1234.5
    said["tasks"][0]["createdAt"] = "2026-11-22"
    del said["tasks"][0]["assignee"]

    with pytest.raises(InvalidContent) as caught:
        InstanceSnapshot.from_json(said)

    assert {fault.path for fault in caught.value.faults} == {"version", "status", "amount", "tasks[0].createdAt", "tasks[0].assignee"}


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(InvalidContent):
        Receipt.from_json(data)


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, [float("nan")], datetime(2026, 1, 1), object(), b"x"])  # noqa: DTZ001
def test_floats_and_times_without_a_zone_are_never_sent(value: Any) -> None:
    with pytest.raises(TypeError):
        plain(value)


def test_the_same_moment_in_another_zone_gives_the_same_bytes() -> None:
    moved = replace(SNAPSHOT, started_at=AT.astimezone(timezone(timedelta(hours=8))))

    assert encode(moved) == encode(SNAPSHOT)


def test_the_nonce_of_a_task_shows_in_no_repr() -> None:
    assert "n-1" not in repr(SNAPSHOT)


@settings(deadline=None)
@given(
    st.builds(
        Receipt,
        st.none() | st.text(max_size=20).filter(lambda text: "\x00" not in text),
        st.datetimes(timezones=st.just(UTC)),
        st.dictionaries(st.text(max_size=5), st.integers() | st.booleans() | st.none()),
    )
)
def test_any_receipt_comes_back_as_it_went(receipt: Receipt) -> None:
    assert Receipt.from_json(receipt.as_json()) == receipt
