"""Back to an earlier step (退回到…), straight back again, and decisions taken back (拿回)."""

from uuid import UUID

import pytest
from approvals_support import act, decide, open_or_over, open_tasks, prove, status, steps_back, task, why_closed
from drawings import END, START, drawing, human, instances, node, path, script, sub, timer
from engine_support import deploy, rows, start
from flask import Flask
from tests_support import person

from engine import drafts, tasks
from engine.database import transaction
from engine.errors import NotPermitted, Refused

OWN = node("startEvent", "start", camunda_initiator="initiator")
ROW = drawing(START, human("a"), human("b", "zhao.lei"), human("c", "wu.gang"), END, path("start", "a", "b", "c", "end"))
BLOCK = drawing(
    START, human("a"), node("parallelGateway", "split"), human("b1", "zhao.lei"), human("b2", "zhao.lei"), human("d", "chen.jing"),
    node("parallelGateway", "join"), human("c", "wu.gang"), END,
    path("start", "a", "split", "b1", "b2", "join", "c", "end"), path("split", "d", "join"),
)  # fmt: skip


def back(case: UUID, element: str, by: str, to: str, **more: object) -> None:
    act(tasks.return_to, task(case, element), by=by, to=to, comment="请补充合同", **more)


def test_a_case_goes_back_to_an_earlier_step_and_takes_every_step_again(app: Flask) -> None:
    deploy(ROW)
    case = start().case.id
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    back(case, "c", "wu.gang", "a")

    assert open_tasks(case) == [("a", "wang.fang")]
    assert rows("SELECT round FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)[0].round == 2
    for element, who in (("a", "wang.fang"), ("b", "zhao.lei"), ("c", "wu.gang")):
        decide(case, element, who)
    assert status(case)[0] == "completed"
    prove(case)


def test_straight_back_it_comes_to_who_returned_it_and_to_nobody_between(app: Flask) -> None:
    deploy(
        drawing(
            START,
            human("a"),
            human("b", "zhao.lei"),
            node("userTask", "c", camunda_candidateGroups="directors"),
            END,
            path("start", "a", "b", "c", "end"),
        )
    )
    case = start().case.id
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    back(case, "c", "wu.gang", "a", straight_back=True)

    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("c", "wu.gang")]
    decide(case, "c", "wu.gang")
    assert status(case)[0] == "completed"
    prove(case)


def test_within_a_branch_the_other_branches_are_left_alone(app: Flask) -> None:
    deploy(BLOCK)
    case = start().case.id
    decide(case, "a", "wang.fang")
    decide(case, "b1", "zhao.lei")
    back(case, "b2", "zhao.lei", "b1")

    assert sorted(open_tasks(case)) == [("b1", "zhao.lei"), ("d", "chen.jing")]
    assert why_closed(case) == []
    for element, who in (("d", "chen.jing"), ("b1", "zhao.lei"), ("b2", "zhao.lei"), ("c", "wu.gang")):
        decide(case, element, who)
    assert status(case)[0] == "completed"
    prove(case)


@pytest.mark.parametrize("sibling", ["open", "arrived"])
def test_to_before_a_split_the_whole_block_is_cancelled(app: Flask, sibling: str) -> None:
    deploy(BLOCK)
    case = start().case.id
    decide(case, "a", "wang.fang")
    if sibling == "arrived":
        decide(case, "d", "chen.jing")
    back(case, "b1", "zhao.lei", "a")

    assert open_tasks(case) == [("a", "wang.fang")]
    for element, who in (("a", "wang.fang"), ("b1", "zhao.lei"), ("b2", "zhao.lei")):
        decide(case, element, who)
    assert open_tasks(case) == [("d", "chen.jing")]  # an arrival of the first round is not counted in the second
    decide(case, "d", "chen.jing")
    decide(case, "c", "wu.gang")
    assert status(case)[0] == "completed"
    prove(case)


def test_into_another_branch_it_is_refused_and_so_is_a_step_that_was_not_taken(app: Flask) -> None:
    deploy(BLOCK)
    case = start().case.id
    decide(case, "a", "wang.fang")
    for to, said in (("d", "does not lead"), ("c", "no such step"), ("nowhere", "no such step"), ("b1", "does not lead")):
        with pytest.raises(Refused, match=said):
            back(case, "b1", "zhao.lei", to)
    with pytest.raises(Refused, match="straight back"):
        back(case, "b1", "zhao.lei", "a", straight_back=True)
    assert sorted(open_tasks(case)) == [("b1", "zhao.lei"), ("d", "chen.jing")]


def test_from_behind_a_block_it_goes_back_into_it_and_before_it(app: Flask) -> None:
    deploy(BLOCK)
    case = start().case.id
    for element, who in (("a", "wang.fang"), ("b1", "zhao.lei"), ("b2", "zhao.lei"), ("d", "chen.jing")):
        decide(case, element, who)
    back(case, "c", "wu.gang", "a")
    assert open_tasks(case) == [("a", "wang.fang")]
    for element, who in (("a", "wang.fang"), ("b1", "zhao.lei"), ("b2", "zhao.lei"), ("d", "chen.jing"), ("c", "wu.gang")):
        decide(case, element, who)
    assert status(case)[0] == "completed"
    prove(case)


