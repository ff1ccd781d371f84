"""Verbs that meet: a signer who hands on, a return while delegated, a vote with a seat more, what was decided before a return. Each failed once."""

from typing import Any
from uuid import UUID

import pytest
from approvals_support import act, decide, open_or_over, open_tasks, prove, status, task, why_closed
from drawings import END, START, boundary, drawing, gateway, human, instances, loop, node, path, sub, timer, whole
from engine_support import advance, deploy, execute, rows, start, take_all
from flask import Flask
from tests_support import person

from engine import attachments, incidents, interventions, jobs, suspension, tasks, timers, worker
from engine.database import transaction
from engine.errors import NotPermitted, Refused
from engine.step import peek

OWN = node("startEvent", "start", camunda_initiator="initiator")
ROW = (START, human("a"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))


def case_of(*parts: str, **variables: Any) -> UUID:
    deploy(drawing(*(parts or ROW)))
    return start(**variables).case.id


def jump(case: UUID, to: str) -> None:
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang' ON CONFLICT DO NOTHING")
    with transaction() as session:
        asked = interventions.ask(session, case, by=person("ma.lin"), kind="jump", element=to, reason="卡住").id
    act(interventions.confirm, asked, by="wu.gang")


def pass_time() -> None:
    advance(3700)
    with transaction() as session:
        timers.enqueue_due(session)
    for job in take_all(jobs.TIMERS):
        worker.fire(**job)


def sign(case: UUID, by: str, who: str, place: str, element: str = "a", state: str = "open") -> UUID:
    act(tasks.add_signer, task(case, element, by, state), by=by, who=who, place=place)
    return task(case, element, who, "held" if place == "after" else "open")


# --- signers


@pytest.mark.parametrize("verb", [tasks.transfer, tasks.delegate])
def test_a_task_waits_for_a_signer_before_it_although_she_hands_hers_on(app: Flask, verb: Any) -> None:
    case = case_of()
    signer = sign(case, "wang.fang", "wu.gang", "before")
    other = task(case, "a", "wang.fang", "held")
    act(tasks.add_signer, other, by="wang.fang", who="chen.jing", place="before")
    act(verb, signer, by="wu.gang", to="sun.mei")
    if verb is tasks.delegate:
        act(tasks.resolve, signer, by="sun.mei")
    decide(case, "a", "chen.jing")
    assert open_tasks(case) == [("a", "sun.mei" if verb is tasks.transfer else "wu.gang")]
    decide(case, "a", open_tasks(case)[0][1])
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_who_waits_for_a_signer_who_was_taken_away_waits_for_whom_she_waited_for(app: Flask) -> None:
    case = case_of()
    first = sign(case, "wang.fang", "wu.gang", "after")
    act(tasks.add_signer, first, by="wu.gang", who="chen.jing", place="after")
    act(tasks.remove_signer, first, by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("a", "chen.jing")]
    decide(case, "a", "chen.jing")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_a_task_that_waits_for_a_signer_is_neither_handed_on_nor_claimed_nor_returned(app: Flask) -> None:
    case = case_of()
    sign(case, "wang.fang", "wu.gang", "before")
    held = task(case, "a", "wang.fang", "held")
    for verb, more in (
        (tasks.transfer, {"to": "chen.jing"}),
        (tasks.delegate, {"to": "chen.jing"}),
        (tasks.claim, {}),
        (tasks.return_to, {"to": "a"}),
    ):
        with pytest.raises(Refused, match="waits for a signer"):
            act(verb, held, by="wang.fang", **more)


def test_a_candidate_claims_a_task_with_signers_and_all_sign(app: Flask) -> None:
    case = case_of(
        START,
        node("userTask", "a", camunda_candidateUsers="wang.fang,zhao.lei"),
        human("b", "zhao.lei"),
        END,
        path("start", "a", "b", "end"),
    )
    act(tasks.add_signer, task(case, "a"), by="wang.fang", who="wu.gang", place="beside")
    open_to_all = rows("SELECT id FROM user_task WHERE instance_id = :case AND assignee IS NULL AND state = 'open'", case=case)[0].id
    act(tasks.claim, open_to_all, by="zhao.lei")
    assert sorted(open_tasks(case)) == [("a", "wu.gang"), ("a", "zhao.lei")]
    decide(case, "a", "wu.gang")
    decide(case, "a", "zhao.lei")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


# --- delegated


