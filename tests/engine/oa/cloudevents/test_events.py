"""Signed webhooks that tell what happened: everything once and in order, the same ids again when it is sent again, and nothing personal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from drawings import END, START, drawing, human, node, path
from engine_support import advance, decide, deploy, execute, rows, start, task_of
from flask import Flask
from receiver_support import SECRET, Receiver, receiving
from tests_support import person

from engine import deliveries, instances, suspension, tasks, worker
from engine.database import transaction
from engine.errors import InvalidContent
from engine.oa import vault
from engine.oa.cloudevents import deliver, signature
from engine.oa.kinds import KINDS
from engine.oa.opening import opened
from models.oa import OaConnection

KEY = "events"
WALK = drawing(START, human("first"), human("second"), END, path("start", "first", "second", "end"), key="told", name="讲述",
               shenpi_title="${'讲述 ' + initiator}")  # fmt: skip


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    """A receiver that is the only connection."""
    with receiving() as found:
        execute("UPDATE oa_connection SET active = false")
        with transaction() as session:
            session.add(
                OaConnection(
                    key=KEY, kind="cloudevents", name="数据平台", base_url=found.address, credentials=vault.seal(KEY, {"secret": SECRET}),
                    settings={}, scope=dict(KINDS["cloudevents"].scope), active=True,
                )
            )  # fmt: skip
        deploy(WALK)
        yield found
        worker.hands.connectors.close()


def setting(**values: str) -> None:
    execute("UPDATE oa_connection SET settings = settings || CAST(:v AS jsonb) WHERE key = :key", v=orjson.dumps(values).decode(), key=KEY)


def begin(**variables: Any) -> tuple[UUID, UUID]:
    step = start("told", **variables)
    return step.case.id, task_of(step)


def push() -> None:
    worker.push(KEY)


def settle() -> None:
    """Push over every back-off."""
    for _ in range(20):
        push()
        if not rows("SELECT 1 FROM oa_delivery WHERE open AND connection = :key", key=KEY):
            return
        advance(700)
    raise AssertionError("not settled")


def again(case: UUID) -> None:
    with transaction() as session:
        assert deliveries.push_again(session, KEY, case)
    push()


def test_a_case_is_told_from_its_start_to_its_end(receiver: Receiver) -> None:
    case, task = begin()
    push()
    step = decide(task)
    push()
    decide(task_of(step))
    push()

    assert receiver.types(case) == [
        "instance.started", "task.created", "task.completed", "task.created", "task.completed", "instance.completed",
    ]  # fmt: skip
    assert receiver.forged == 0 and len(receiver.messages) == 6


def test_each_event_is_a_cloudevent_that_a_stranger_reads(receiver: Receiver) -> None:
    case, task = begin()
    decide(task, comment="不外传的意见")
    push()

    completed = next(one for one in receiver.events if one.get_type() == "cn.shenpi.task.completed")
    assert completed.get_specversion() == "1.0"
    assert completed.get_source() == "http://127.0.0.1:8000"
    assert completed.get_subject() == str(case)
    assert completed.get_datacontenttype() == "application/json"
    assert completed.get_time() is not None and completed.get_time().tzinfo is not None
    data = completed.get_data()
    assert data == {
        "instance": str(case), "definitionKey": "told", "businessKey": data["businessKey"], "element": "first", "actor": "wang.fang",
        "task": str(task), "outcome": "approve", "round": 1,
    }  # fmt: skip


def test_the_sequence_strictly_increases_for_each_case(receiver: Receiver) -> None:
    cases = []
    for _ in range(3):
        case, task = begin()
        decide(task)
        cases.append(case)
    push()

    for case in cases:
        told = [one.get_extension("sequence") for one in receiver.events if one.get_subject() == str(case)]
        assert len(told) == 4 and told == sorted(set(told))
        assert receiver.ids(case) == [f"{case}-{int(each)}" for each in told]


def test_nothing_is_lost_by_what_happens_before_it_is_sent(receiver: Receiver) -> None:
    receiver.answers = [503] * 4
    case, task = begin()
    push()
    step = decide(task)
    push()
    with transaction() as session:
        suspension.suspend(session, case, by=person("ma.lin"), reason="等一等")
    with transaction() as session:
        suspension.resume(session, case, by=person("ma.lin"), reason="好了")
    decide(task_of(step), outcome="reject")
    settle()

    assert receiver.types(case) == [
        "instance.started", "task.created", "task.completed", "task.created", "instance.suspended", "instance.resumed", "task.completed",
        "instance.completed",
    ]  # fmt: skip
    assert len(set(receiver.ids(case))) == 8


def test_a_suspension_is_told_at_once(receiver: Receiver) -> None:
    case, _ = begin()
    push()
    with transaction() as session:
        suspension.suspend(session, case, by=person("ma.lin"), reason="不外传的原因")
    push()

    assert receiver.types(case)[-1] == "instance.suspended"


def test_a_transfer_names_both_by_their_work_numbers(receiver: Receiver, app: Flask) -> None:
    from_, to = "wang.fang", "wu.gang"
    case, task = begin()
    with transaction() as session:
        tasks.transfer(session, task, by=person(from_), to=to, reason="不外传的原因")
    push()

    moved = receiver.events[-1]
    assert moved.get_type() == "cn.shenpi.task.transferred"
    assert (moved.get_data()["from"], moved.get_data()["to"], moved.get_data()["assignee"]) == (from_, to, to)
    assert receiver.types(case) == ["instance.started", "task.created", "task.transferred"]


def test_a_withdrawal_cancels_the_task_and_ends_the_case(receiver: Receiver) -> None:
    case, _ = begin()
    with transaction() as session:
        instances.withdraw(session, case, by=person("li.na"), reason="填错了")
    push()

    assert sorted(receiver.types(case)) == ["instance.started", "instance.withdrawn", "task.canceled", "task.created"]


def test_nothing_personal_is_told(receiver: Receiver) -> None:
    case, task = begin(secret_value="不外传的变量")
    decide(task, comment="不外传的意见")
    with transaction() as session:
        instances.withdraw(session, case, by=person("li.na"), reason="不外传的原因")
    push()

    told = b"".join(body for _, body in receiver.messages).decode()
    assert "不外传" not in told
    for name in ("王芳", "李娜", "讲述 li.na", "部"):
        assert name not in told


def test_sent_again_it_has_the_same_ids(receiver: Receiver) -> None:
    case, task = begin()
    push()
    decide(task)
    push()
    first = receiver.ids(case)

    again(case)

    assert receiver.ids(case) == first + first[2:]  # what the newest snapshot told, and no more
    assert len({body for _, body in receiver.messages}) == len(first)


def test_what_was_refused_for_good_is_told_when_it_is_sent_again(receiver: Receiver) -> None:
    receiver.answers = [410]
    case, task = begin()
    push()
    assert rows("SELECT state FROM oa_delivery WHERE connection = :key", key=KEY)[0].state == "dead"
    decide(task)
    receiver.answers = [400]
    push()

    again(case)

    assert receiver.types(case) == ["instance.started", "task.created", "task.completed", "task.created"]


def test_in_batches_one_message_tells_all(receiver: Receiver) -> None:
    setting(mode="batched")
    case, task = begin()
    decide(task)
    push()

    assert len(receiver.messages) == 1
    assert receiver.types(case) == ["instance.started", "task.created", "task.completed", "task.created"]
    assert receiver.messages[0][0]["content-type"].startswith("application/cloudevents-batch+json")
    before = receiver.messages[0][0]["webhook-id"]
    again(case)
    assert receiver.messages[1][0]["webhook-id"] == before


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("cn.shenpi.task.", ["task.created", "task.completed", "task.created"]),
        ("cn.shenpi.task.completed, cn.shenpi.instance.", ["instance.started", "task.completed"]),
        ("cn.shenpi.task.completed，cn.shenpi.instance.", ["instance.started", "task.completed"]),
        ("cn.shenpi.invoice.", []),
        ("", ["instance.started", "task.created", "task.completed", "task.created"]),
    ],
)
def test_only_what_is_subscribed_is_told(receiver: Receiver, types: str, expected: list[str]) -> None:
    setting(types=types)
    case, task = begin()
    decide(task)
    push()

    assert receiver.types(case) == expected
    assert rows("SELECT state FROM oa_delivery WHERE connection = :key ORDER BY version DESC", key=KEY)[0].state == "sent"


@pytest.mark.parametrize(("outcome", "fate"), [("approve", "approved"), ("reject", "rejected")])
def test_what_the_case_is_about_is_told_as_well(receiver: Receiver, outcome: str, fate: str) -> None:
    deploy(drawing(START, human("first"), node("endEvent", "end", shenpi_outcome=outcome), path("start", "first", "end"), key="about"))
    subject = uuid4()
    with transaction() as session:
        step = instances.start(session, "about", by=person("li.na"), variables={}, subject=("invoice", subject))
    decide(task_of(step), outcome=outcome)
    push()

    told = [one for one in receiver.events if one.get_type().startswith("cn.shenpi.invoice.")]
    assert [one.get_type() for one in told] == ["cn.shenpi.invoice.submitted", f"cn.shenpi.invoice.{fate}"]
    assert {one.get_data()["subjectId"] for one in told} == {str(subject)}
    sequence = [one.get_extension("sequence") for one in receiver.events]
    assert sequence == sorted(set(sequence))


def test_a_long_story_is_told_over_several_pushes_and_each_event_once(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "MANY", 2)
    monkeypatch.setattr(deliver, "LONGEST", 0.0)
    case, task = begin()
    step = decide(task)
    decide(task_of(step))
    settle()

    assert receiver.types(case) == [
        "instance.started", "task.created", "task.completed", "task.created", "task.completed", "instance.completed",
    ]  # fmt: skip
    assert len(receiver.ids(case)) == len(set(receiver.ids(case)))
    again(case)
    settle()
    assert len(receiver.ids(case)) == 12 and len(set(receiver.ids(case))) == 6


def test_while_the_secret_is_changed_both_sign(receiver: Receiver) -> None:
    fresh = "whsec_" + "bmV3IHNlY3JldCBvZiB0aGlydHkgdHdvIGJ5dGVzIC4u"
    execute(
        "UPDATE oa_connection SET credentials = :s WHERE key = :key", s=vault.seal(KEY, {"secret": fresh, "former_secret": SECRET}), key=KEY
    )
    begin()
    push()
    receiver.secret = fresh
    begin()
    push()

    assert receiver.forged == 0 and len(receiver.events) == 4


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification (standardwebhooks.com)."""
    body = b'{"event_type":"ping","data":{"success":true}}'

    made = signature.headers(
        [signature.key_of("whsec_plJ3nmyCDGBKInavdOK15jsl")], "msg_loFOjxBNrRLzqYUf", body, datetime.fromtimestamp(1731705121, UTC)
    )

    assert made == {
        "webhook-id": "msg_loFOjxBNrRLzqYUf", "webhook-timestamp": "1731705121", "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }  # fmt: skip


@pytest.mark.parametrize("secret", ["whsec_***", "whsec_x"])
def test_a_secret_that_is_no_base64_is_refused(secret: str) -> None:
    with pytest.raises(InvalidContent):
        signature.key_of(secret)


def test_the_receiver_is_looked_for(receiver: Receiver) -> None:
    with transaction() as session:
        row = session.get_one(OaConnection, KEY)
        connector = worker.hands.connectors.get(opened(row))
    assert connector.health().ok
