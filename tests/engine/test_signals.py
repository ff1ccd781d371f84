"""Signals reach every case that waits for them and every process that begins with them, each once."""

from typing import Any

import pytest
from drawings import END, START, boundary, catch, event_start, event_sub, human, node, path, start, throw, whole
from events_support import deploy, do, execute, proved, queued, rows, status, tasks, together, types, variables, work
from web_support import Web, web

from engine import jobs, signals
from engine.database import transaction

__all__ = ["web"]

WAITING = whole(START, catch("wait", "signal", "Open"), human("a"), END, path("start", "wait", "a", "end"), key="waiting")
BEGUN = whole(start("opened", "signal", "Open"), human("a"), END, path("opened", "a", "end"), key="begun")
SUSPENDED = whole(START, catch("wait", "signal", "Held"), human("a"), END, path("start", "wait", "a", "end"), key="held")


@pytest.fixture(scope="module", autouse=True)
def deployed(web: Web) -> None:
    deploy(web, WAITING, SUSPENDED)


def signal(web: Web, name: str, **body: Any) -> Any:
    answer = web.post("ma.lin", "/signals", json={"name": name, **body})
    assert answer.status_code == 202, answer.text
    return answer.json


def cases_of(web: Web, key: str) -> list[str]:
    found = rows(
        web, "SELECT i.id::text FROM process_instance i JOIN process_definition d ON d.id = i.definition_id WHERE d.key = :key", key=key
    )
    return [row[0] for row in found]


def test_every_case_that_waits_hears_it_and_no_other(web: Web) -> None:
    cases = [str(web.start("waiting")["id"]) for _ in range(5)]
    other = str(web.start("held")["id"])

    assert signal(web, "Open", variables={"by": "总部"}) == {"processInstances": 5, "startEvents": 0}
    work(web)

    for case in cases:
        assert (tasks(web, case), variables(web, case)) == (["a"], {"by": "总部"})
        assert types(web, case)[-4:] == ["signal:received", "variables:changed", "path:taken", "task:created"]
        assert proved(web, case)
    assert tasks(web, other) == []
    assert rows(web, "SELECT 1 FROM signal") == []


def test_a_signal_is_not_kept_for_who_comes_later(web: Web) -> None:
    assert signal(web, "Open")["processInstances"] == 0

    case = str(web.start("waiting")["id"])
    work(web)

    assert tasks(web, case) == []


def test_a_signal_begins_a_case_of_each_process_that_starts_with_it(web: Web) -> None:
    deploy(web, BEGUN)
    try:
        assert signal(web, "Open", variables={"n": 7})["startEvents"] == 1
        work(web)

        case = cases_of(web, "begun")[0]
        assert (tasks(web, case), variables(web, case)) == (["a"], {"n": 7})
        assert proved(web, case)
    finally:
        deploy(web, whole(START, END, path("start", "end"), key="begun"))
    assert signal(web, "Open")["startEvents"] == 0


def test_a_thrown_signal_is_heard_at_once_by_its_own_case_and_then_by_the_others(web: Web) -> None:
    both = whole(START, node("parallelGateway", "f"), catch("hear", "signal", "Own"), throw("say", "signal", "Own"), human("a"), END,
                 path("start", "f", "hear", "a", "end"), path("f", "say"), key="both")  # fmt: skip
    deploy(web, both, whole(START, catch("hear", "signal", "Own"), human("a"), END, path("start", "hear", "a", "end"), key="listener"))
    listener = str(web.start("listener")["id"])

    case = str(web.start("both")["id"])

    assert tasks(web, case) == ["a"]
    work(web)
    assert tasks(web, listener) == ["a"]
    assert types(web, case).count("signal:received") == 0
    assert proved(web, case) and proved(web, listener)


def test_boundaries_and_event_sub_processes_hear_signals(web: Web) -> None:
    deploy(
        web,
        whole(START, human("a"), boundary("b", "a", "signal", "Stop", False), human("c"), END, path("start", "a", "end"), path("b", "c"), key="edge"),
        whole(
            START, human("a"), END, path("start", "a", "end"),
            event_sub("part", event_start("s", "signal", "Stop"), human("d"), path("s", "d")), key="parted",
        ),
    )  # fmt: skip
    edge, part = str(web.start("edge")["id"]), str(web.start("parted")["id"])

    signal(web, "Stop")
    work(web)
    signal(web, "Stop")
    work(web)

    assert (tasks(web, edge), tasks(web, part)) == (["a", "c", "c"], ["d"])
    assert proved(web, edge) and proved(web, part)


def test_a_signal_comes_once_however_often_its_job_is_done(web: Web) -> None:
    case = str(web.start("waiting")["id"])
    signal(web, "Open")
    found = queued(web)
    assert len(found) == 1

    together(web, *[lambda: do(web, found[0]) for _ in range(3)])
    do(web, found[0])

    assert types(web, case).count("signal:received") == 1


def test_a_lost_job_is_made_again(web: Web) -> None:
    case = str(web.start("waiting")["id"])
    signal(web, "Open")
    queued(web)
    execute(web, "UPDATE signal SET sent_at = sent_at - interval '2 minutes'")

    with web.inside(), transaction() as session:
        signals.wake_lost(session)
    work(web)

    assert tasks(web, case) == ["a"]


def test_many_signals_and_decisions_at_once_leave_every_case_whole(web: Web) -> None:
    edge = whole(
        START,
        human("a"),
        boundary("b", "a", "signal", "Many", False),
        human("c"),
        END,
        path("start", "a", "end"),
        path("b", "c"),
        key="many",
    )
    deploy(web, edge)
    started = [web.start("many") for _ in range(3)]
    for _ in range(2):
        signal(web, "Many")
    found = queued(web, (jobs.SIGNAL,))

    together(
        web,
        *[lambda job=job: do(web, job) for job in found],
        *[lambda task=one["tasks"][0]["id"]: web.complete("wang.fang", task) for one in started],
    )
    work(web)

    for one in started:
        assert proved(web, str(one["id"]))
        assert status(web, str(one["id"])) in ("running", "completed")


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "a", "variables": {"decisions": 1}}, {"name": "a", "businessKey": "x"}, {"name": "a\0"}]
)
def test_a_signal_that_cannot_be_is_refused(web: Web, body: dict[str, Any]) -> None:
    assert web.post("ma.lin", "/signals", json=body).status_code == 422
