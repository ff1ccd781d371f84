"""Who is asked, who may answer, and what becomes of a task nobody can be found for."""

from uuid import UUID

import pytest
from drawings import END, START, drawing, human, node, path
from engine_support import decide, deploy, events, execute, rows, start, task_of, value
from flask import Flask
from tests_support import person

from engine import incidents, tasks
from engine.database import transaction
from engine.errors import Conflict, InvalidVariables, NotFound, NotPermitted, Refused, StaleRevision, TaskAlreadyClaimed, TaskClosed


def asked(**attributes: str) -> bytes:
    return drawing(START, node("userTask", "a", **attributes), END, path("start", "a", "end"))


def one(case: UUID) -> tuple[str | None, list[tuple[str, str]]]:
    """Return the assignee and the candidates of a case's open task."""
    row = rows("SELECT id, assignee FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)[0]
    found = rows("SELECT kind, name FROM candidate WHERE task_id = :task ORDER BY kind, name", task=row.id)
    return row.assignee, [tuple(pair) for pair in found]


@pytest.mark.parametrize(
    ("asker", "expression", "found"),
    [
        ("li.na", "${headOfDepartment(initiator)}", "wang.fang"),  # li.na works in the office, whose head is wang.fang
        ("wang.fang", "${headOfDepartment(initiator)}", "wang.fang"),
        ("qian.yi", "${headOfDepartment(initiator)}", "ma.lin"),
        ("qian.yi", "${manager(initiator)}", "ma.lin"),
        ("li.na", "${'wu' + '.' + 'gang'}", "wu.gang"),
    ],
)
def test_an_assignee_is_found_by_asking_the_organisation(app: Flask, asker: str, expression: str, found: str) -> None:
    begin = START.replace('id="start"', 'id="start" camunda:initiator="initiator"')
    deploy(drawing(begin, human("a", expression), END, path("start", "a", "end")))

    assert one(start(by=asker).case.id) == (found, [])


def test_candidates_are_people_and_groups_each_once(app: Flask) -> None:
    deploy(asked(camunda_candidateUsers="wu.gang, li.na,wu.gang", camunda_candidateGroups="${['finance', 'directors']}"))

    assert one(start().case.id) == (None, [("g", "directors"), ("g", "finance"), ("u", "li.na"), ("u", "wu.gang")])


def test_why_somebody_is_asked_stands_in_the_record(app: Flask) -> None:
    deploy(asked(camunda_assignee="${boss}"))

    case = start(boss="wu.gang").case.id

    body = value("SELECT convert_from(body, 'UTF8') FROM history_event WHERE instance_id = :case AND type = 'task:created'", case=case)
    assert '"expression":"${boss}"' in body and '"assignee":"wu.gang"' in body


def test_nobody_found_is_an_incident_and_a_retry_asks_the_organisation_again(app: Flask) -> None:
    begin = START.replace('id="start"', 'id="start" camunda:initiator="initiator"')
    deploy(drawing(begin, human("a", "${manager(initiator)}"), END, path("start", "a", "end")))
    case = start(by="wang.fang").case.id  # she heads her department, and no department is above it
    old = value("SELECT id FROM user_task WHERE instance_id = :case", case=case)
    incident = value("SELECT id FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
    assert one(case) == (None, [])
    with pytest.raises(Refused), transaction() as session:
        incidents.resolve(session, incident, by=person("ma.lin"), reason="weiter")

    execute(
        "UPDATE department SET parent_id = (SELECT id FROM department WHERE key = 'board') WHERE key = 'office'",
    )
    with transaction() as session:
        incidents.retry(session, incident, by=person("ma.lin"))

    assert one(case) == ("wu.gang", [])
    found = rows("SELECT id, state, reason, round FROM user_task WHERE instance_id = :case ORDER BY created_at", case=case)
    assert (found[0].id, found[0].state, found[0].reason) == (old, "canceled", "reassigned")
    assert (found[1].state, len(found)) == ("open", 2)
    assert rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case) == []
    assert decide(found[1].id, by="wu.gang").case.status == "completed"
    with pytest.raises(TaskClosed):
        decide(old, by="wu.gang")


def test_a_retry_that_still_finds_nobody_is_an_incident_again(app: Flask) -> None:
    deploy(asked(camunda_assignee="${boss}"))
    case = start(boss="").case.id

    for _ in range(3):
        incident = value("SELECT id FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
        with transaction() as session:
            incidents.retry(session, incident, by=person("ma.lin"))

    assert len(rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)) == 1
    assert len(rows("SELECT 1 FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)) == 1


def nonce(task: UUID) -> str:
    return str(value("SELECT nonce FROM user_task WHERE id = :task", task=task))


def test_every_change_of_hands_makes_buttons_shown_before_it_worthless(app: Flask) -> None:
    deploy(asked(camunda_candidateGroups="finance", camunda_candidateUsers="wu.gang"))
    task = task_of(start())
    seen = [nonce(task)]

    with transaction() as session:
        tasks.claim(session, task, by=person("wu.gang"))
    seen.append(nonce(task))
    with transaction() as session:
        tasks.unclaim(session, task, by=person("wu.gang"))
    seen.append(nonce(task))
    with transaction() as session:
        tasks.transfer(session, task, by=person("wu.gang"), to="li.na")
    seen.append(nonce(task))

    assert len(set(seen)) == 4
    for old in (*seen[:3], "", "错"):
        with pytest.raises(NotPermitted):
            decide(task, by="li.na", nonce=old)
    assert decide(task, by="li.na", nonce=seen[3]).case.status == "completed"


def test_a_transfer_stands_in_the_record_with_both_names_and_its_reason_beside_it(app: Flask) -> None:
    deploy(asked(camunda_assignee="wang.fang"))
    step = start()

    with transaction() as session:
        tasks.transfer(session, task_of(step), by=person("wang.fang"), to="wu.gang", reason="出差")

    row = rows("SELECT convert_from(body, 'UTF8') AS body, convert_from(personal, 'UTF8') AS personal FROM history_event "
               "WHERE instance_id = :case AND type = 'task:transferred'", case=step.case.id)[0]  # fmt: skip
    assert '"from":"wang.fang"' in row.body and '"to":"wu.gang"' in row.body
    assert "出差" in row.personal and "出差" not in row.body


def test_a_transferred_task_cannot_be_given_back_to_candidates(app: Flask) -> None:
    deploy(asked(camunda_candidateGroups="finance"))
    task = task_of(start())
    with transaction() as session:
        tasks.transfer(session, task, by=person("zhao.lei"), to="li.na")

    with pytest.raises(Refused), transaction() as session:
        tasks.unclaim(session, task, by=person("li.na"))


def test_nobody_but_the_asked_decides(app: Flask) -> None:
    deploy(asked(camunda_candidateGroups="finance"))
    step = start()
    task = task_of(step)

    for key, error in (
        ("li.na", NotPermitted),
        ("sun.mei", NotPermitted),
        ("ma.lin", NotPermitted),
        ("qian.yi", NotFound),
        ("wu.gang", NotFound),
    ):
        for act in (tasks.claim, tasks.unclaim):
            with pytest.raises(error), transaction() as session:
                act(session, task, by=person(key))
        with pytest.raises(error), transaction() as session:
            tasks.transfer(session, task, by=person(key), to="zheng.hao")
        with pytest.raises(error):
            decide(task, by=key)
    assert events(step.case.id)[-1] == "task:created"


def test_who_holds_a_task_is_told_to_the_other_candidates_only(app: Flask) -> None:
    deploy(asked(camunda_candidateGroups="finance", camunda_candidateUsers="wu.gang"))
    task = task_of(start())
    with transaction() as session:
        tasks.claim(session, task, by=person("zhao.lei"))

    with pytest.raises(TaskAlreadyClaimed) as refused:
        decide(task, by="wu.gang")
    assert refused.value.facts["assignee"] == "zhao.lei"
    with pytest.raises(NotPermitted) as told:
        decide(task, by="li.na")
    assert "zhao.lei" not in str(told.value.facts)


def test_a_stale_revision_changes_nothing(app: Flask) -> None:
    deploy(asked(camunda_assignee="wang.fang"))
    step = start()

    with pytest.raises(StaleRevision) as refused:
        decide(task_of(step), expected_revision=7)

    assert isinstance(refused.value, Conflict)
    assert (refused.value.facts["expected"], refused.value.facts["found"]) == (7, 1)
    assert events(step.case.id)[-1] == "task:created"


def test_required_fields_are_asked_for_only_when_the_task_is_approved(app: Flask) -> None:
    field = '<camunda:formField id="voucher" type="string"><camunda:validation><camunda:constraint name="required"/></camunda:validation></camunda:formField>'
    form = f"<extensionElements><camunda:formData>{field}</camunda:formData></extensionElements>"
    deploy(drawing(START, node("userTask", "a", form, camunda_assignee="wang.fang"), END, path("start", "a", "end")))
    task = task_of(start())

    for empty in ({}, {"voucher": ""}, {"voucher": None}):
        with pytest.raises(InvalidVariables) as refused:
            decide(task, values=empty)
        assert [fault.code for fault in refused.value.faults] == ["field-required"]
    assert decide(task, outcome="return").case.status == "completed"


def test_a_decision_survives_variables_that_pretend_to_be_decisions(app: Flask) -> None:
    script = node("scriptTask", "s", "<script>decisions = 5</script>")
    deploy(drawing(START, script, human("a"), END, path("start", "s", "a", "end")))

    step = decide(task_of(start()))

    assert step.execution.memory.variables["decisions"] == {
        "a": {
            "outcome": "approve",
            "comment": "",
            "by": "wang.fang",
            "onBehalfOf": None,
            "at": step.execution.memory.variables["decisions"]["a"]["at"],
        }
    }