def test_who_is_asked_for_an_opinion_neither_returns_the_case_nor_keeps_the_task(app: Flask) -> None:
    case = case_of()
    decide(case, "a", "wang.fang")
    delegated = task(case, "b")
    act(tasks.delegate, delegated, by="zhao.lei", to="wu.gang")
    with pytest.raises(Refused, match="delegated"):
        act(tasks.return_to, delegated, by="wu.gang", to="a")
    with pytest.raises(Refused, match="already with"):
        act(tasks.transfer, delegated, by="wu.gang", to="zhao.lei")
    act(tasks.transfer, delegated, by="wu.gang", to="chen.jing")
    decide(case, "b", "chen.jing", outcome="return")
    assert open_tasks(case) == [("b", "zhao.lei")]
    decide(case, "b", "zhao.lei")
    assert status(case)[0] == "completed"
    prove(case)


def test_the_files_of_an_opinion_are_kept_with_it(app: Flask) -> None:
    case = case_of()
    act(tasks.delegate, task(case, "a"), by="wang.fang", to="wu.gang")
    with transaction() as session:
        file = attachments.store(session, by=person("wu.gang"), task_id=task(case, "a"), name="意见.txt", content=b"no objection").id
    step = decide(case, "a", "wu.gang", files=[file])
    assert [event.type for event in step.recorder.events] == ["task:resolved"]
    assert str(file).encode() in step.recorder.events[0].body
    decide(case, "a", "wang.fang")
    with transaction() as session:
        assert [one.id for one in attachments.of_instance(session, case)] == [file]
    prove(case)


# --- what was decided before the case was put back


SKIP = {"shenpi_samePerson": "skip"}


def test_who_is_asked_again_does_not_pass_by_what_she_said_before_the_return(app: Flask) -> None:
    case = case_of(START, human("x"), human("a", **SKIP), human("b", "wu.gang"), human("c", "wu.gang", **SKIP), human("d", "zhao.lei"), END,
                   path("start", "x", "a", "b", "c", "d", "end"))  # fmt: skip
    decide(case, "x", "wang.fang")
    decide(case, "b", "wu.gang")
    act(tasks.return_to, task(case, "d"), by="zhao.lei", to="a")
    assert open_tasks(case) == [("a", "wang.fang")], "the step that it was returned to is asked"
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "wu.gang")]
    decide(case, "b", "wu.gang")
    assert open_tasks(case) == [("d", "zhao.lei")], "what was approved since then counts"
    prove(case)


def test_a_rule_does_not_pass_what_a_person_returned(app: Flask) -> None:
    case = case_of(OWN, human("a", shenpi_passWhen="${true}"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))
    act(tasks.return_to, task(case, "b"), by="zhao.lei", to="a")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_her_own_approval_of_a_round_before_does_not_pass_a_step(app: Flask) -> None:
    back = '<sequenceFlow id="f" sourceRef="g" targetRef="a"><conditionExpression>outcome == "reject"</conditionExpression></sequenceFlow>'
    case = case_of(START, human("a", **SKIP), human("b", "zhao.lei"), node("exclusiveGateway", "g", default="g_to_end"), END,
                   path("start", "a", "b", "g", "end"), back)  # fmt: skip
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei", outcome="reject")
    assert open_tasks(case) == [("a", "wang.fang")]


BRANCHES = (START, human("a"), gateway("split", "parallel"), human("b", "zhao.lei"), node("endEvent", "over"), human("c", "wu.gang"), END,
            path("start", "a", "split", "b", "over"), path("split", "c", "end"))  # fmt: skip


@pytest.mark.parametrize("how", ["returned", "jumped"])
def test_a_decision_of_a_branch_that_ended_is_not_taken_back_after_the_case_was_put_back(app: Flask, how: str) -> None:
    case = case_of(*BRANCHES)
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    if how == "returned":
        act(tasks.return_to, task(case, "c"), by="wu.gang", to="a")
    else:
        jump(case, "a")
    with pytest.raises(Refused):
        act(tasks.take_back, task(case, "b", state="completed"), by="zhao.lei")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_the_state_does_not_grow_with_decisions_that_lead_to_nothing(app: Flask) -> None:
    again = node(
        "boundaryEvent",
        "late",
        "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>",
        attachedToRef="a",
        cancelActivity="false",
    )
    case = case_of(
        START,
        human("a"),
        END,
        again,
        human("note", "wu.gang"),
        node("endEvent", "noted"),
        path("start", "a", "end"),
        path("late", "note", "noted"),
    )
    sizes = []
    for _ in range(6):
        pass_time()
        decide(case, "note", "wu.gang")
        sizes.append(rows("SELECT octet_length(state) AS n FROM process_instance WHERE id = :case", case=case)[0].n)
    assert max(sizes) - sizes[1] < 50, sizes
    act(tasks.take_back, task(case, "note", state="completed"), by="wu.gang")
    prove(case)


