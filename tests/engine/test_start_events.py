"""Times and conditions that begin cases: of the newest version only, once each, at the hour that the wall clock shows."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from drawings import END, catch, human, node, path, start, whole
from events_support import advance, deploy, do, execute, proved, queued, rows, tasks, tick, together, variables, work
from web_support import Web, multipart, web

from engine import jobs, start_events, timers
from engine.database import transaction
from engine.database.transaction import read_clock
from models.events import StartEvent

__all__ = ["web"]

CHINA = ZoneInfo("Asia/Shanghai")


def timed(key: str, kind: str, text: str, **attributes: str) -> bytes:
    return whole(start("s", kind, text, **attributes), human("a"), END, path("s", "a", "end"), key=key)


def cases_of(web: Web, key: str) -> list[str]:
    found = rows(
        web,
        "SELECT i.id::text FROM process_instance i JOIN process_definition d ON d.id = i.definition_id WHERE d.key = :key ORDER BY i.started_at",
        key=key,
    )
    return [row[0] for row in found]


def next_of(web: Web, key: str) -> datetime | None:
    found = rows(web, "SELECT due_at FROM start_event WHERE key = :key", key=key)
    return found[0].due_at if found else None


def now(web: Web) -> datetime:
    with web.inside(), transaction() as session:
        return read_clock(session)


def test_a_duration_begins_one_case_after_the_deployment(web: Web) -> None:
    deploy(web, timed("after", "timer", "PT1H"))
    assert tick(web) == 0

    advance(web, 3601)

    assert tick(web) == 1
    case = cases_of(web, "after")[0]
    assert tasks(web, case) == ["a"]
    assert web.get("ma.lin", f"/process-instances/{case}").json["initiator"] == "system"
    assert proved(web, case)
    advance(web, 7200)
    assert tick(web) == 0


def test_a_date_begins_one_case_and_one_that_is_over_begins_it_at_once(web: Web) -> None:
    deploy(web, timed("past", "date", "2020-01-01T09:00:00"))

    assert tick(web) == 1
    assert (len(cases_of(web, "past")), next_of(web, "past")) == (1, None)


def test_a_bounded_cycle_begins_as_many_as_it_says(web: Web) -> None:
    deploy(web, timed("thrice", "cycle", "R3/PT1H"))

    found = []
    for _ in range(5):
        advance(web, 3600)
        tick(web)
        found.append(len(cases_of(web, "thrice")))

    assert found == [1, 2, 3, 3, 3]


def test_an_endless_cycle_goes_on_and_leaves_out_what_was_missed(web: Web) -> None:
    deploy(web, timed("endless", "cycle", "R/PT1H"))
    first = next_of(web, "endless")
    assert first is not None

    advance(web, 10 * 3600)
    assert tick(web) == 1

    assert len(cases_of(web, "endless")) == 1
    following = next_of(web, "endless")
    assert following is not None and following > now(web)
    assert (following - first).total_seconds() % 3600 == 0
    execute(web, "DELETE FROM start_event WHERE key = 'endless'")


def test_cron_begins_a_case_at_its_hour_in_china(web: Web) -> None:
    deploy(web, timed("morning", "cycle", "0 0 8 ? * MON-FRI"))

    due = next_of(web, "morning")

    assert due is not None
    local = due.astimezone(CHINA)
    assert (local.hour, local.minute, local.weekday() < 5) == (8, 0, True)
    advance(web, (due - now(web)).total_seconds() + 1)
    assert tick(web) == 1
    again = next_of(web, "morning")
    assert again is not None and again > due and again.astimezone(CHINA).hour == 8
    assert proved(web, cases_of(web, "morning")[0])
    execute(web, "DELETE FROM start_event WHERE key = 'morning'")


def test_a_daily_cycle_stays_at_its_hour_when_the_clock_is_moved(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHENPI_TIME_ZONE", "Europe/Berlin")
    berlin = ZoneInfo("Europe/Berlin")
    deploy(web, timed("berlin", "cycle", "R/2026-03-28T09:00:00/P1D"))
    with web.inside(), transaction() as session:
        row = session.query(StartEvent).filter_by(key="berlin").one()
        row.due_at = datetime(2026, 3, 28, 9, tzinfo=berlin)
        row.repeats = {**(row.repeats or {}), "n": 0}

        start_events.go_on(session, row, datetime(2026, 3, 28, 9, 0, 1, tzinfo=berlin))

        assert row.due_at == datetime(2026, 3, 29, 9, tzinfo=berlin)
        assert row.due_at.utcoffset() == row.due_at.astimezone(ZoneInfo("UTC")).utcoffset()
        session.delete(row)


def test_a_new_version_takes_the_time_with_it_and_the_old_one_begins_nothing(web: Web) -> None:
    old = deploy(web, timed("moved", "timer", "PT1H"))[0]
    new = deploy(web, timed("moved", "timer", "PT2H"))[0]
    assert (old["version"], new["version"]) == (1, 2)

    advance(web, 3700)
    assert tick(web) == 0
    advance(web, 3700)
    assert tick(web) == 1

    found = rows(web, "SELECT definition_id::text FROM process_instance WHERE id::text = ANY(:ids)", ids=cases_of(web, "moved"))
    assert found == [(new["id"],)]


def test_a_new_version_without_a_time_ends_it(web: Web) -> None:
    deploy(web, timed("ended", "timer", "PT1H"))
    deploy(web, whole(start("s"), human("a"), END, path("s", "a", "end"), key="ended"))

    advance(web, 3700)

    assert (tick(web), cases_of(web, "ended")) == (0, [])


def test_the_same_files_again_do_not_begin_the_time_anew(web: Web) -> None:
    deploy(web, timed("again", "timer", "PT1H"))
    due = next_of(web, "again")
    advance(web, 600)

    deploy(web, timed("again", "timer", "PT1H"))

    assert next_of(web, "again") == due
    execute(web, "DELETE FROM start_event WHERE key = 'again'")


def test_a_time_begins_one_case_however_many_workers_see_it(web: Web) -> None:
    deploy(web, timed("once", "timer", "PT1H"))
    advance(web, 3700)

    def look() -> None:
        with transaction() as session:
            timers.enqueue_due(session)

    together(web, *[look for _ in range(4)])
    found = queued(web, (jobs.STARTS,))
    assert len(found) == 1

    together(web, *[lambda: do(web, found[0]) for _ in range(4)])

    assert len(cases_of(web, "once")) == 1


def test_a_lost_job_is_made_again(web: Web) -> None:
    deploy(web, timed("lost", "timer", "PT1H"))
    advance(web, 3700)
    with web.inside(), transaction() as session:
        assert timers.enqueue_due(session) == 1
    queued(web)

    assert tick(web) == 0
    advance(web, 31)
    assert tick(web) == 1
    assert len(cases_of(web, "lost")) == 1


def test_working_days_count_from_the_deployment(web: Web) -> None:
    event = '<timerEventDefinition shenpi:calendar="weekdays"><timeDuration>P1D</timeDuration></timerEventDefinition>'
    deploy(web, whole(node("startEvent", "s", event), human("a"), END, path("s", "a", "end"), key="workday"))

    due = next_of(web, "workday")

    assert due is not None and due.astimezone(CHINA).weekday() < 5
    execute(web, "DELETE FROM start_event WHERE key = 'workday'")


def test_a_time_that_needs_a_case_is_refused_at_deployment(web: Web) -> None:
    xml = timed("needs", "timer", "${wait}")
    answer = web.post("zheng.hao", "/deployments", **multipart(("files", "p.bpmn", xml)))

    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json["faults"]] == ["start-event-unknown"]
    assert rows(web, "SELECT 1 FROM process_definition WHERE key = 'needs'") == []


# --- conditions


@pytest.fixture(scope="module")
def conditional(web: Web) -> None:
    deploy(
        web,
        whole(start("s", "conditional", "amount > 100"), human("a"), END, path("s", "a", "end"), key="large"),
        whole(start("s", "conditional", "amount > 1000"), human("b"), END, path("s", "b", "end"), key="huge"),
        whole(start("s", "conditional", "colour == 'red'"), human("c"), END, path("s", "c", "end"), key="red"),
    )


def ask(web: Web, **body: Any) -> Any:
    return web.post("li.na", "/conditions", json=body)


def test_variables_begin_a_case_wherever_they_make_a_condition_true(web: Web, conditional: None) -> None:
    answer = ask(web, variables={"amount": 500})

    assert answer.status_code == 200
    cases = answer.json["processInstanceIds"]
    assert [(tasks(web, case), variables(web, case)) for case in cases] == [(["a"], {"amount": 500})]
    assert proved(web, cases[0])
    assert len(ask(web, variables={"amount": 5000}).json["processInstanceIds"]) == 2
    assert ask(web, variables={"amount": 5}).json["processInstanceIds"] == []


def test_one_process_may_be_asked(web: Web, conditional: None) -> None:
    answer = ask(web, variables={"amount": 5000}, processDefinitionKey="huge", businessKey="HUGE-1")

    assert [tasks(web, case) for case in answer.json["processInstanceIds"]] == [["b"]]
    assert ask(web, variables={"amount": 5000}, processDefinitionKey="huge", businessKey="HUGE-1").status_code == 409
    assert ask(web, variables={}, processDefinitionKey="unknown").status_code == 404


def test_a_condition_begins_nothing_by_itself_and_only_who_may_start_may_ask(web: Web, conditional: None) -> None:
    before = rows(web, "SELECT count(*) FROM process_instance")

    assert web.post("zhao.lei", "/conditions", json={"variables": {"amount": 500}}).status_code == 403
    assert ask(web, variables={"outcome": "approve", "amount": 500}).status_code == 422

    assert rows(web, "SELECT count(*) FROM process_instance") == before


# --- gateways and receive tasks that begin a case


def test_a_receive_task_that_begins_a_case_does_so_by_its_message(web: Web) -> None:
    deploy(
        web,
        whole(
            node("receiveTask", "r", messageRef="message_Called", instantiate="true"),
            human("a"),
            END,
            path("r", "a", "end"),
            key="receiving",
        ),
    )

    answer = web.post("ma.lin", "/messages", json={"name": "Called", "variables": {"n": 1}})

    case = answer.json["processInstanceIds"][0]
    assert (answer.json["started"], tasks(web, case)) == (True, ["a"])
    assert proved(web, case)


def test_the_first_event_behind_a_gateway_begins_a_case_on_its_own_way(web: Web) -> None:
    choice = whole(node("eventBasedGateway", "g", instantiate="true"), catch("m", "message", "Left"), catch("s", "signal", "Right"), human("a"), human("b"),
                   path("g", "m", "a"), path("g", "s", "b"), key="choice")  # fmt: skip
    deploy(web, choice)

    left = web.post("ma.lin", "/messages", json={"name": "Left"}).json["processInstanceIds"][0]
    web.post("ma.lin", "/signals", json={"name": "Right"})
    work(web)

    right = next(case for case in cases_of(web, "choice") if case != left)
    assert (tasks(web, left), tasks(web, right)) == (["a"], ["b"])
    assert proved(web, left) and proved(web, right)


def test_several_start_events_of_one_process_each_begin_it(web: Web) -> None:
    several = whole(start("m", "message", "One"), start("n"), human("a"), human("b"), path("m", "a"), path("n", "b"), key="several")
    deploy(web, several)

    by_message = web.post("ma.lin", "/messages", json={"name": "One"}).json["processInstanceIds"][0]
    by_hand = str(web.start("several")["id"])

    assert (tasks(web, by_message), tasks(web, by_hand)) == (["a"], ["b"])
