"""Whom a drawing finds by asking the organisation, and the words in which the record says why."""

from itertools import count
from typing import Any
from uuid import UUID

import pytest
from drawings import END, START, drawing, human, instances, node, path
from engine_support import decide, deploy, execute, rows, start, task_of, value
from flask import Flask

from engine import definitions
from engine.database import transaction
from engine.errors import InvalidDefinition
from engine.organisation import authority

NUMBERS = count(1)
LATEST: list[str] = []
BEGIN = START.replace('id="start"', 'id="start" camunda:initiator="initiator"')


def ask(expression: str, attribute: str = "camunda_assignee", by: str = "li.na", **variables: Any) -> UUID:
    """Start a case whose only task is assigned by an expression."""
    key = f"p{next(NUMBERS)}"  # the same drawing again would stay an older version
    deploy(drawing(BEGIN, node("userTask", "a", **{attribute: expression}), END, path("start", "a", "end"), key=key))
    LATEST.append(key)
    return start(key, by=by, **variables).case.id


def again(**variables: Any) -> UUID:
    """Start the drawing of the last question once more."""
    return start(LATEST[-1], **variables).case.id


def asked(case: UUID, element: str = "a") -> tuple[str | None, list[str]]:
    row = rows(
        "SELECT id, assignee FROM user_task WHERE instance_id = :case AND state = 'open' AND element = :element", case=case, element=element
    )[0]
    return row.assignee, [row.name for row in rows("SELECT name FROM candidate WHERE task_id = :task ORDER BY name", task=row.id)]


