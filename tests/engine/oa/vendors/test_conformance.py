"""What every connector does, against the simulator of its vendor: a to-do is there once, closes when it is decided anywhere, and a press counts once."""

from uuid import UUID

import pytest
from approvals_support import prove
from engine_support import execute, rows, value
from rehearsal_support import Rehearsal, login, only
from tests_support import person

from api.cli.company import PEOPLE
from engine import instances, tasks
from engine.database import transaction
from engine.oa.contract import InstanceSnapshot, OARequest


@pytest.fixture
def case(stage: Rehearsal) -> UUID:
    """A case that two people may decide, shown in the office system."""
    found = stage.begin()
    stage.settle()
    return found


pressing = only(lambda vendor: vendor.buttons)
#: the others have no contacts that can be read
with_contacts = only(lambda vendor: vendor.kind in ("dingtalk", "feishu", "wecom"))
#: the process centre sends no messages
with_messages = only(lambda vendor: vendor.kind != "dingtalk")


def test_a_to_do_is_shown_once_to_each_and_closes_when_it_is_decided_here(stage: Rehearsal, case: UUID) -> None:
    assert stage.differences(case) == []
    assert [len(stage.todos(key, case)) for key in ("wang.fang", "zhao.lei", "wu.gang")] == [1, 1, 0]

    stage.decide(case, "check", "wang.fang")
    stage.settle()
    assert stage.differences(case) == []
    assert [len(stage.todos(key, case)) for key in ("wang.fang", "zhao.lei", "wu.gang")] == [0, 0, 1]
    stage.decide(case, "decide", "wu.gang")
    stage.settle()
    assert stage.differences(case) == []
    assert rows("SELECT state FROM oa_delivery WHERE instance_id = :case AND state NOT IN ('sent', 'superseded')", case=case) == []


