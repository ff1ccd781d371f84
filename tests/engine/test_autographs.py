"""Handwritten signatures: asked for by the drawing, checked, and kept with the decision for good."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import pytest
from approvals_support import prove
from drawings import END, START, drawing, human, path
from engine_support import decide, deploy, rows, start, take_all, task_of, value
from flask import Flask
from signatures_support import moving, picture
from tests_support import person

from api.cli.company import CONNECTION
from engine import attachments, definitions, deliveries, jobs, signatures, tasks
from engine.database import transaction
from engine.errors import InvalidDefinition, InvalidVariables
from engine.step import Step


def asked(wanted: str | None, **more: str) -> Step:
    attributes = more | ({"shenpi_signature": wanted} if wanted else {})
    deploy(drawing(START, human("a", **attributes), human("b", "zhao.lei"), END, path("start", "a", "b", "end")))
    return start()


def refused(step: Step, outcome: str = "approve", **more: Any) -> list[str]:
    with pytest.raises(InvalidVariables) as found:
        decide(task_of(step), outcome=outcome, **more)
    assert {fault.path for fault in found.value.faults} == {"signature"}
    assert value("SELECT count(*) FROM attachment") == 0 or more.get("signature") is not None
    return [fault.code for fault in found.value.faults]


def signed(case: UUID) -> dict[str, str] | None:
    """Return what the event of the decision says of its signature."""
    body = value("SELECT convert_from(body, 'UTF8') FROM history_event WHERE instance_id = :case AND type = 'task:completed'", case=case)
    found: dict[str, str] | None = orjson.loads(body)["data"].get("signature")
    return found


def test_a_signature_is_kept_with_the_decision_and_its_digest_stands_in_the_record(app: Flask) -> None:
    step, content = asked("required"), picture()
    decide(task_of(step), signature=content)

    found = signed(step.case.id)
    assert found is not None and found["sha256"] == sha256(content).hexdigest()
    row = rows("SELECT * FROM attachment")[0]
    assert (str(row.id), row.name, row.media_type, row.uploaded_by) == (found["id"], "手写签名.png", "image/png", "wang.fang")
    assert row.attached_at is not None
    with transaction() as session:
        assert attachments.read(session, row.id, by=person("sun.mei"))[1] == content
    prove(step.case.id)


def test_an_upload_for_the_task_may_be_the_signature_and_nobody_elses_may(app: Flask) -> None:
    step = asked("required")
    with transaction() as session:
        other = attachments.store(session, by=person("li.na"), task_id=None, name="a.png", content=picture()).id
        mine = attachments.store(session, by=person("wang.fang"), task_id=task_of(step), name="a.png", content=picture()).id
    with pytest.raises(InvalidVariables):
        decide(task_of(step), signature=other)
    decide(task_of(step), signature=mine)
    assert (signed(step.case.id) or {})["id"] == str(mine)


def test_nobody_approves_without_a_signature_that_is_required_but_may_reject(app: Flask) -> None:
    step = asked("required", shenpi_onReject="end")
    assert refused(step) == ["signature-missing"]
    decide(task_of(step), outcome="reject")
    assert signed(step.case.id) is None


@pytest.mark.parametrize("given", [None, picture()])
def test_an_optional_signature_may_be_left_out(app: Flask, given: bytes | None) -> None:
    step = asked("optional")
    decide(task_of(step), signature=given)
    assert (signed(step.case.id) is None) == (given is None)


def test_a_signature_that_nobody_asked_for_is_refused(app: Flask) -> None:
    assert refused(asked(None), signature=picture()) == ["signature-unasked"]


def oversized() -> bytes:
    return picture() + b"\0" * signatures.MOST_BYTES


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (picture(drawn=False), "signature-empty"), (picture(kind="JPEG"), "signature-invalid"), (b"", "signature-invalid"), (b"x" * 500, "signature-invalid"),
        (picture()[:300], "signature-invalid"), (picture(3000, 40), "signature-size"), (picture(8, 8), "signature-size"), (oversized(), "signature-size"),
        (moving(), "signature-invalid"), (picture()[:16] + b"\x7f\xff\xff\xff" * 2 + picture()[24:], "signature-size"),
    ],
)  # fmt: skip
def test_what_is_no_small_whole_png_with_something_drawn_is_no_signature(app: Flask, content: bytes, code: str) -> None:
    step = asked("required")
    assert refused(step, signature=content) == [code]
    assert value("SELECT count(*) FROM attachment") == 0, "and nothing is kept of it"


def test_an_opinion_needs_no_signature_and_who_asked_for_it_signs(app: Flask) -> None:
    step = asked("required")
    with transaction() as session:
        tasks.delegate(session, task_of(step), by=person("wang.fang"), to="wu.gang")
    decide(task_of(step), by="wu.gang")
    assert refused(step) == ["signature-missing"]
    decide(task_of(step), signature=picture())
    prove(step.case.id)


def test_a_drawing_that_asks_for_something_else_is_refused_at_its_element(app: Flask) -> None:
    with pytest.raises(InvalidDefinition) as found, transaction() as session:
        definitions.deploy(session, {"p.bpmn": drawing(START, human("a", shenpi_signature="yes"), END, path("start", "a", "end"))}, by=None)
    assert [(fault.code, fault.element, fault.path) for fault in found.value.faults] == [("policy-invalid", "a", "signature")]


def test_an_office_system_shows_no_button_that_would_need_a_signature(app: Flask) -> None:
    asked("required")
    with transaction() as session:
        (pending,) = deliveries.take(session, CONNECTION, "http://here", lease=0.0)
    take_all(jobs.PUSH)
    (view,) = pending.snapshot.tasks
    assert "approve" not in [action.key for action in view.actions] and "reject" in [action.key for action in view.actions]