def trouble(case: UUID) -> str:
    return str(value("SELECT message FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case))


def why(case: UUID, language: str = "zh", element: str = "a") -> str:
    found = rows(
        "SELECT convert_from(body, 'UTF8')::jsonb -> 'data' -> 'why' ->> :language AS why FROM history_event "
        "WHERE instance_id = :case AND type = 'task:created' AND element = :element ORDER BY number DESC",
        case=case, language=language, element=element,
    )  # fmt: skip
    return str(found[0].why)


def tree() -> None:
    """The office stands below finance, finance below the board."""
    execute("UPDATE department SET parent_id = (SELECT id FROM department WHERE key = 'finance') WHERE key = 'office'")
    execute("UPDATE department SET parent_id = (SELECT id FROM department WHERE key = 'board') WHERE key = 'finance'")


def hold(post: str, *people: str, name: str = "财务总监") -> None:
    execute("INSERT INTO post (id, key, name) VALUES (gen_random_uuid(), :key, :name) ON CONFLICT DO NOTHING", key=post, name=name)
    for person in people:
        execute(
            "INSERT INTO post_holder (id, post_id, person_id, legal_entity_id) SELECT gen_random_uuid(), o.id, p.id, e.id "
            "FROM post o, person p, legal_entity e WHERE o.key = :post AND p.key = :person AND e.key = 'shenpi-sh'",
            post=post, person=person,
        )  # fmt: skip


def allow(approver: str, up_to: str | None, **more: Any) -> None:
    with transaction() as session:
        authority.add(session, {"currency": "CNY", "up_to": up_to, "approver": approver, **more}, by="ma.lin")


def test_a_superior_is_counted_up_the_departments(app: Flask) -> None:
    tree()
    for asker, level, found in (
        ("li.na", 1, "wang.fang"),
        ("li.na", 2, "zhao.lei"),
        ("li.na", 3, "wu.gang"),
        ("wang.fang", 1, "zhao.lei"),  # her own superior is the head above, not she
        ("wu.gang", 1, None),
        ("li.na", 4, None),
    ):
        case = ask(f"${{superior(initiator, {level})}}", by=asker)
        assert asked(case) == (found, []), (asker, level)
        if found is None:
            assert "nobody found by" in trouble(case)
        else:
            assert why(case) == f"发起人的第 {level} 级上级"
            assert why(case, "en") == f"superior of the initiator, level {level}"


def test_a_head_who_stands_there_twice_has_left_or_heads_nothing_active_is_no_level(app: Flask) -> None:
    tree()
    execute("UPDATE department SET head_id = (SELECT id FROM person WHERE key = 'wang.fang') WHERE key = 'finance'")
    assert asked(ask("${superior(initiator, 2)}")) == ("wu.gang", [])
    execute("UPDATE department SET head_id = (SELECT id FROM person WHERE key = 'zhao.lei') WHERE key = 'finance'")
    execute("UPDATE person SET active = false WHERE key = 'zhao.lei'")
    assert asked(again()) == ("wu.gang", [])
    execute("UPDATE department SET active = false WHERE key = 'office'")
    assert asked(ask("${superior(initiator, 1)}")) == ("wu.gang", [])


def test_departments_in_a_circle_end_the_search(app: Flask) -> None:
    tree()
    execute("UPDATE department SET parent_id = (SELECT id FROM department WHERE key = 'office') WHERE key = 'board'")

    assert "nobody found by" in trouble(ask("${superior(initiator, 9)}"))


def test_a_level_is_a_whole_number_from_one(app: Flask) -> None:
    for level in ("0", "-1", "51", "'2'", "1.5", "true"):
        assert "superior" in trouble(ask(f"${{superior(initiator, {level})}}"))


def test_one_holder_of_a_post_is_assigned_and_several_are_candidates(app: Flask) -> None:
    hold("cfo", "zhao.lei")
    case = ask("${holdersOf('cfo', 'shenpi-sh')}")
    assert asked(case) == ("zhao.lei", [])
    assert why(case) == "法人 shenpi-sh 的岗位“财务总监”的任职人"

    hold("cfo", "wu.gang")
    assert asked(again()) == (None, ["wu.gang", "zhao.lei"])
    assert asked(ask("${holdersOf('cfo')}", "camunda_candidateUsers")) == (None, ["wu.gang", "zhao.lei"])

    execute("UPDATE post_holder SET ended_at = now() WHERE person_id = (SELECT id FROM person WHERE key = 'wu.gang')")
    assert asked(ask("${holdersOf('cfo')}")) == ("zhao.lei", [])
    execute("UPDATE person SET active = false WHERE key = 'zhao.lei'")
    assert "nobody found by" in trouble(ask("${holdersOf('cfo', null)}"))


MISSING = (
    ("${holdersOf('ceo')}", "there is no post ceo"),
    ("${holdersOf('cfo', 'nowhere')}", "there is no legal entity nowhere"),
    ("${membersOf('nobody')}", "there is no group nobody"),
    ("${approverFor(1, 'CNY')}", "the authority matrix names nobody for CNY 1"),
    ("${approverFor(1, 'CNY', 'nowhere')}", "there is no legal entity nowhere"),
    ("${approverFor(1, 'CNY', null, 'nowhere')}", "there is no department nowhere"),
    ("${approverFor('1', 'CNY')}", "argument 1 of approverFor must be a number"),
    ("${holdersOf(5)}", "argument 1 of holdersOf must be a text"),
    ("${notInvolved([1])}", "notInvolved takes a list of people"),
    ("${performerOf('nothing')}", "nobody found by"),
    ("${'x' * 300 if false else headOfDepartment('a\\tb')}", "is no key"),
)


def test_what_is_not_there_is_told_on_the_element(app: Flask) -> None:
    hold("cfo")
    for expression, said in MISSING:
        told = trouble(ask(expression))
        assert said in told
        assert "failed at a:" in told


def test_the_smallest_sufficient_limit_of_the_authority_matrix_wins(app: Flask) -> None:
    hold("cfo", "zhao.lei")
    allow("wang.fang", "10000")
    allow("cfo", "50000", approver_kind="post")
    allow("directors", None, approver_kind="group")
    expression = "${approverFor(amount, 'CNY', entityOf(initiator), departmentOf(initiator))}"

    for amount, found in (("10000", "wang.fang"), ("10000.01", "zhao.lei"), ("50001", "wu.gang"), ("-20000", "zhao.lei")):
        case = ask("${approverFor(Decimal(amount), 'CNY', entityOf(initiator), departmentOf(initiator))}", amount=amount)
        assert asked(case) == (found, []), amount
    assert "授权矩阵：CNY 不超过 50000，法人 shenpi-sh 的岗位“财务总监”的任职人" in why(case)
    assert "names nobody for USD 1" in trouble(ask("${approverFor(1, 'USD')}"))
    assert asked(ask(expression, amount=3)) == ("wang.fang", [])


def test_a_departments_rule_counts_below_it_and_an_entitys_or_class_only_there(app: Flask) -> None:
    tree()
    allow("wu.gang", "9000", position="5")
    allow("zhao.lei", "9000", department="finance", position="5")
    allow("ma.lin", "9000", department="it", position="0")
    allow("wang.fang", "9000", expense_class="差旅", position="1")

    found = {
        place: asked(ask(f"${{approverFor(1, 'CNY', null, {place})}}"))[0] for place in ("null", "'office'", "'finance'", "'board'", "'it'")
    }
    assert found == {"null": "wu.gang", "'office'": "zhao.lei", "'finance'": "zhao.lei", "'board'": "wu.gang", "'it'": "ma.lin"}
    assert asked(ask("${approverFor(1, 'CNY', null, 'office', '差旅')}")) == ("wang.fang", [])


def test_an_approver_who_has_left_is_an_incident_and_never_the_next_one(app: Flask) -> None:
    allow("wang.fang", "100")
    allow("wu.gang", None)
    execute("UPDATE person SET active = false WHERE key = 'wang.fang'")

    assert "nobody found by" in trouble(ask("${approverFor(1, 'CNY')}"))


def test_the_one_who_did_a_step_is_asked_again_and_those_who_acted_are_left_out(app: Flask) -> None:
    deploy(
        drawing(
            BEGIN, human("first", "wang.fang"), human("again", "${performerOf('first')}"),
            node("userTask", "fresh", camunda_candidateUsers="${notInvolved(['li.na', 'wang.fang', 'zhao.lei', 'wu.gang'])}"), END,
            path("start", "first", "again", "fresh", "end"),
        )
    )  # fmt: skip
    step = decide(task_of(start()), by="wang.fang")
    case = step.case.id
    assert asked(case, "again") == ("wang.fang", [])
    assert why(case, element="again") == "办理过“first”的人"

    decide(task_of(step, "again"), by="wang.fang")
    assert asked(case, "fresh") == (None, ["wu.gang", "zhao.lei"])
    assert why(case, element="fresh") == "候选：未参与过本流程的人"


def test_everybody_of_a_countersignature_has_acted_and_its_last_signer_performed_it(app: Flask) -> None:
    both = human("sign", "${person}").replace(
        "</userTask>", instances(collection="${['wang.fang', 'zhao.lei']}", element="person", sequential=True) + "</userTask>"
    )
    deploy(
        drawing(
            BEGIN, both, human("again", "${performerOf('sign')}"), human("fresh", "${notInvolved('zhao.lei,wang.fang, wu.gang')}"), END,
            path("start", "sign", "again", "fresh", "end"),
        )
    )  # fmt: skip
    step = decide(task_of(start()), by="wang.fang")
    step = decide(task_of(step), by="zhao.lei")
    assert asked(step.case.id, "again") == ("zhao.lei", [])

    step = decide(task_of(step), by="zhao.lei")
    assert asked(step.case.id, "fresh") == ("wu.gang", [])


def test_who_performed_a_step_and_has_left_is_nobody(app: Flask) -> None:
    steps = (human("first"), human("middle", "zhao.lei"), human("again", "${performerOf('first')}"))
    deploy(drawing(BEGIN, *steps, END, path("start", "first", "middle", "again", "end")))
    step = decide(task_of(start()), by="wang.fang")
    execute("UPDATE person SET active = false WHERE key = 'wang.fang'")

    decide(task_of(step), by="zhao.lei")
    assert "wang.fang is nobody who works here" in trouble(step.case.id)


def test_members_of_a_group_and_the_place_of_a_person_can_be_asked_for(app: Flask) -> None:
    assert asked(ask("${notInvolved(membersOf('finance'))}")) == ("zhao.lei", [])
    assert (
        asked(ask("${'wang.fang' if departmentOf(initiator) == 'office' and entityOf(initiator) == 'shenpi-sh' else 'wu.gang'}"))[0]
        == "wang.fang"
    )
    assert asked(ask("${'wu.gang' if departmentOf('nobody') == null else 'li.na'}"))[0] == "wu.gang"


def test_a_group_that_is_inactive_gets_no_new_work(app: Flask) -> None:
    execute("UPDATE \"group\" SET active = false WHERE key = 'directors'")

    assert "nobody is among directors" in trouble(ask("directors", "camunda_candidateGroups"))
    assert "there is no group directors" in trouble(ask("${membersOf('directors')}"))


MISWRITTEN = (
    "${superior(initiator)}",
    "${superior()}",
    "${holdersOf()}",
    "${holdersOf('a', 'b', 'c')}",
    "${approverFor(1)}",
    "${approverFor(1,'C',1,1,1,1)}",
    "${performerOf()}",
    "${notInvolved('a', 'b')}",
    "${bossOf(initiator)}",
    "${superior(person=initiator)}",
)


def test_an_unknown_function_or_a_wrong_number_of_arguments_is_a_fault_at_deployment(app: Flask) -> None:
    for expression in MISWRITTEN:
        xml = drawing(BEGIN, node("userTask", "a", camunda_candidateUsers=expression), END, path("start", "a", "end"))
        with pytest.raises(InvalidDefinition) as refused, transaction() as session:
            definitions.deploy(session, {"p.bpmn": xml}, by=None)
        assert {fault.element for fault in refused.value.faults} == {"a"}, expression


def test_the_functions_can_be_asked_only_where_people_are_assigned(app: Flask) -> None:
    script = node("scriptTask", "s", "<script>boss = superior('li.na', 1)</script>")
    deploy(drawing(START, script, END, path("start", "s", "end")))

    assert "can be asked only where people are assigned" in trouble(start().case.id)
