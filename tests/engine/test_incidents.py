"""Work that fails: tried again with back-off, then a person's to look at; and scripts that fail where they stand."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from drawings import END, START, drawing, flow, human, node, path, script, service
from engine_support import CALLS, advance, deploy, events, execute, queued, rows, start, take_all, value
from flask import Flask
from marshmallow import Schema
from tests_support import person

from engine import incidents, instances, jobs, operations, timers, worker
from engine.database import transaction
from engine.errors import InstanceEnded, NotFound, NotPermitted, OARejected, OAUnavailable, Refused
from engine.operations import Operation, Outcome, Situation
from engine.worker.sweeping import sweep


class Anything(Schema):
    class Meta:
        unknown = "include"


class Outside:
    """An outside world that does what a test says."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.keys: list[str] = []

    def __call__(self, told: Situation, inputs: dict[str, Any]) -> Outcome:
        self.keys.append(told.key)
        answer = self.answers.pop(0) if self.answers else "done"
        if isinstance(answer, Exception):
            raise answer
        return Outcome(answer)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    world = Outside()
    operation = Operation("test.outside", "外部", "Outside", Anything, Anything, external=world)
    monkeypatch.setitem(operations._registry, "test.outside", operation)
    yield world


@pytest.fixture
def calling(app: Flask, outside: Outside) -> UUID:
    """A case that waits for the outside and then asks Wang Fang."""
    deploy(
        drawing(START, service("call", "test.outside", camunda_resultVariable="result"), human("a"), END, path("start", "call", "a", "end"))
    )
    return start().case.id


def work() -> None:
    """Run every call that waits in the queue, once."""
    for arguments in take_all(CALLS):
        worker.call(**arguments)


def job(case: UUID) -> Any:
    return rows("SELECT * FROM job WHERE instance_id = :case", case=case)[0]


