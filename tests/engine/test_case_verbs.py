"""What is done to a whole case: withdrawn and revoked by policy, copied, urged, commented, put elsewhere or ended by two administrators."""

from uuid import UUID

import pytest
from approvals_support import act, decide, open_tasks, prove, status, task
from drawings import END, START, drawing, human, node, path, sub
from engine_support import advance, deploy, execute, queued, rows, start
from flask import Flask
from tests_support import person

from engine import copies, instances, interventions, jobs, tasks
from engine.database import transaction
from engine.errors import InstanceEnded, InvalidVariables, NotFound, NotPermitted, Refused, TooSoon
from engine.permissions import may_read_instance

ROW = (START, human("a"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))


def case_of(**attributes: str) -> UUID:
    deploy(drawing(*ROW, **attributes))
    return start().case.id


@pytest.mark.parametrize(("policy", "before", "after"), [("always", True, True), ("undecided", True, False), ("never", False, False)])
def test_an_initiator_withdraws_as_long_as_the_drawing_lets_her(app: Flask, policy: str, before: bool, after: bool) -> None:
    for decided, allowed in ((False, before), (True, after)):
        case = case_of(shenpi_withdraw=policy)
        if decided:
            decide(case, "a", "wang.fang")
        if allowed:
            act(instances.withdraw, case, by="li.na", reason="填错了")
            assert status(case)[0] == "withdrawn"
        else:
            with pytest.raises(Refused):
                act(instances.withdraw, case, by="li.na")
        prove(case)


def test_what_passed_is_revoked_by_its_initiator_and_never_opened_again(app: Flask) -> None:
    case = case_of(shenpi_revoke="initiator")
    with pytest.raises(Refused, match="has not passed"):
        act(instances.revoke, case, by="li.na", reason="合同取消")
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    child = act(instances.start, "p", by="li.na", parent_id=case).case.id
    with pytest.raises(NotPermitted):
        act(instances.revoke, case, by="wang.fang", reason="合同取消")
    with pytest.raises(Refused, match="reason"):
        act(instances.revoke, case, by="li.na", reason=" ")

    act(instances.revoke, case, by="li.na", reason="合同取消")
    assert (status(case)[0], status(child)[0]) == ("revoked", "terminated")
    with pytest.raises(Refused, match="has not passed"):
        act(instances.revoke, case, by="li.na", reason="再次")
    prove(case)
    prove(child)


def test_what_is_archived_is_not_revoked(app: Flask) -> None:
    case = case_of(shenpi_revoke="initiator")
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    child = act(instances.start, "p", by="li.na", parent_id=case).case.id
    decide(child, "a", "wang.fang")
    decide(child, "b", "zhao.lei")
    with pytest.raises(Refused, match="archived"):
        act(instances.revoke, case, by="li.na", reason="合同取消")
    assert status(case) == ("completed", None)


def test_where_the_drawing_does_not_say_so_nothing_is_revoked(app: Flask) -> None:
    case = case_of()
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    with pytest.raises(NotPermitted):
        act(instances.revoke, case, by="li.na", reason="合同取消")


# --- copies


def test_a_copy_lets_somebody_read_a_case_and_says_when_she_did(app: Flask) -> None:
    case = case_of()
    with transaction() as session:
        assert not may_read_instance(session, person("qian.yi"), case)
    act(copies.send_by_hand, case, by="li.na", to=["qian.yi", "chen.jing"])
    with transaction() as session:
        assert may_read_instance(session, person("qian.yi"), case)
        assert copies.mark_read(session, case, by=person("qian.yi"))
        assert not copies.mark_read(session, case, by=person("qian.yi"))
    read = {
        row.person: row.read_at is not None
        for row in rows("SELECT person, read_at FROM instance_copy WHERE instance_id = :case", case=case)
    }
    assert read == {"qian.yi": True, "chen.jing": False}
    assert queued(jobs.NOTICE)[0]["people"] == ["chen.jing", "qian.yi"]
    prove(case)


def test_who_may_not_read_a_case_sends_no_copy_and_nobody_unknown_gets_one(app: Flask) -> None:
    case = case_of()
    with pytest.raises(NotFound):
        act(copies.send_by_hand, case, by="qian.yi", to=["qian.yi"])
    with pytest.raises(NotFound):
        act(copies.send_by_hand, case, by="li.na", to=["li.na", "nobody"])
    assert not rows("SELECT 1 FROM instance_copy")


def test_a_drawing_sends_copies_when_a_step_is_decided_to_persons_and_groups(app: Flask) -> None:
    deploy(
        drawing(
            START,
            human("a", shenpi_copies="sun.mei,finance"),
            human("b", "zhao.lei", shenpi_copies="${nobody.there}"),
            END,
            path("start", "a", "b", "end"),
        )
    )
    case = start().case.id
    decide(case, "a", "wang.fang")
    found = {row.person for row in rows("SELECT person FROM instance_copy WHERE instance_id = :case", case=case)}
    assert {"sun.mei", "zhao.lei"} <= found
    decide(case, "b", "zhao.lei")  # a copy that is drawn wrongly holds nobody up
    assert status(case)[0] == "completed"
    prove(case)


# --- urge and comment