def test_a_decision_in_a_loop_that_repeats_is_taken_back(app: Flask) -> None:
    case = case_of(START, human("a").replace("</userTask>", loop("outcome == 'reject'", most="5") + "</userTask>"), human("b", "zhao.lei"), END,
                   path("start", "a", "b", "end"))  # fmt: skip
    decide(case, "a", "wang.fang", outcome="reject")
    act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wang.fang", outcome="reject")
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_a_signer_who_decides_otherwise_overrules_only_the_decision_she_signed(app: Flask) -> None:
    inner = sub("each", node("startEvent", "s"), gateway("split", "parallel"), human("x", "${person}"), human("y", "chen.jing"), gateway("join", "parallel"),
                node("endEvent", "e"), path("s", "split", "x", "join", "e"), path("split", "y", "join"),
                instances(collection="people", element="person"))  # fmt: skip
    case = case_of(START, inner, human("after", "zhao.lei"), END, path("start", "each", "after", "end"), people=["wang.fang"])
    act(tasks.add_signer, task(case, "x"), by="wang.fang", who="wu.gang", place="after")
    decide(case, "x", "wang.fang")
    decide(case, "y", "chen.jing")
    step = decide(case, "x", "wu.gang", outcome="reject")
    decisions = step.execution.memory.variables["decisions"]
    assert [one["outcome"] for one in decisions["x"]] == ["reject"]
    assert [one["outcome"] for one in decisions["y"]] == ["approve"]
    prove(case)


def test_who_has_left_is_not_asked_straight_back(app: Flask) -> None:
    case = case_of(START, human("a"), node("userTask", "b", camunda_candidateUsers="zhao.lei,wu.gang"), END, path("start", "a", "b", "end"))
    decide(case, "a", "wang.fang")
    act(tasks.return_to, task(case, "b"), by="zhao.lei", to="a", straight_back=True)
    execute("UPDATE person SET active = false WHERE key = 'zhao.lei'")
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "u:wu.gang,u:zhao.lei")]
    prove(case)


@pytest.mark.parametrize("how", ["returned", "jumped"])
def test_nothing_is_put_into_one_branch_of_a_block_that_is_over(app: Flask, how: str) -> None:
    """Found by `test_approval_machine`: where the branches are joined, the case waited for ever."""
    case = case_of(START, human("a"), gateway("split", "parallel"), human("b", "zhao.lei"), human("c", "wu.gang"), gateway("join", "parallel"),
                   human("d", "chen.jing"), END, path("start", "a", "split", "b", "join", "d", "end"), path("split", "c", "join"))  # fmt: skip
    for element, who in (("a", "wang.fang"), ("b", "zhao.lei"), ("c", "wu.gang")):
        decide(case, element, who)
    with pytest.raises(Refused, match="wait for ever"):
        if how == "returned":
            act(tasks.return_to, task(case, "d"), by="chen.jing", to="b")
        else:
            jump(case, "b")
    assert [element for element, _ in act(tasks.steps_back, task(case, "d"), by="chen.jing")] == ["a"]  # type: ignore[attr-defined]
    prove(case)


# --- votes


def vote_of(rule: str, people: list[str], **policy: str) -> UUID:
    task_ = human("vote", "${person}", shenpi_vote=rule, **policy).replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    return case_of(
        START,
        task_,
        human("after", "chen.jing"),
        END,
        path("start", "vote", "after", "end"),
        people=people,
        weights={"wang.fang": 3, "zhao.lei": 1, "wu.gang": 1},
    )


def test_who_is_named_twice_has_one_vote(app: Flask) -> None:
    case = vote_of("share", ["wang.fang", "zhao.lei", "wang.fang"], shenpi_voteShare="0.6")
    assert sorted(open_tasks(case)) == [("vote", "wang.fang"), ("vote", "zhao.lei")]
    decide(case, "vote", "wang.fang")
    assert open_tasks(case) == [("vote", "zhao.lei")]
    prove(case)


def test_nobody_who_votes_or_has_voted_is_asked_for_one_more_vote(app: Flask) -> None:
    case = vote_of("all", ["wang.fang", "zhao.lei", "wu.gang"])
    decide(case, "vote", "wu.gang")
    for who in ("zhao.lei", "wu.gang"):
        with pytest.raises(Refused, match="signs already"):
            act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who=who, place="beside")


