"""Separation of duties: what a drawing and the company keep apart, and the exceptions that two people make together."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from drawings import END, START, drawing, human, node, path, sub
from engine_support import deploy, execute, start, take_all
from flask import Flask
from sqlalchemy.orm import Session
from tests_support import person

from engine import definitions, jobs
from engine.bpmn.model import Element
from engine.database import transaction
from engine.duties import Violation, overrides, require, rules, violations
from engine.errors import Conflict, Duplicate, DutyConflict, InvalidDefinition, InvalidVariables, NotFound, NotPermitted, Refused
from engine.organisation.involved import deciders_of

PAYMENT = drawing(
    START, human("prepare", "li.na", shenpi_outcomes="done"), human("check"),
    human("sign", "zhao.lei", shenpi_notBy="initiator, check"), human("pay", "wu.gang"), END,
    path("start", "prepare", "check", "sign", "pay", "end"), key="payment",
)  # fmt: skip


def element(identity: str) -> Element:
    with transaction() as session:
        return definitions.latest(session, "payment").model.elements[identity]


def broken(identity: str, who: str, **more: Any) -> list[str]:
    """Return in which words somebody may not do something."""
    return [one.en for one in found(identity, who, **more)]


def found(identity: str, who: str, **more: Any) -> list[Violation]:
    at = element(identity)
    values: dict[str, Any] = {"initiator": "li.na", "deciders": {}, "groups": person(who).groups} | more
    with transaction() as session:
        return violations(session, definition_key="payment", element=at, person=who, **values)


def rule(**values: Any) -> UUID:
    with transaction() as session:
        return rules.add(session, {"reason": "内控手册 3.2"} | values, by="ma.lin").id


def faults(**values: Any) -> set[str | None]:
    with pytest.raises(InvalidVariables) as refused:
        rule(**values)
    return {fault.path for fault in refused.value.faults}


@pytest.fixture
def payment(app: Flask) -> None:
    deploy(PAYMENT)


def test_a_drawing_keeps_the_initiator_and_an_earlier_signer_from_a_task(payment: None) -> None:
    assert broken("sign", "li.na") == ["the initiator must not do it"]
    assert broken("sign", "wang.fang", deciders={"check": ["wang.fang"]}) == ["she decided check already"]
    assert broken("sign", "zhao.lei", deciders={"check": ["wang.fang"]}) == []
    assert broken("check", "li.na") == []


def test_whoever_acts_for_another_is_bound_by_the_duties_of_both(payment: None) -> None:
    assert broken("sign", "zhao.lei", on_behalf_of="li.na") == ["the initiator must not do it"]
    assert broken("sign", "li.na", on_behalf_of="zhao.lei") == ["the initiator must not do it"]
    assert broken("sign", "wu.gang", on_behalf_of="zhao.lei", deciders={"check": ["wu.gang"]}) == ["she decided check already"]


def test_a_drawing_that_names_no_other_user_task_is_refused_at_its_line(app: Flask) -> None:
    for names in ("nobody", "initiator sign", "start", "check,nothing"):
        xml = drawing(START, human("check"), human("sign", shenpi_notBy=names), END, path("start", "check", "sign", "end"))
        with pytest.raises(InvalidDefinition) as refused, transaction() as session:
            definitions.deploy(session, {"p.bpmn": xml}, by=None)
        assert {(fault.code, fault.element) for fault in refused.value.faults} == {("duty-unknown", "sign")}


def test_a_drawing_that_keeps_people_from_what_no_person_does_is_refused(app: Flask) -> None:
    xml = drawing(START, node("scriptTask", "s", "<script>a = 1</script>", shenpi_notBy="initiator"), END, path("start", "s", "end"))

    with pytest.raises(InvalidDefinition) as refused, transaction() as session:
        definitions.deploy(session, {"p.bpmn": xml}, by=None)
    assert {fault.code for fault in refused.value.faults} == {"duty-invalid"}


def test_a_task_inside_a_sub_process_can_be_named(app: Flask) -> None:
    inner = sub("inner", node("startEvent", "in"), human("check"), node("endEvent", "out"), path("in", "check", "out"))
    deploy(drawing(START, inner, human("sign", shenpi_notBy="check"), END, path("start", "inner", "sign", "end")))


def test_nobody_approves_what_she_began_but_may_complete_it(payment: None) -> None:
    rule(kind="initiator")

    assert broken("check", "li.na") == ["nobody approves what she began"]
    assert broken("prepare", "li.na") == [], "preparing is no approval"
    assert broken("check", "wang.fang") == []


def test_a_rule_for_one_process_leaves_others_alone(payment: None) -> None:
    deploy(drawing(START, human("a"), END, path("start", "a", "end"), key="leave"))
    rule(kind="initiator", definition_key="leave")

    assert broken("check", "li.na") == []


def test_nobody_signs_twice_where_two_must(payment: None) -> None:
    rule(kind="elements", definition_key="payment", element="check", other_element="pay")

    assert broken("pay", "wang.fang", deciders={"check": ("zhao.lei", "wang.fang")}) == ["she decided check already"]
    assert broken("check", "wu.gang", deciders={"pay": ["wu.gang"]}) == ["she decided pay already"]
    assert broken("pay", "wu.gang", deciders={"check": ["wang.fang"], "pay": ["wu.gang"]}) == []


def test_members_of_a_group_are_kept_from_a_process_or_one_task_of_it(payment: None) -> None:
    first = rule(kind="group-task", group="finance", definition_key="payment", element="pay")
    assert broken("pay", "zhao.lei") == ["members of finance do not do this"]
    assert broken("check", "zhao.lei") == []

    with transaction() as session:
        rules.end(session, first, by="ma.lin")
    assert broken("pay", "zhao.lei") == []
    rule(kind="group-task", group="finance", definition_key="payment")
    assert broken("check", "zhao.lei") == ["members of finance do not do this"]


def test_people_in_two_groups_that_are_kept_apart_are_listed_and_nothing_stops(payment: None) -> None:
    rule(kind="groups", group="finance", other_group="archivists")
    with transaction() as session:
        assert rules.conflicts(session) == []
    execute("INSERT INTO group_member SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'archivists' AND p.key = 'zhao.lei'")

    with transaction() as session:
        (one,) = rules.conflicts(session)
    assert (one.person, one.name, one.group, one.other_group, one.reason) == ("zhao.lei", "赵蕾", "财务", "档案员", "内控手册 3.2")
    assert broken("pay", "zhao.lei") == []
    execute("UPDATE person SET active = false WHERE key = 'zhao.lei'")
    with transaction() as session:
        assert rules.conflicts(session) == []


def test_a_rule_that_could_never_bind_is_refused_with_every_fault_at_its_field(payment: None) -> None:
    assert faults(kind="nothing") == {"kind"}
    assert faults(kind="initiator", definition_key="nothing", reason=" ") == {"processDefinitionKey", "reason"}
    assert faults(kind="elements") == {"processDefinitionKey", "element", "otherElement"}
    assert faults(kind="elements", definition_key="payment", element="start", other_element="nothing") == {"element", "otherElement"}
    assert faults(kind="elements", definition_key="payment", element="pay", other_element="pay") == {"otherElement"}
    assert faults(kind="group-task", group="nobody") == {"group", "processDefinitionKey"}
    assert faults(kind="groups", group="finance", other_group="finance") == {"otherGroup"}


def test_nothing_is_asked_of_the_database_at_an_act_while_there_are_no_rules(payment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    at = element("check")
    assert found("check", "li.na") == []
    with transaction() as session:
        bind = session.get_bind()
        monkeypatch.setattr(Session, "execute", None)
        monkeypatch.setattr(Session, "scalars", None)
        assert violations(session, definition_key="payment", element=at, person="li.na", initiator="li.na", deciders={}, groups=()) == []
        assert session.get_bind() is bind


def test_deciders_are_read_from_decisions_with_those_they_acted_for() -> None:
    decisions = {
        "check": {"by": "zhao.lei", "onBehalfOf": "wang.fang"}, "sign": [{"by": "wu.gang", "onBehalfOf": None}, {"by": "li.na"}, {"by": "wu.gang"}],
        "odd": 5, "none": {"by": None}, "list": [3, None],
    }  # fmt: skip

    assert deciders_of(decisions) == {"check": ("zhao.lei", "wang.fang"), "sign": ("wu.gang", "li.na")}
    assert deciders_of(None) == deciders_of([]) == deciders_of("x") == {}


# --- exceptions


def held(case: UUID, who: str = "li.na", identity: str = "sign") -> list[Violation]:
    at = element(identity)
    with transaction() as session:
        return require(
            session, instance=case, definition_key="payment", element=at, person=who, initiator="li.na", deciders={}, groups=person(who).groups
        )  # fmt: skip


def ask(case: UUID, by: str = "wang.fang", **more: Any) -> UUID:
    values = {"rule": "notBy:initiator", "person": "li.na", "element": "sign", "reason": "其他人都在休假"} | more
    with transaction() as session:
        return overrides.ask(session, case, by=person(by), **values).id


def settle(override: UUID, by: str = "ma.lin", approve: bool = True) -> None:
    with transaction() as session:
        overrides.settle(session, override, by=person(by), approve=approve, note="同意")


@pytest.fixture
def case(payment: None) -> UUID:
    found: UUID = start("payment").case.id
    execute("UPDATE user_task SET assignee = 'wang.fang' WHERE instance_id = :case", case=found)
    return found


def test_a_broken_rule_is_refused_with_its_facts(case: UUID) -> None:
    with pytest.raises(DutyConflict) as refused:
        held(case)

    facts = refused.value.facts
    assert (facts["rule"], facts["person"], facts["element"]) == ("notBy:initiator", "li.na", "sign")
    assert "发起人不能办理" in refused.value.say("zh")
    assert not isinstance(refused.value, Conflict)
    assert held(case, "zhao.lei") == []


def test_an_exception_counts_only_when_a_second_person_approved_it_in_this_case_for_this_person(case: UUID) -> None:
    exception = ask(case)
    with pytest.raises(DutyConflict):
        held(case)

    settle(exception)
    assert [one.rule for one in held(case)] == ["notBy:initiator"], "the record can say by which exception"
    with pytest.raises(DutyConflict):
        held(start("payment").case.id)
    with transaction() as session:
        (row, key, _definition) = overrides.overrides(session)[0]
        assert (row.asked_by, row.settled_by, row.reason, row.note, row.state) == (
            "wang.fang",
            "ma.lin",
            "其他人都在休假",
            "同意",
            "approved",
        )
        assert key.startswith("CASE-")


def test_who_may_settle_an_exception_is_told_that_it_waits_and_who_asked_what_became_of_it(case: UUID) -> None:
    exception = ask(case)
    (waits,) = take_all(jobs.NOTICE)
    assert (waits["kind"], waits["people"], waits["instance"]) == ("exception", ["ma.lin"], str(case)) and "其他人都在休假" in waits["text"]
    settle(exception)
    (settled,) = take_all(jobs.NOTICE)
    assert settled["people"] == ["li.na", "wang.fang"] and "马琳批准了例外" in settled["text"]


def test_a_refused_exception_allows_nothing_and_may_be_asked_for_again(case: UUID) -> None:
    settle(ask(case), approve=False)

    with pytest.raises(DutyConflict):
        held(case)
    again = ask(case)
    with pytest.raises(Duplicate):
        ask(case)
    settle(again)
    with pytest.raises(Refused):
        settle(again, approve=False)
    with pytest.raises(Duplicate):
        ask(case)


def test_nobody_approves_her_own_exception(case: UUID) -> None:
    own = ask(case, by="ma.lin")
    with pytest.raises(Refused):
        settle(own, by="ma.lin")
    execute("UPDATE duty_override SET asked_by = 'wang.fang', person = 'ma.lin'")
    with pytest.raises(Refused):
        settle(own, by="ma.lin")
    with pytest.raises(NotPermitted):
        settle(own, by="wang.fang")
    with pytest.raises(NotFound):
        settle(uuid4())


def test_an_exception_must_be_about_something_that_is_there(case: UUID) -> None:
    company = rule(kind="initiator")
    with pytest.raises(NotFound):
        ask(case, by="qian.yi")
    for more, path_ in (
        ({"rule": "notBy:pay"}, "rule"), ({"rule": "x"}, "rule"), ({"rule": str(uuid4())}, "rule"), ({"person": "nobody"}, "person"),
        ({"reason": " "}, "reason"),
    ):  # fmt: skip
        with pytest.raises(InvalidVariables) as refused:
            ask(case, **more)
        assert [fault.path for fault in refused.value.faults] == [path_]
    assert ask(case, rule=str(company))
    execute("UPDATE process_instance SET status = 'withdrawn' WHERE id = :case", case=case)
    with pytest.raises(Refused):
        ask(case)
