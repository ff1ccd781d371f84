"""What is likely to come next in a case, and who would be asked: a guess that changes nothing."""

from uuid import UUID

from approvals_support import decide
from drawings import END, START, drawing, flow, human, instances, node, path, script, sub
from engine_support import deploy, start, value
from flask import Flask

from engine import prediction
from engine.database import transaction
from engine.step import peek


def ahead(case: UUID) -> list[tuple[str, str | None]]:
    with transaction() as session:
        found = prediction.ahead(peek(session, case))
    return [
        (one.element, None if one.assigned is None else one.assigned.assignee or ",".join((*one.assigned.users, *one.assigned.groups)))
        for one in found
    ]


def test_the_way_of_approval_is_told_with_the_people_who_would_be_asked_today(app: Flask) -> None:
    deploy(
        drawing(
            node("startEvent", "start", camunda_initiator="initiator"), human("a"),
            node("exclusiveGateway", "good", default="good_to_sorry"), human("sorry", "li.na"), script("sum", "x = 1"),
            node("exclusiveGateway", "large", default="large_to_pay"), human("boss", "${headOfDepartment(initiator)}"),
            node("userTask", "pay", name="pay", camunda_candidateGroups="finance"), END,
            path("start", "a", "good"), flow("good", "sum", "${outcome == 'approve'}"), path("good", "sorry", "end"), path("sum", "large"),
            flow("large", "boss", "${amount > 1000}"), path("large", "pay"), path("boss", "pay", "end"),
        )
    )  # fmt: skip
    large, small = start(amount=5000).case.id, start(amount=10).case.id
    before = value("SELECT event_count FROM process_instance WHERE id = :id", id=large)
    assert ahead(large) == [("boss", "wang.fang"), ("pay", "finance")]
    assert ahead(small) == [("pay", "finance")]
    assert value("SELECT event_count FROM process_instance WHERE id = :id", id=large) == before
    decide(large, "a", "wang.fang")
    assert ahead(large) == [("pay", "finance")]


def test_branches_sub_processes_and_loops_are_told_once_and_what_is_unknown_without_people(app: Flask) -> None:
    vote = human("vote", "${person}").replace("</userTask>", instances(collection="people", element="person") + "</userTask>")
    inner = sub("s", node("startEvent", "s0"), human("in", "${later}"), node("endEvent", "s1"), path("s0", "in", "s1"))
    deploy(
        drawing(
            START, human("a"), node("parallelGateway", "split"), vote, inner, node("parallelGateway", "join"), human("z", "wu.gang"),
            node("exclusiveGateway", "again", default="again_to_end"), END,
            path("start", "a", "split", "vote", "join", "z", "again", "end"), path("split", "s", "join"), flow("again", "a", "${outcome == 'return'}"),
        )
    )  # fmt: skip
    case = start(people=["wang.fang"]).case.id
    assert sorted(ahead(case), key=str) == sorted([("vote", None), ("in", None), ("z", "wu.gang")], key=str)


def test_a_case_that_is_over_has_nothing_ahead(app: Flask) -> None:
    deploy(drawing(START, human("a"), END, path("start", "a", "end")))
    case = start().case.id
    assert ahead(case) == []
    decide(case, "a", "wang.fang")
    assert ahead(case) == []