def test_a_vote_by_weight_that_is_handed_on_keeps_its_weight(app: Flask) -> None:
    case = vote_of("weight", ["wang.fang", "zhao.lei", "wu.gang"], shenpi_voteWeights="${weights}")
    act(tasks.transfer, task(case, "vote", "wang.fang"), by="wang.fang", to="sun.mei")
    step = decide(case, "vote", "sun.mei")
    assert open_tasks(case) == [("after", "chen.jing")]
    assert step.execution.memory.variables["outcome"] == "approve"
    prove(case)


def test_nobody_without_weight_is_asked_for_a_vote_that_would_count_nothing(app: Flask) -> None:
    case = vote_of("weight", ["wang.fang", "zhao.lei"], shenpi_voteWeights="${weights}")
    with pytest.raises(Refused, match="no weight"):
        act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="sun.mei", place="beside")
    act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="wu.gang", place="beside")
    prove(case)


def test_a_collection_that_changed_meanwhile_is_asked_anew(app: Flask) -> None:
    task_ = human("vote", "${person}", shenpi_vote="all").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    change = node("scriptTask", "change", "<script>people = ['wu.gang']</script>")
    case = case_of(
        START,
        task_,
        change,
        human("after", "chen.jing"),
        END,
        path("start", "vote", "change", "after", "end"),
        people=["wang.fang", "zhao.lei"],
    )
    decide(case, "vote", "wang.fang")
    decide(case, "vote", "zhao.lei")
    act(tasks.return_to, task(case, "after"), by="chen.jing", to="vote")
    assert open_tasks(case) == [("vote", "wu.gang")]
    decide(case, "vote", "wu.gang")
    assert open_tasks(case) == [("after", "chen.jing")]
    prove(case)


# --- incidents, time, suspension


@pytest.mark.parametrize("how", ["jumped", "returned", "interrupted"])
def test_what_went_wrong_at_a_place_that_is_gone_is_nobodys_work_any_more(app: Flask, how: str) -> None:
    deploy(whole(START, human("a"), gateway("split", "parallel"), human("b", "${nobody.there}"), human("c", "zhao.lei"), gateway("join", "parallel"), END,
                 boundary("late", "b", "timer", "PT30M"), node("endEvent", "over"), path("late", "over"),
                 path("start", "a", "split", "b", "join", "end"), path("split", "c", "join")))  # fmt: skip
    case = start().case.id
    decide(case, "a", "wang.fang")
    assert rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
    if how == "jumped":
        jump(case, "a")
    elif how == "returned":
        act(tasks.return_to, task(case, "c"), by="zhao.lei", to="a")
    else:
        pass_time()
    assert not rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
    open_or_over(case)
    prove(case)


def test_of_several_tasks_without_people_each_is_tried_again_by_itself_and_the_record_shows_it(app: Flask) -> None:
    """Found by `test_approval_machine`: the re-execution made all of them anew."""
    task_ = human("a", "${person}", shenpi_notBy="x").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    case = case_of(START, human("x"), task_, END, path("start", "x", "a", "end"), people=["wang.fang", "nobody", "zhao.lei"])
    decide(case, "x", "wang.fang")
    for one in rows("SELECT id FROM incident WHERE instance_id = :case ORDER BY id", case=case):
        with transaction() as session:
            incidents.retry(session, one.id, by=person("ma.lin"))
    assert sorted(open_tasks(case), key=str) == [("a", "zhao.lei"), ("a", None), ("a", None)]
    prove(case)


@pytest.mark.parametrize("action", ["remind", "escalate", "pass", "refuse"])
def test_time_runs_out_for_everybody_in_a_multi_instance(app: Flask, action: str) -> None:
    task_ = human("vote", "${person}", shenpi_vote="any").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    late = timer("late", "PT1H", attachedToRef="vote", cancelActivity="false", shenpi_timeout=action)
    case = case_of(
        START,
        task_,
        late,
        human("after", "chen.jing"),
        END,
        path("start", "vote", "after", "end"),
        people=["li.na", "wang.fang", "zhao.lei"],
    )
    pass_time()
    assert [element for element, _ in open_tasks(case)] == (["after"] if action in ("pass", "refuse") else ["vote"] * 3)
    open_or_over(case)
    prove(case)


