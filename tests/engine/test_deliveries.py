"""Snapshots on their way to office systems: the newest only, to people and not to groups, until it is taken or refused."""

import threading
import time
from typing import Any

import pytest
from drawings import END, START, drawing, human, node, path
from engine_support import advance, decide, deploy, events, execute, rows, start, take_all, task_of, value
from flask import Flask
from sqlalchemy import text
from tests_support import person

from api.cli.company import CONNECTION
from engine import deliveries, incidents, jobs, tasks, worker
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.deliveries import taking
from engine.errors import OARejected, OAUnavailable, OAUnknown
from engine.oa import desk
from engine.oa.contract import InstanceSnapshot, Receipt
from engine.replay import verify_instance
from engine.step import Step


class Office:
    """An office system that does what a test says."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.pushed: list[tuple[InstanceSnapshot, InstanceSnapshot | None]] = []

    def get(self, connection: Any) -> "Office":
        return self

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        self.pushed.append((snapshot, previous))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        with transaction() as session:
            return Receipt("remote-1", read_clock(session))


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    found = Office()
    monkeypatch.setattr(worker.hands, "connectors", found)
    return found


@pytest.fixture
def asked(office: Office) -> Step:
    deploy(drawing(START, node("userTask", "a", camunda_candidateGroups="finance", camunda_candidateUsers="wu.gang"), human("b"), END,
                   path("start", "a", "b", "end")))  # fmt: skip
    return start()


def work() -> None:
    for arguments in take_all(jobs.PUSH):
        worker.push(**arguments)


def wake() -> int:
    with transaction() as session:
        return deliveries.wake_waiting(session)


def states() -> list[str]:
    return [row.state for row in rows("SELECT state FROM oa_delivery ORDER BY version")]


def test_a_group_becomes_the_people_in_it(asked: Step, office: Office) -> None:
    execute(
        "INSERT INTO group_member SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'finance' AND p.key IN ('chen.jing', 'sun.mei')"
    )
    execute("UPDATE person SET active = false WHERE key = 'sun.mei'")

    work()

    snapshot, previous = office.pushed[0]
    assert sorted(view.assignee for view in snapshot.tasks) == ["chen.jing", "wu.gang", "zhao.lei"]
    assert {view.task_key.partition(":")[0] for view in snapshot.tasks} == {str(task_of(asked))}
    assert (previous, snapshot.status, snapshot.applicant) == (None, "running", "li.na")
    assert states() == ["sent"]


def test_a_decision_closes_it_for_the_others_and_names_who_decided(asked: Step, office: Office) -> None:
    work()
    decide(task_of(asked), by="zhao.lei")

    work()

    snapshot, previous = office.pushed[1]
    found = {view.assignee: view.status for view in snapshot.tasks if view.node_key == "a"}
    assert found == {"zhao.lei": "approved", "wu.gang": "closed"}
    assert [view.assignee for view in snapshot.tasks if view.node_key == "b"] == ["wang.fang"]
    assert previous is not None and previous.version == 0 and len(previous.tasks) == 2


def test_versions_only_grow(asked: Step, office: Office) -> None:
    work()
    with transaction() as session:
        tasks.claim(session, task_of(asked), by=person("wu.gang"))
    with transaction() as session:
        tasks.unclaim(session, task_of(asked), by=person("wu.gang"))
    decide(task_of(asked), by="wu.gang")

    versions = [row.version for row in rows("SELECT version FROM oa_delivery ORDER BY created_at, version")]
    assert versions == sorted(set(versions)) and len(versions) == 4


def test_only_the_newest_is_pushed_and_the_older_are_superseded(asked: Step, office: Office) -> None:
    decide(task_of(asked), by="wu.gang")

    work()

    assert len(office.pushed) == 1
    assert states() == ["superseded", "sent"]
    assert events(asked.case.id).count("oa:delivered") == 1


def test_an_office_that_is_down_is_tried_again_later(asked: Step, office: Office) -> None:
    office.answers = [OAUnavailable(reason="down"), OAUnavailable(reason="down", retry_after=30.0)]
    work()
    assert states() == ["retry"]
    assert wake() == 0

    advance(2)
    assert wake() == 1
    work()
    advance(28)
    assert wake() == 0
    advance(3)
    assert wake() == 1
    work()

    assert states() == ["sent"]
    assert events(asked.case.id).count("oa:delivered") == 1


def test_credentials_that_no_key_opens_are_a_failure_that_is_seen_and_passes(asked: Step, office: Office) -> None:
    kept = value("SELECT credentials FROM oa_connection WHERE key = :key", key=CONNECTION)
    execute("UPDATE oa_connection SET credentials = :cut WHERE key = :key", cut=bytes(kept)[:9], key=CONNECTION)
    work()
    (row,) = rows("SELECT state, last_error, failed_at FROM oa_delivery")
    assert row.state == "retry" and "credentials" in row.last_error and row.failed_at is not None

    execute("UPDATE oa_connection SET credentials = :kept WHERE key = :key", kept=kept, key=CONNECTION)
    advance(700)
    wake()
    work()
    assert states() == ["sent"]


def test_an_office_that_is_down_for_a_day_is_an_incident(asked: Step, office: Office) -> None:
    office.answers = [OAUnavailable(reason="down")] * 200

    for _ in range(143):  # ten minutes and a half at a time
        work()
        advance(605)
        wake()
    assert states() == ["retry"], "for a day it is tried again"
    tried = len(office.pushed)
    assert tried > 100, "every ten minutes in the end"

    advance(605)
    wake()
    work()
    assert len(office.pushed) == tried + 1
    assert states() == ["dead"]
    assert events(asked.case.id)[-1] == "oa:refused"


def test_a_refusal_is_an_incident_and_a_retry_sends_again(asked: Step, office: Office) -> None:
    office.answers = [OARejected(reason="no such user")]
    work()
    incident = rows("SELECT * FROM incident")[0]
    assert (incident.kind, incident.connection, states()) == ("delivery", CONNECTION, ["dead"])
    assert "no such user" in incident.message

    with transaction() as session:
        incidents.retry(session, incident.id, by=person("ma.lin"))
    work()

    assert states() == ["sent"]
    assert value("SELECT resolution FROM incident") == "retried"


def test_a_delivery_that_fails_never_holds_up_the_case(asked: Step, office: Office) -> None:
    office.answers = [OARejected(reason="no")] * 5
    work()

    decide(task_of(asked), by="wu.gang")
    work()

    assert value("SELECT count(*) FROM user_task WHERE state = 'open'") == 1
    assert states() == ["dead", "dead"]


def test_deliveries_stand_in_the_chain_and_it_still_verifies(asked: Step, office: Office) -> None:
    office.answers = [OARejected(reason="no")]
    work()
    decide(task_of(asked), by="wu.gang")
    work()

    with transaction() as session:
        check = verify_instance(session, asked.case.id)
    assert check.faults == []
    assert events(asked.case.id)[-2:] == ["task:created", "oa:delivered"]


def test_a_job_that_was_lost_is_made_again(asked: Step, office: Office) -> None:
    take_all(jobs.PUSH)
    assert wake() == 0
    advance(2)

    assert wake() == 1
    assert wake() == 0  # its job waits in the queue

    work()
    assert states() == ["sent"]


def test_what_a_dead_worker_had_taken_is_taken_again_when_its_lease_is_over(asked: Step, office: Office) -> None:
    with transaction() as session:
        assert len(deliveries.take(session, CONNECTION, "", lease=20)) == 1
    work()
    assert (office.pushed, wake()) == ([], 0)

    advance(21)
    assert wake() == 1
    work()

    assert states() == ["sent"]


def test_one_job_takes_the_snapshots_of_many_cases(asked: Step, office: Office) -> None:
    cases = [asked, *(start() for _ in range(25))]
    assert len(take_all(jobs.PUSH)) == 1

    worker.push(CONNECTION)

    assert len(office.pushed) == len(cases)
    assert set(states()) == {"sent"}
    for case in cases:
        assert events(case.case.id).count("oa:delivered") == 1


def test_an_office_that_goes_down_in_the_middle_holds_up_only_what_it_was_asked(asked: Step, office: Office) -> None:
    for _ in range(4):
        start()
    office.answers = [None, OAUnavailable(reason="down")]

    work()

    assert sorted(states()) == ["retry"] + ["sent"] * 4


def test_a_step_makes_no_job_while_a_worker_has_promised_to_look(asked: Step, office: Office) -> None:
    work()
    with transaction() as session:
        deliveries.promise(session, CONNECTION, 60)

    decide(task_of(asked), by="wu.gang")

    assert (take_all(jobs.PUSH), states()) == ([], ["sent", "pending"])
    worker.push(CONNECTION)
    assert states() == ["sent", "sent"]


def test_a_promise_that_runs_out_too_soon_for_the_step_to_rely_on_it_does_not_count(asked: Step, office: Office) -> None:
    work()
    with transaction() as session:
        deliveries.promise(session, CONNECTION, 0.1)

    decide(task_of(asked), by="wu.gang")

    assert len(take_all(jobs.PUSH)) == 1


def test_what_waits_is_found_when_the_worker_that_promised_to_look_is_dead(asked: Step, office: Office) -> None:
    with transaction() as session:
        deliveries.promise(session, CONNECTION, 60)
    take_all(jobs.PUSH)
    advance(2)
    assert wake() == 0

    execute("UPDATE oa_connection SET next_look = now() - interval '1 millisecond'")

    assert wake() == 1


def test_a_promise_from_before_the_clock_was_put_back_does_not_count(asked: Step, office: Office) -> None:
    with transaction() as session:
        deliveries.promise(session, CONNECTION, 1)
    execute("UPDATE oa_connection SET next_look = next_look + interval '1 hour'")
    take_all(jobs.PUSH)
    advance(2)

    assert wake() == 1


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.pushing, "SHORTEST_PAUSE", 0.01)
    monkeypatch.setattr(worker.pushing, "PROMISE", 0.1)


def test_a_job_goes_on_while_more_comes_and_ends_after_what_it_promised(
    asked: Step, office: Office, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_all(jobs.PUSH)
    looks: list[int] = []
    push_some = worker.pushing.push_some

    def looking(*arguments: Any, **named: Any) -> int:
        looks.append(push_some(*arguments, **named))
        if len(looks) < 4:
            start()
        return looks[-1]

    monkeypatch.setattr(worker.pushing, "push_some", looking)

    worker.keep_pushing(CONNECTION)

    assert looks[:4] == [1, 1, 1, 1] and set(looks[4:]) == {0} and len(looks) > 5
    assert value("SELECT next_look < clock_timestamp() FROM oa_connection WHERE key = :key", key=CONNECTION)
    assert set(states()) == {"sent"}


def test_a_single_push_promises_nothing(asked: Step, office: Office, short: None) -> None:
    take_all(jobs.PUSH)

    worker.keep_pushing(CONNECTION)

    assert (states(), value("SELECT next_look FROM oa_connection WHERE key = :key", key=CONNECTION)) == (["sent"], None)


def test_a_worker_that_is_asked_to_end_leaves_its_promise_to_another(
    asked: Step, office: Office, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_all(jobs.PUSH)
    monkeypatch.setattr(worker.hands, "leaving", threading.Event())
    push_some = worker.pushing.push_some

    def looking(*arguments: Any, **named: Any) -> int:
        found = push_some(*arguments, **named)
        start()
        if len(office.pushed) == 3:
            worker.hands.leaving.set()
        return found

    monkeypatch.setattr(worker.pushing, "push_some", looking)

    worker.keep_pushing(CONNECTION)

    assert (len(office.pushed), states().count("pending")) == (3, 1)
    assert take_all(jobs.PUSH) == [{"connection": CONNECTION}]


def test_a_full_batch_calls_another_worker_once(asked: Step, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "BATCH", 2)
    for _ in range(4):
        start()
    take_all(jobs.PUSH)

    worker.push(CONNECTION)

    assert (len(office.pushed), take_all(jobs.PUSH)) == (5, [{"connection": CONNECTION}])


def take() -> list[deliveries.Pending]:
    with transaction() as session:
        return deliveries.take(session, CONNECTION, "", lease=60)


def test_one_worker_at_a_time_speaks_of_a_case(asked: Step, office: Office) -> None:
    (first,) = take()
    decide(task_of(asked), by="wu.gang")

    assert take() == [], "what came meanwhile waits for its turn"
    assert states() == ["sending", "pending"]
    with transaction() as session:
        deliveries.record_receipts(session, [(first, Receipt("r", read_clock(session)))])
    (second,) = take()
    assert second.version > first.version
    assert states() == ["sent", "sending"]


def test_two_workers_who_look_at_the_same_moment_never_both_get_a_case(app: Flask, asked: Step, office: Office) -> None:
    for _ in range(6):
        start()
    decide(task_of(asked), by="wu.gang")
    found: list[Any] = []
    ready = threading.Barrier(4)

    def look() -> None:
        with app.app_context():
            ready.wait()
            for _ in range(5):
                found.extend((one.instance_id, one.version) for one in take())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cases = [case for case, _ in found]
    assert len(cases) == len(set(cases)) == 7


def test_a_push_of_many_slow_calls_keeps_its_case_to_itself_to_the_end(
    app: Flask, asked: Step, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHENPI_WORKER_STALLED", "0.3")
    monkeypatch.setattr(worker.pushing, "LONGEST_CALL", 0.0)
    monkeypatch.setattr(desk, "TELL", 0.1)
    others: list[int] = []

    def push(snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        for _ in range(6):
            desk.StoredDesk(CONNECTION).wait("/call")
            time.sleep(0.2)
        with transaction() as session:
            others.append(len(deliveries.take(session, CONNECTION, "http://here", lease=60)))
            return Receipt("remote-1", read_clock(session))

    monkeypatch.setattr(office, "push", push)
    work()
    assert others == [0]
    assert states() == ["sent"]


def test_the_newest_snapshot_tells_what_older_ones_that_were_never_sent_would_have_told(asked: Step, office: Office) -> None:
    office.answers = [OAUnavailable(reason="down")]
    decide(task_of(asked), by="wu.gang")
    work()
    with transaction() as session:
        open_now = session.execute(text("SELECT id FROM user_task WHERE state = 'open'")).scalar_one()
    decide(open_now, by="wang.fang", outcome="reject")
    advance(30)
    work()

    snapshot, previous = office.pushed[-1]
    told = {view.node_key: view.status for view in snapshot.tasks if view.assignee in ("wu.gang", "wang.fang")}
    assert previous is None
    assert told == {"a": "approved", "b": "rejected"}
    assert snapshot.ended_at is not None
    assert states() == ["superseded", "superseded", "sent"]


def test_a_snapshot_whose_outcome_is_unknown_waits_for_a_person_and_holds_nothing_up(asked: Step, office: Office) -> None:
    office.answers = [OAUnknown(reason="the answer was lost")]
    work()
    assert states() == ["unknown"]
    assert events(asked.case.id)[-1] == "oa:unknown"
    assert wake() == 0, "it is never repeated blindly"

    incident = rows("SELECT * FROM incident")[0]
    with transaction() as session:
        incidents.retry(session, incident.id, by=person("ma.lin"))
    work()
    assert states() == ["sent"]
    with transaction() as session:
        assert verify_instance(session, asked.case.id)


def test_what_comes_after_an_unknown_delivery_settles_it_too(asked: Step, office: Office) -> None:
    office.answers = [OAUnknown(reason="the answer was lost")]
    work()
    decide(task_of(asked), by="wu.gang")
    work()
    assert states() == ["superseded", "sent"]