def test_the_to_do_says_what_it_is_about_and_leads_to_our_page(stage: Rehearsal, case: UUID) -> None:
    (todo,) = stage.todos("wang.fang", case)
    key = value("SELECT business_key FROM process_instance WHERE id = :case", case=case)
    task = value("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)
    said = str(todo)
    assert key in said or "演练" in said
    assert str(task) in str(todo["url"]) and str(todo["url"]).startswith(stage.url)


@pressing
def test_a_press_counts_once_and_the_other_candidate_s_to_do_closes(stage: Rehearsal, case: UUID) -> None:
    pressed = stage.press("zhao.lei", case)
    assert pressed["status"] == 200, pressed
    stage.tell(f"presses/{pressed['press']}/send")  # the very same again
    stage.settle()

    assert stage.decisions(case) == [("check", "zhao.lei")]
    assert stage.differences(case) == []
    decided = rows("SELECT body FROM history_event WHERE instance_id = :case AND type = 'task:completed'", case=case)
    assert len(decided) == 1 and f"oa:{stage.key}".encode() in bytes(decided[0].body)
    prove(case)


@pressing
def test_a_rejection_in_the_office_system_brings_its_reason_along(stage: Rehearsal, case: UUID) -> None:
    stage.press("wang.fang", case, "reject", reason="发票抬头不对")
    stage.settle()

    row = rows("SELECT outcome, comment, decided_by FROM user_task WHERE instance_id = :case AND element = 'check'", case=case)[0]
    assert (row.outcome, row.comment, row.decided_by) == ("reject", "发票抬头不对" if stage.vendor.reasons else "", "wang.fang")
    assert stage.differences(case) == []


@pressing
def test_a_late_press_is_answered_kindly_and_changes_nothing(stage: Rehearsal, case: UUID) -> None:
    (todo,) = stage.todos("wang.fang", case)
    stage.decide(case, "check", "zhao.lei")  # and before it is pushed
    pressed = stage.press_on(todo, "wang.fang", "reject", "不同意")
    assert not stage.vendor.words or "赵蕾" in str(pressed["answer"]), "who decided what"
    stage.settle()

    assert stage.decisions(case) == [("check", "zhao.lei")]
    assert stage.differences(case) == []
    assert value("SELECT count(*) FROM oa_message WHERE state = 'ignored' AND connection = :key", key=stage.key) >= 1


@pressing
def test_nobody_presses_for_somebody_else(stage: Rehearsal, case: UUID) -> None:
    stage.press("wang.fang", case, **{"as": stage.remote("qian.yi")})
    stage.settle()

    assert stage.decisions(case) == []
    assert stage.differences(case) == []


@pressing
def test_an_old_card_does_not_count_after_a_transfer(stage: Rehearsal, case: UUID) -> None:
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    (todo,) = stage.todos("wu.gang", case)
    with transaction() as session:
        task = rows("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)[0].id
        tasks.transfer(session, UUID(str(task)), by=person("wu.gang"), to="chen.jing", reason="出差")
    stage.press_on(todo, "wu.gang")
    stage.settle()

    assert stage.decisions(case) == [("check", "wang.fang")]
    assert stage.differences(case) == []
    assert len(stage.todos("chen.jing", case)) == 1


def test_a_withdrawn_case_leaves_no_card(stage: Rehearsal, case: UUID) -> None:
    with transaction() as session:
        instances.withdraw(session, case, by=person("li.na"), reason="重复提交")
    stage.settle()
    assert stage.differences(case) == []
    assert stage.todos("wang.fang", case) == []


def test_who_left_her_group_before_it_was_decided_keeps_no_card(stage: Rehearsal, case: UUID) -> None:
    execute("UPDATE candidate SET name = 'chen.jing' WHERE name = 'zhao.lei'")
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    assert stage.todos("zhao.lei", case) == []


def test_somebody_without_a_mapping_holds_her_to_do_visibly_and_nothing_else(stage: Rehearsal) -> None:
    mapped = rows(
        "DELETE FROM oa_identity USING person p WHERE p.id = person_id AND p.key = 'zhao.lei' RETURNING connection, id_type, remote_id, person_id"
    )
    try:
        case = stage.begin()
        stage.settle()
        assert len(stage.todos("wang.fang", case)) == 1
        held = rows("SELECT person, message FROM oa_hold WHERE connection = :key AND instance_id = :case", key=stage.key, case=case)
        assert [one.person for one in held] == ["zhao.lei"] and held[0].message
        stage.decide(case, "check", "zhao.lei")  # on our own page
        stage.settle()
        assert stage.todos("wang.fang", case) == []
        assert len(stage.todos("wu.gang", case)) == 1
        assert rows("SELECT 1 FROM oa_hold WHERE instance_id = :case", case=case) == []
    finally:
        for row in mapped:
            execute("INSERT INTO oa_identity (connection, id_type, remote_id, person_id) VALUES (:c, :t, :r, :p)",
                    c=row.connection, t=row.id_type, r=row.remote_id, p=row.person_id)  # fmt: skip


def test_somebody_the_office_system_does_not_know_holds_only_her_own_to_do(stage: Rehearsal) -> None:
    key, first = stage.key, stage.vendor.ids
    for id_type in first:
        execute("UPDATE oa_identity SET remote_id = remote_id || '-gone' FROM person p WHERE p.id = person_id AND p.key = 'zhao.lei' AND connection = :key "
                "AND id_type = :t", key=key, t=id_type)  # fmt: skip
    try:
        case = stage.begin()
        stage.settle()
        assert len(stage.todos("wang.fang", case)) == 1
        held = rows("SELECT person FROM oa_hold WHERE connection = :key AND instance_id = :case", key=key, case=case)
        assert [one.person for one in held] == ["zhao.lei"]
    finally:
        execute("UPDATE oa_identity SET remote_id = replace(remote_id, '-gone', '') WHERE connection = :key", key=key)


@with_messages
def test_who_is_to_be_told_is_told_and_somebody_unknown_keeps_nobody_from_it(stage: Rehearsal, case: UUID) -> None:
    connector = stage.connector()
    told = {"users": ["wang.fang", "nobody.at.all"], "kind": "urge", "title": "演练", "text": "请尽快处理", "instanceKey": str(case)}
    for _ in range(2):
        receipt = connector.call(OARequest("oa.notify", f"urge-{case}", told))
        assert [(item.key, item.ok) for item in receipt.items] == [("wang.fang", True), ("nobody.at.all", False)]
    assert stage.differences(case) == [], "a message is no to-do"


def test_what_is_noted_of_a_call_shows_no_secret_and_no_token(stage: Rehearsal, case: UUID) -> None:
    noted = rows("SELECT request, answer FROM oa_exchange WHERE connection = :key", key=stage.key)
    assert noted
    said = "\n".join(f"{row.request}\n{row.answer}" for row in noted)
    for secret in stage.vendor.credentials.values():
        assert secret not in said
    tokens = rows("SELECT sealed FROM oa_token WHERE connection = :key", key=stage.key)
    assert all(b"token" not in bytes(row.sealed) for row in tokens)


def test_a_snapshot_survives_its_form_as_json(stage: Rehearsal, case: UUID) -> None:
    pushed: list[InstanceSnapshot] = []
    connector = stage.connector()
    push = connector.push
    snapshot = stage.snapshot(case)
    pushed.append(snapshot)
    assert InstanceSnapshot.from_json(snapshot.as_json()) == snapshot
    again = push(snapshot, snapshot)
    assert all(item.ok for item in again.items), "a push is safe to repeat"
    assert stage.differences(case) == []


def test_its_health_is_told_and_tells_a_wrong_secret(stage: Rehearsal) -> None:
    assert stage.connector().health().ok, stage.connector().health().detail
    if stage.vendor.authenticates:
        kept = value("SELECT credentials FROM oa_connection WHERE key = :key", key=stage.key)
        stage.credentials(dict.fromkeys(stage.vendor.credentials, "mistyped-by-somebody"))
        execute("DELETE FROM oa_token")
        stage.tell("faults", revoke=1)
        found = stage.connector().health()
        execute("UPDATE oa_connection SET credentials = :kept WHERE key = :key", kept=kept, key=stage.key)
        assert not found.ok and found.detail
        assert "mistyped" not in found.detail


@with_contacts
def test_its_contacts_are_everybody_once_with_their_ids(stage: Rehearsal) -> None:
    connector = stage.connector()
    people = list(connector.people())
    assert sorted(one.name for one in people) == sorted(one.name for one in PEOPLE)
    for one in people:
        assert set(one.ids) <= set(stage.vendor.ids) and one.active
    assert {one.ids[next(iter(stage.vendor.ids))] for one in people} >= {login("wang.fang"), login("wu.gang")}
    assert [one.name for one in connector.departments()] == ["总部"]