MANY = drawing(
    START, human("a"), human("vote", "${person}", shenpi_vote="all").replace("</userTask>", instances(collection="people", element="person") + "</userTask>"),
    human("c", "wu.gang"), END, path("start", "a", "vote", "c", "end"),
)  # fmt: skip


def test_out_of_and_into_a_multi_instance_with_new_to_dos_each_time(app: Flask) -> None:
    deploy(MANY)
    case = start(people=["zhao.lei", "chen.jing"]).case.id
    decide(case, "a", "wang.fang")
    first = task(case, "vote", "chen.jing")
    decide(case, "vote", "zhao.lei")
    back(case, "vote", "chen.jing", "a")
    assert open_tasks(case) == [("a", "wang.fang")]

    decide(case, "a", "wang.fang")
    assert sorted(open_tasks(case)) == [("vote", "chen.jing"), ("vote", "zhao.lei")]
    assert task(case, "vote", "chen.jing") != first
    decide(case, "vote", "zhao.lei")
    decide(case, "vote", "chen.jing")
    back(case, "c", "wu.gang", "vote")
    assert sorted(open_tasks(case)) == [("vote", "chen.jing"), ("vote", "zhao.lei")]
    prove(case)


def test_inside_a_multi_instance_everybody_is_asked_again(app: Flask) -> None:
    deploy(MANY)
    case = start(people=["zhao.lei", "chen.jing"]).case.id
    decide(case, "a", "wang.fang")
    decide(case, "vote", "zhao.lei")
    back(case, "vote", "chen.jing", "vote")
    assert sorted(open_tasks(case)) == [("vote", "chen.jing"), ("vote", "zhao.lei")]
    prove(case)


NESTED = drawing(
    START, human("a"), sub("inner", node("startEvent", "s"), human("b", "zhao.lei"), human("c", "wu.gang"), node("endEvent", "e"), path("s", "b", "c", "e")),
    human("d", "chen.jing"), END, timer("late", "PT1H", attachedToRef="inner"), human("rescue", "ma.lin"), node("endEvent", "over"),
    path("start", "a", "inner", "d", "end"), path("late", "rescue", "over"),
)  # fmt: skip


@pytest.mark.parametrize("to", ["a", "b"])
def test_out_of_a_sub_process_and_inside_of_it(app: Flask, to: str) -> None:
    deploy(NESTED)
    case = start().case.id
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    back(case, "c", "wu.gang", to)
    assert [element for element, _ in open_tasks(case)] == [to]
    assert rows("SELECT count(*) FROM timer WHERE instance_id = :case", case=case)[0][0] == (1 if to == "b" else 0)
    prove(case)


def test_into_a_sub_process_that_is_over_with_its_boundary_events(app: Flask) -> None:
    deploy(NESTED)
    case = start().case.id
    for element, who in (("a", "wang.fang"), ("b", "zhao.lei"), ("c", "wu.gang")):
        decide(case, element, who)
    back(case, "d", "chen.jing", "c")
    assert open_tasks(case) == [("c", "wu.gang")]
    assert rows("SELECT count(*) FROM timer WHERE instance_id = :case", case=case)[0][0] == 1
    decide(case, "c", "wu.gang")
    decide(case, "d", "chen.jing")
    assert status(case)[0] == "completed"
    prove(case)


@pytest.mark.parametrize(("policy", "allowed"), [("any", ["a", "b"]), ("none", []), ("b", ["b"]), ("initiator", ["a"])])
def test_the_drawing_says_where_a_step_may_go_back_to(app: Flask, policy: str, allowed: list[str]) -> None:
    deploy(
        drawing(
            OWN,
            human("a", "${initiator}"),
            human("b", "zhao.lei"),
            human("c", "wu.gang", shenpi_returnTo=policy),
            END,
            path("start", "a", "b", "c", "end"),
        )
    )
    case = start().case.id
    decide(case, "a", "li.na")
    decide(case, "b", "zhao.lei")

    with_task = task(case, "c")
    assert [element for element, _ in steps_back(with_task, "wu.gang")] == allowed
    for to in {"a", "b"} - set(allowed):
        with pytest.raises(NotPermitted):
            back(case, "c", "wu.gang", to)


@pytest.mark.parametrize(
    ("policy", "left"), [("end", []), ("initiator", [("a", "li.na")]), ("b", [("b", "zhao.lei")]), ("flow", [("d", "chen.jing")])]
)
def test_a_rejection_means_what_the_node_says(app: Flask, policy: str, left: list[tuple[str, str]]) -> None:
    deploy(
        drawing(OWN, human("a", "${initiator}"), human("b", "zhao.lei"), human("c", "wu.gang", shenpi_onReject=policy), human("d", "chen.jing"), END,
                path("start", "a", "b", "c", "d", "end"))
    )  # fmt: skip
    case = start().case.id
    decide(case, "a", "li.na")
    decide(case, "b", "zhao.lei")
    decide(case, "c", "wu.gang", outcome="reject")

    assert open_tasks(case) == left
    assert status(case) == (("completed", "reject") if policy == "end" else ("running", None))
    prove(case)