def test_an_urge_tells_the_people_and_comes_again_only_after_a_while(app: Flask) -> None:
    case = case_of()
    act(tasks.urge, task(case, "a"), by="li.na", reason="今天要付款")
    assert (queued(jobs.NOTICE)[0]["people"], queued(jobs.NOTICE)[0]["text"]) == (["wang.fang"], "今天要付款")
    with pytest.raises(TooSoon) as caught:
        act(tasks.urge, task(case, "a"), by="li.na")
    assert 0 < caught.value.facts["seconds"] <= 1800
    advance(1801)
    act(tasks.urge, task(case, "a"), by="li.na")
    with pytest.raises(NotFound):
        act(tasks.urge, task(case, "a"), by="qian.yi")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_a_comment_changes_nothing_and_stands_in_the_record(app: Flask) -> None:
    case = case_of()
    act(tasks.comment, case, by="wang.fang", said="请补充合同编号", to=("li.na",))
    assert queued(jobs.NOTICE)[0]["people"] == ["li.na"]
    for said in ("", " ", "长" * 2001):
        with pytest.raises(InvalidVariables):
            act(tasks.comment, case, by="wang.fang", said=said)
    with pytest.raises(NotFound):
        act(tasks.comment, case, by="wang.fang", said="好", to=("nobody",))
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


# --- two administrators


@pytest.fixture
def second(app: Flask) -> None:
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'")


def ask(case: UUID, kind: str, element: str | None = None, by: str = "ma.lin") -> UUID:
    with transaction() as session:
        return interventions.ask(session, case, by=person(by), kind=kind, element=element, reason="流程卡住").id


@pytest.mark.parametrize("to", ["a", "b", "inner"])
def test_a_jump_takes_two_and_leads_to_any_step(second: None, to: str) -> None:
    deploy(
        drawing(START, human("a"), sub("s", node("startEvent", "s0"), human("inner", "wu.gang"), node("endEvent", "s1"), path("s0", "inner", "s1")),
                human("b", "zhao.lei"), END, path("start", "a", "s", "b", "end"))
    )  # fmt: skip
    case = start().case.id
    decide(case, "a", "wang.fang")
    asked = ask(case, "jump", to)
    with pytest.raises(Refused, match="second person"):
        act(interventions.confirm, asked, by="ma.lin")
    assert open_tasks(case) == [("inner", "wu.gang")]

    act(interventions.confirm, asked, by="wu.gang")
    assert [element for element, _ in open_tasks(case)] == [to]
    with pytest.raises(Refused, match="already"):
        act(interventions.confirm, asked, by="wu.gang")
    prove(case)


def test_an_end_takes_two_and_what_is_declined_is_not_done(second: None) -> None:
    case = case_of()
    declined, asked = ask(case, "terminate"), ask(case, "terminate")
    act(interventions.decline, declined, by="ma.lin")
    with pytest.raises(Refused, match="already"):
        act(interventions.confirm, declined, by="wu.gang")
    act(interventions.confirm, asked, by="wu.gang")
    assert status(case)[0] == "terminated"
    with pytest.raises(InstanceEnded):
        ask(case, "terminate")
    prove(case)


def test_only_administrators_intervene_with_a_reason_at_a_step_that_there_is(second: None) -> None:
    case = case_of()
    with pytest.raises(NotPermitted):
        ask(case, "terminate", by="wang.fang")
    for kind, element in (("jump", "nowhere"), ("jump", None), ("jump", "start"), ("burn", None), ("terminate", "a")):
        with pytest.raises(Refused):
            ask(case, kind, element)
    with transaction() as session, pytest.raises(Refused, match="reason"):
        interventions.ask(session, case, by=person("ma.lin"), kind="terminate", reason=" ")


def test_office_systems_see_signers_copies_and_what_waits(app: Flask) -> None:
    execute("INSERT INTO oa_connection (key, name, kind, base_url, active) VALUES ('oa', 'OA', 'webhook', 'http://127.0.0.1:1', true)")
    case = case_of()
    act(tasks.add_signer, task(case, "a"), by="wang.fang", who="wu.gang", place="before")
    act(copies.send_by_hand, case, by="li.na", to=["sun.mei"])
    shots = [
        row.snapshot
        for row in rows("SELECT snapshot FROM oa_delivery WHERE instance_id = :case AND connection = 'oa' ORDER BY version", case=case)
    ]
    told = [[(one["assignee"], one["status"], one["origin"], one.get("reason")) for one in shot["tasks"]] for shot in shots]
    assert told[0] == [("wang.fang", "pending", "normal", None)]
    assert told[1] == [("wu.gang", "pending", "add_before", None), ("wang.fang", "closed", "normal", "held")]
    assert [copy["person"] for copy in shots[2]["copies"]] == ["sun.mei"]


def test_a_copy_to_more_people_than_one_step_tells_is_refused_and_not_cut(app: Flask) -> None:
    execute("""WITH g AS (INSERT INTO "group" (id, key, name) VALUES (gen_random_uuid(), 'all', 'all') RETURNING id),
                    p AS (INSERT INTO person (id, key, name) SELECT gen_random_uuid(), 'p' || n, 'p' FROM generate_series(1, 201) n RETURNING id)
               INSERT INTO group_member SELECT g.id, p.id FROM g, p""")
    case = case_of()
    with pytest.raises(Refused, match="200"):
        act(copies.send_by_hand, case, by="li.na", to=["all"])
    assert not rows("SELECT 1 FROM instance_copy")


def test_a_decision_that_was_taken_back_keeps_nobody_from_withdrawing(app: Flask) -> None:
    case = case_of(shenpi_withdraw="undecided")
    decide(case, "a", "wang.fang")
    act(tasks.take_back, task(case, "a", "wang.fang", "completed"), by="wang.fang")
    act(instances.withdraw, case, by="li.na")
    assert status(case)[0] == "withdrawn"
