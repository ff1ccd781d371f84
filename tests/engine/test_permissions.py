"""Who may do what: roles give permissions, scopes take away, and a task gives rights to those it asks."""

from typing import Any

import pytest
from drawings import END, START, drawing, node, path
from engine_support import decide, deploy, execute, start, task_of
from flask import Flask
from tests_support import person

from engine import tasks
from engine.database import transaction
from engine.errors import NotFound, NotPermitted
from engine.permissions import PERMISSIONS, SYSTEM, Actor, allows, load_actor, may_read_instance, may_work_on, require, require_instance
from models.identity import ROLES

EVERYBODY = {
    "instance.read", "instance.withdraw", "task.work", "history.read", "invoice.read", "definition.read", "people.read", "token.manage",
    "substitution.own", "duty.ask",
}  # fmt: skip
GIVEN = {
    "initiator": {"instance.start", "invoice.upload"},
    "approver": set(),
    "finance": {"invoice.upload", "invoice.read_all", "authority.read"},
    "archivist": {"invoice.read_all", "archive.read"},
    "auditor": {
        "instance.read_all", "history.verify", "invoice.read_all", "archive.read", "authority.read", "substitution.read_all", "duty.read",
    },
    "designer": {"definition.deploy"},
    "operator": {
        "instance.read_all", "incident.read", "incident.resolve", "instance.suspend", "definition.suspend", "message.send", "message.read",
        "instance.intervene",
    },
    "administrator": {
        "instance.start", "instance.read_all", "history.verify", "invoice.upload", "invoice.read_all", "archive.read", "definition.deploy", "incident.read",
        "incident.resolve", "instance.intervene", "instance.confirm", "people.manage",
        "task.hand_over", "instance.suspend", "definition.suspend", "message.send", "message.read",
        "authority.read", "authority.manage", "connection.manage", "substitution.read_all", "substitution.manage", "duty.read", "duty.manage", "duty.override",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gives_what_the_table_says_and_no_more(role: str) -> None:
    actor = Actor("x", "X", roles=frozenset({role}))

    assert {permission for permission in PERMISSIONS if allows(actor, permission)} == EVERYBODY | GIVEN[role]


def test_somebody_without_a_role_has_what_everybody_has() -> None:
    assert {permission for permission in PERMISSIONS if allows(Actor("x", "X"), permission)} == EVERYBODY


def test_scopes_only_take_away() -> None:
    for scope in PERMISSIONS:
        actor = Actor("x", "X", roles=frozenset({"designer"}), scopes=frozenset({scope}))
        allowed = {permission for permission in PERMISSIONS if allows(actor, permission)}
        assert allowed == {scope} & (EVERYBODY | GIVEN["designer"])


def test_the_system_may_everything_and_an_unknown_permission_is_a_fault_of_ours() -> None:
    assert all(allows(SYSTEM, permission) for permission in PERMISSIONS)
    with pytest.raises(KeyError):
        allows(SYSTEM, "no.such")
    with pytest.raises(NotPermitted):
        require(Actor("x", "X"), "people.manage")


@pytest.mark.parametrize(
    ("task", "may"),
    [
        ({"assignee": "x", "users": [], "groups": []}, True), ({"assignee": "y", "users": ["x"], "groups": ["g"]}, False),
        ({"assignee": None, "users": ["x"], "groups": []}, True), ({"assignee": None, "users": [], "groups": ["g"]}, True),
        ({"assignee": None, "users": ["y"], "groups": ["h"]}, False), ({"assignee": None, "users": [], "groups": []}, False),
    ],
)  # fmt: skip
def test_a_task_is_its_assignees_or_its_candidates(task: dict[str, Any], may: bool) -> None:
    assert may_work_on(Actor("x", "X", groups=frozenset({"g"})), task) is may


def test_a_case_is_known_to_those_it_was_asked_of_and_stays_known(app: Flask) -> None:
    deploy(
        drawing(
            START,
            node("userTask", "a", camunda_candidateGroups="finance", camunda_candidateUsers="wu.gang"),
            END,
            path("start", "a", "end"),
        )
    )
    step = start()

    def known() -> set[str]:
        with transaction() as session:
            cast = ("li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing", "sun.mei", "zheng.hao", "ma.lin", "qian.yi")
            return {key for key in cast if may_read_instance(session, person(key), step.case.id)}

    assert known() == {"li.na", "zhao.lei", "wu.gang", "sun.mei", "ma.lin"}
    with transaction() as session:
        tasks.transfer(session, task_of(step), by=person("wu.gang"), to="zheng.hao")
    assert known() == {"li.na", "zhao.lei", "wu.gang", "zheng.hao", "sun.mei", "ma.lin"}
    decide(task_of(step), by="zheng.hao")
    assert known() == {"li.na", "zhao.lei", "wu.gang", "zheng.hao", "sun.mei", "ma.lin"}
    with pytest.raises(NotFound), transaction() as session:
        require_instance(session, person("qian.yi"), step.case.id)


def test_a_picture_shows_roles_and_groups_of_an_active_person(app: Flask) -> None:
    with transaction() as session:
        zhao = load_actor(session, "zhao.lei")
    assert zhao is not None
    assert (zhao.name, zhao.department, zhao.groups, zhao.roles) == ("赵蕾", "财务部", {"finance"}, {"approver", "finance"})

    execute("UPDATE person SET active = false WHERE key = 'zhao.lei'")
    with transaction() as session:
        assert load_actor(session, "zhao.lei") is None
        assert load_actor(session, "") is None