def the_incident(case: UUID) -> Any:
    return rows("SELECT * FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)[0]


# Doubled from one second, at most ten minutes, and a random share of at least half of it.
WAITS = {1: (0.5, 1), 2: (1, 2), 3: (2, 4), 4: (4, 8), 5: (8, 16), 6: (16, 32), 7: (32, 64), 8: (64, 128), 11: (300, 600), 50: (300, 600)}


@pytest.mark.parametrize("attempt", WAITS)
def test_the_wait_doubles_with_each_attempt(attempt: int) -> None:
    low, high = WAITS[attempt]

    found = [jobs.wait_before(attempt) for _ in range(200)]

    assert low <= min(found) and max(found) <= high
    assert len(set(found)) > 100


def test_a_servers_own_wish_wins_up_to_ten_minutes() -> None:
    assert jobs.wait_before(1, 42.0) == 42.0
    assert jobs.wait_before(1, 86_400.0) == 600.0


def test_an_answer_goes_on_and_is_taken_once(calling: UUID, outside: Outside) -> None:
    arguments = queued(CALLS)
    work()

    for again in arguments:
        worker.call(**again)

    assert events(calling).count("job:completed") == 1
    assert len(outside.keys) == 1
    assert value("SELECT element FROM user_task WHERE instance_id = :case", case=calling) == "a"


def test_a_call_is_found_again_when_the_job_that_was_to_repeat_it_is_lost(calling: UUID, outside: Outside) -> None:
    outside.answers = [OAUnavailable(reason="down"), "fine"]
    work()
    advance(60)
    with transaction() as session:
        sweep(session)
    assert queued(CALLS) == [], "its time to be repeated has not been taken away"

    execute("DELETE FROM timer WHERE kind = 'retry'")  # it came, and then its job ended without a word
    with transaction() as session:
        sweep(session)
    assert queued(CALLS) == [{"job": str(job(calling).id)}]
    work()
    assert "job:completed" in events(calling)


def test_an_answer_that_was_kept_is_found_again_when_the_job_that_was_to_bring_it_is_lost(calling: UUID) -> None:
    take_all(CALLS)
    execute("""UPDATE job SET state = 'answered', answer = '{"value": "fine", "evidence": {}}'""")
    advance(60)
    with transaction() as session:
        sweep(session)
    assert queued(jobs.ANSWER) == [{"job": str(job(calling).id)}]
    worker.bring_answer(str(job(calling).id))
    assert "job:completed" in events(calling)


def test_a_passing_failure_is_tried_again_with_the_same_key(calling: UUID, outside: Outside) -> None:
    outside.answers = [OAUnavailable(reason="down"), OAUnavailable(reason="down"), "fine"]

    for _ in range(3):
        work()
        advance(700)
        with transaction() as session:
            timers.enqueue_due(session)

    assert len(set(outside.keys)) == 1 and len(outside.keys) == 3
    assert events(calling).count("job:failed") == 2
    assert job(calling).state == "completed"
    assert rows("SELECT 1 FROM incident WHERE instance_id = :case", case=calling) == []


def test_after_eight_attempts_a_person_must_look(calling: UUID, outside: Outside) -> None:
    outside.answers = [OAUnavailable(reason=f"down {number}") for number in range(20)]

    for _ in range(10):
        work()
        advance(700)
        with transaction() as session:
            timers.enqueue_due(session)

    assert len(outside.keys) == 8
    assert (job(calling).state, job(calling).attempts) == ("failed", 8)
    assert "down 7" in the_incident(calling).message
    assert queued(CALLS) == []


def test_a_lasting_failure_is_an_incident_at_once(calling: UUID, outside: Outside) -> None:
    outside.answers = [OARejected(reason="no such user")]

    work()

    assert (job(calling).attempts, the_incident(calling).kind) == (1, "job")


@pytest.mark.parametrize("words", ["x", "a\0b", "x" * 5000])
def test_an_operation_with_a_fault_of_its_own_is_an_incident(calling: UUID, outside: Outside, words: str) -> None:
    outside.answers = [LookupError(words)]

    work()

    assert "LookupError" in the_incident(calling).message


@pytest.mark.parametrize("answer", [object(), "a\0b", {"a": "\ud800"}, {1: 2}, float("nan")])
def test_an_answer_that_cannot_be_kept_is_an_incident(calling: UUID, outside: Outside, answer: Any) -> None:
    outside.answers = [answer]

    work()

    assert "cannot be kept" in the_incident(calling).message
    assert value("SELECT status FROM process_instance WHERE id = :case", case=calling) == "running"


def test_a_retried_incident_begins_its_attempts_anew(calling: UUID, outside: Outside) -> None:
    outside.answers = [OARejected(reason="no")]
    work()

    with transaction() as session:
        incidents.retry(session, the_incident(calling).id, by=person("ma.lin"))
    work()

    assert job(calling).state == "completed"
    assert events(calling)[-4:] == ["job:completed", "variables:changed", "path:taken", "task:created"]
    done = rows("SELECT resolution, resolved_by FROM incident WHERE instance_id = :case", case=calling)
    assert [tuple(row) for row in done] == [("retried", "ma.lin")]


def test_a_resolved_incident_goes_on_with_the_value_a_person_gives(calling: UUID, outside: Outside) -> None:
    outside.answers = [OARejected(reason="no")]
    work()
    incident = the_incident(calling).id

    with transaction() as session:
        incidents.resolve(session, incident, by=person("ma.lin"), reason="已电话确认", value={"receipt": 7})

    kept = rows("SELECT * FROM incident WHERE id = :id", id=incident)[0]
    assert (kept.resolution, kept.reason, job(calling).state) == ("resolved", "已电话确认", "completed")
    with transaction() as session:
        step = instances.lock(session, calling)
    assert step.execution.memory.variables["result"] == {"receipt": 7}
    with pytest.raises(Refused), transaction() as session:
        incidents.resolve(session, incident, by=person("ma.lin"), reason="again")


def test_a_late_answer_after_a_resolution_changes_nothing(calling: UUID, outside: Outside) -> None:
    outside.answers = [OARejected(reason="no")]
    work()
    with transaction() as session:
        incidents.resolve(session, the_incident(calling).id, by=person("ma.lin"), reason="x")
    before = events(calling)

    with transaction() as session:
        assert incidents.answer(session, job(calling).id, Outcome("late")) is None

    assert events(calling) == before


def test_an_answer_for_a_withdrawn_case_changes_nothing(calling: UUID, outside: Outside) -> None:
    with transaction() as session:
        instances.withdraw(session, calling, by=person("li.na"))
    before = events(calling)

    work()

    assert (job(calling).state, outside.keys) == ("canceled", [])
    assert events(calling) == before


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_nothing_is_passed_over_without_a_reason(calling: UUID, outside: Outside, reason: str) -> None:
    outside.answers = [OARejected(reason="no")]
    work()

    with pytest.raises(Refused), transaction() as session:
        incidents.resolve(session, the_incident(calling).id, by=person("ma.lin"), reason=reason)


def test_only_an_operator_resolves(calling: UUID, outside: Outside) -> None:
    outside.answers = [OARejected(reason="no")]
    work()
    incident = the_incident(calling).id

    for key in ("li.na", "wang.fang", "sun.mei", "qian.yi"):
        with pytest.raises(NotPermitted), transaction() as session:
            incidents.retry(session, incident, by=person(key))
    with pytest.raises(NotFound), transaction() as session:
        incidents.retry(session, UUID(int=0), by=person("ma.lin"))


@pytest.fixture
def dividing(app: Flask) -> UUID:
    deploy(drawing(START, script("divide", "share = 100 / parts"), human("a"), END, path("start", "divide", "a", "end")))
    return start(parts=0).case.id


def test_a_failing_script_holds_its_place_and_nothing_it_wrote_counts(dividing: UUID) -> None:
    found = the_incident(dividing)

    assert (found.kind, found.element) == ("element", "divide")
    assert value("SELECT status FROM process_instance WHERE id = :case", case=dividing) == "running"
    assert rows("SELECT 1 FROM user_task WHERE instance_id = :case", case=dividing) == []


def test_a_retried_script_fails_again_while_nothing_was_mended(dividing: UUID) -> None:
    first = the_incident(dividing).id

    with transaction() as session:
        incidents.retry(session, first, by=person("ma.lin"))

    assert the_incident(dividing).id != first
    assert events(dividing).count("incident:raised") == 2


def test_a_script_passed_over_lets_the_case_go_on(dividing: UUID) -> None:
    with transaction() as session:
        incidents.resolve(session, the_incident(dividing).id, by=person("ma.lin"), reason="手工计算")

    assert value("SELECT element FROM user_task WHERE instance_id = :case AND state = 'open'", case=dividing) == "a"


def test_one_branch_that_fails_does_not_hold_the_others(app: Flask) -> None:
    deploy(
        drawing(
            START, node("parallelGateway", "split"), script("bad", "x = 1 / 0"), human("good"), node("parallelGateway", "join"), END,
            path("start", "split", "bad", "join", "end"), flow("split", "good"), flow("good", "join"),
        )
    )  # fmt: skip

    case = start().case.id

    assert value("SELECT element FROM user_task WHERE instance_id = :case AND state = 'open'", case=case) == "good"
    assert the_incident(case).element == "bad"


def test_incidents_end_with_their_case(dividing: UUID) -> None:
    incident = the_incident(dividing).id

    with transaction() as session:
        instances.withdraw(session, dividing, by=person("li.na"))

    row = rows("SELECT resolution, resolved_by FROM incident WHERE id = :id", id=incident)[0]
    assert (row.resolution, row.resolved_by) == ("ended", "system")
    with pytest.raises((InstanceEnded, Refused)), transaction() as session:
        incidents.retry(session, incident, by=person("ma.lin"))


def test_a_script_may_make_numbers_larger_than_json_can_say(app: Flask) -> None:
    deploy(
        drawing(
            START,
            script("s", "big = 1073741824 * 1073741824\nmany = [4294967296 * 4294967296, 0 - 9007199254740991 - 1]"),
            human("a"),
            END,
            path("start", "s", "a", "end"),
        )
    )

    step = start()

    assert rows("SELECT 1 FROM incident WHERE instance_id = :case", case=step.case.id) == []
    with transaction() as session:
        kept = instances.lock(session, step.case.id).execution.memory.variables
    assert (int(kept["big"]), [int(number) for number in kept["many"]]) == (2**60, [2**64, -(2**53)])