# --- taken back


def take_back(case: UUID, element: str, by: str) -> None:
    act(tasks.take_back, task(case, element, by, "completed"), by=by, reason="点错了")


def test_a_decision_is_taken_back_while_the_next_person_has_not_acted(app: Flask) -> None:
    deploy(ROW)
    case = start(amount="100").case.id
    step = decide(case, "a", "wang.fang", outcome="reject")
    take_back(case, "a", "wang.fang")

    assert open_tasks(case) == [("a", "wang.fang")]
    assert why_closed(case) == [("b", "zhao.lei", "taken-back")]
    prove(case)
    step = decide(case, "a", "wang.fang")
    assert step.execution.memory.variables["decisions"]["a"]["outcome"] == "approve"
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_variables_are_as_they_were_when_a_decision_is_taken_back(app: Flask) -> None:
    deploy(drawing(START, human("a"), script("count", "n = n + 1"), human("b", "zhao.lei"), END, path("start", "a", "count", "b", "end")))
    case = start(n=1).case.id
    assert decide(case, "a", "wang.fang").execution.memory.variables["n"] == 2
    take_back(case, "a", "wang.fang")
    step = decide(case, "a", "wang.fang")
    assert step.execution.memory.variables["n"] == 2
    prove(case)


@pytest.mark.parametrize("acted", ["claimed", "completed", "transferred", "commented", "drafted", "job", "join"])
def test_when_something_has_come_of_it_a_decision_stands(app: Flask, acted: str) -> None:
    behind = {
        "job": node("serviceTask", "s", shenpi_operation="approval.remind", camunda_resultVariable="r")
        .replace("></serviceTask>", "><extensionElements><camunda:inputOutput><camunda:inputParameter name='element'>a</camunda:inputParameter>"
                 "</camunda:inputOutput></extensionElements></serviceTask>"),
    }.get(acted, script("s", "x = 1"))  # fmt: skip
    deploy(
        drawing(
            START,
            human("a"),
            behind,
            node("userTask", "b", camunda_candidateUsers="zhao.lei,chen.jing"),
            END,
            path("start", "a", "s", "b", "end"),
        )
    )
    if acted == "join":
        deploy(BLOCK)
    case = start().case.id
    element, who = "a", "wang.fang"
    if acted == "join":
        decide(case, "a", "wang.fang")
        decide(case, "b1", "zhao.lei")
        decide(case, "b2", "zhao.lei")
        decide(case, "d", "chen.jing")
        element, who = "d", "chen.jing"
    else:
        decide(case, "a", "wang.fang")
    if acted == "claimed":
        act(tasks.claim, task(case, "b"), by="zhao.lei")
    elif acted == "completed":
        decide(case, "b", "zhao.lei")
    elif acted == "transferred":
        act(tasks.transfer, task(case, "b"), by="zhao.lei", to="wu.gang")
    elif acted == "commented":
        act(tasks.comment, case, by="chen.jing", said="请稍等")
    elif acted == "drafted":
        with transaction() as session:
            drafts.save(session, task(case, "b"), by=person("zhao.lei"), values={}, comment="还在想")
    with pytest.raises(Refused):
        take_back(case, element, who)
    open_or_over(case)


def test_a_vote_is_taken_back_while_the_vote_is_open(app: Flask) -> None:
    deploy(MANY)
    case = start(people=["zhao.lei", "chen.jing"]).case.id
    decide(case, "a", "wang.fang")
    decide(case, "vote", "zhao.lei")
    take_back(case, "vote", "zhao.lei")

    assert sorted(open_tasks(case)) == [("vote", "chen.jing"), ("vote", "zhao.lei")]
    decide(case, "vote", "chen.jing")
    assert open_tasks(case) == [("vote", "zhao.lei")]
    step = decide(case, "vote", "zhao.lei")
    assert [one["by"] for one in step.execution.memory.variables["decisions"]["vote"]] == ["chen.jing", "zhao.lei"]
    prove(case)


def test_only_who_decided_takes_it_back(app: Flask) -> None:
    deploy(ROW)
    case = start().case.id
    decide(case, "a", "wang.fang")
    with pytest.raises(NotPermitted):
        act(tasks.take_back, task(case, "a", "wang.fang", "completed"), by="zhao.lei")


def test_in_a_branch_a_decision_is_taken_back_from_the_join_it_waits_at(app: Flask) -> None:
    deploy(BLOCK)
    case = start().case.id
    decide(case, "a", "wang.fang")
    decide(case, "d", "chen.jing")
    take_back(case, "d", "chen.jing")
    assert sorted(open_tasks(case)) == [("b1", "zhao.lei"), ("d", "chen.jing")]
    for element, who in (("b1", "zhao.lei"), ("b2", "zhao.lei"), ("d", "chen.jing"), ("c", "wu.gang")):
        decide(case, element, who)
    assert status(case)[0] == "completed"
    prove(case)