def test_a_decision_is_taken_back_after_the_case_was_suspended_and_resumed(app: Flask) -> None:
    case = case_of()
    decide(case, "a", "wang.fang")
    act(suspension.suspend, case, by="ma.lin", reason="核查")
    with pytest.raises(Refused):
        act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    act(tasks.comment, case, by="li.na", said="为什么停了？")
    act(suspension.resume, case, by="ma.lin", reason="完毕")
    act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_a_rejection_in_a_sub_process_goes_to_the_initiator_outside_of_it(app: Flask) -> None:
    inner = sub(
        "inner",
        node("startEvent", "s"),
        human("x", "zhao.lei"),
        human("y", "wu.gang", shenpi_onReject="initiator"),
        node("endEvent", "e"),
        path("s", "x", "y", "e"),
    )
    case = case_of(OWN, human("draft", "${initiator}"), inner, boundary("late", "inner", "timer", "PT1H"), node("endEvent", "over"), END,
                   path("start", "draft", "inner", "end"), path("late", "over"))  # fmt: skip
    decide(case, "draft", "li.na")
    decide(case, "x", "zhao.lei")
    decide(case, "y", "wu.gang", outcome="reject")
    assert open_tasks(case) == [("draft", "li.na")]
    assert why_closed(case) == []
    assert not rows("SELECT 1 FROM timer WHERE instance_id = :case", case=case)
    prove(case)


def test_a_called_process_is_no_place_to_jump_to(app: Flask) -> None:
    deploy(drawing(START, human("inside", "wu.gang"), END, path("start", "inside", "end"), key="called"))
    case = case_of(START, human("a"), node("callActivity", "call", calledElement="called"), END, path("start", "a", "call", "end"))
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("inside", "wu.gang")]
    with pytest.raises(Refused):
        jump(case, "inside")
    jump(case, "a")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


# --- opened and closed in one transaction


def test_what_passes_itself_leaves_no_candidate_timer_subscription_or_job(app: Flask) -> None:
    passing = {"shenpi_passWhen": "${true}"}
    one = node("userTask", "a", camunda_candidateGroups="finance", **passing)
    two = human("b", "wu.gang", **passing)
    parts = [
        boundary(f"{name}_{kind}", name, kind, what, interrupting=False) + node("endEvent", f"e_{name}_{kind}") + path(f"{name}_{kind}", f"e_{name}_{kind}")
        for name in "ab" for kind, what in (("timer", "PT1H"), ("message", "m"), ("signal", "s"))
    ]  # fmt: skip
    deploy(whole(OWN, human("first"), one, two, *parts, human("c", "zhao.lei"), END, path("start", "first", "a", "b", "c", "end")))
    case = start().case.id
    decide(case, "first", "wang.fang")
    assert open_tasks(case) == [("c", "zhao.lei")]
    for table in ("timer", "event_subscription"):
        assert not rows(f"SELECT 1 FROM {table} WHERE instance_id = :case", case=case)
    assert not rows("SELECT 1 FROM candidate c JOIN user_task t ON t.id = c.task_id WHERE t.instance_id = :case", case=case)
    passed = rows(
        "SELECT element, state, outcome, decided_by FROM user_task WHERE instance_id = :case AND decided_by = 'system' ORDER BY id",
        case=case,
    )
    assert [tuple(row) for row in passed] == [("a", "completed", "approve", "system"), ("b", "completed", "approve", "system")]
    with transaction() as session:
        assert [one["element"] for one in peek(session, case).execution.memory.tasks.values()] == ["c"]
    prove(case)


def test_an_office_system_sees_what_was_passed_as_passed(app: Flask) -> None:
    case = case_of(OWN, human("a", shenpi_passWhen="${true}"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))
    shown = rows("SELECT snapshot FROM oa_delivery WHERE instance_id = :case ORDER BY version", case=case)
    assert [[(one["element"], one["status"]) for one in row.snapshot["tasks"]] for row in shown] == [[("b", "pending"), ("a", "approved")]]


def test_copies_go_to_two_hundred_people_and_no_further(app: Flask) -> None:
    execute(
        "INSERT INTO person (id, key, name, active) SELECT gen_random_uuid(), 'p' || n, 'p' || n, true FROM generate_series(1, 250) AS n"
    )
    case = case_of(
        START,
        human("a", shenpi_copies="${many}"),
        human("b", "zhao.lei"),
        END,
        path("start", "a", "b", "end"),
        many=[f"p{n}" for n in range(1, 251)],
    )
    decide(case, "a", "wang.fang")
    assert rows("SELECT count(*) AS n FROM instance_copy WHERE instance_id = :case", case=case)[0].n == 200
    prove(case)


def test_where_the_drawing_forbids_a_return_a_signer_may_not_either(app: Flask) -> None:
    case = case_of(START, human("x", "wu.gang"), human("a", shenpi_returnTo="none"), END, path("start", "x", "a", "end"))
    decide(case, "x", "wu.gang")
    signer = sign(case, "wang.fang", "chen.jing", "before")
    with pytest.raises(NotPermitted):
        act(tasks.return_to, signer, by="chen.jing", to="x")
