"""A foreign office system that nobody here wrote: Request Tracker 5 behind the generic webhook."""

import os
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from adapter_names import SECRET
from engine_support import execute, rows
from journeys_support import free_port
from rehearsal_support import Rehearsal, Vendor, login, product
from rt_support import Rt, adapter, require_rt, tracker
from tests_support import person

from engine import tasks
from engine.database import transaction
from engine.database.embedded import EmbeddedServer

WEBHOOK = Vendor("webhook", "", {}, {"secret": SECRET}, {}, {"": login}, "")


class Office(Rehearsal):
    """Request Tracker in the place of a simulator."""

    rt: Rt
    adapter: str

    def rest(self) -> None:
        """A tracker has no limits, and no door to say so."""
        execute("UPDATE oa_rate SET free_at = now()")


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    if os.environ.get("SHENPI_RT") != "1":
        pytest.skip("REQUEST TRACKER DID NOT RUN: `make test-rt` runs it")
    require_rt()
    folder = tmp_path_factory.mktemp("rt")
    at, web = free_port(), free_port()
    callback = f"http://127.0.0.1:{web}/oa/webhook-1/callback"
    with (
        tracker(folder, f"http://127.0.0.1:{at}") as url,
        adapter(folder, at, url, callback),
        product(WEBHOOK, server, template, folder, web, f"http://127.0.0.1:{at}", Office) as found,
    ):
        found.rt = Rt(url)
        found.adapter = f"http://127.0.0.1:{at}"
        yield found


@pytest.fixture
def case(office: Office) -> UUID:
    found = office.begin()
    office.settle()
    return found


def ticket(office: Office, key: str, case: UUID) -> int:
    """Return the open ticket that somebody owns of a case: the newest."""
    found = office.rt.tickets(login(key))
    assert found, f"{key} has no ticket"
    return found[-1]


def test_a_task_is_a_ticket_of_each_who_may_do_it_and_closes_when_it_is_decided_here(office: Office, case: UUID) -> None:
    first, second = ticket(office, "wang.fang", case), ticket(office, "zhao.lei", case)
    office.decide(case, "check", "wang.fang")
    office.settle()
    assert first in office.rt.tickets("wang_fang", "resolved")
    assert second not in office.rt.tickets("zhao_lei")
    assert ticket(office, "wu.gang", case)


def test_a_ticket_that_is_resolved_decides_the_task_once(office: Office, case: UUID) -> None:
    answer = office.rt.press("zhao_lei", ticket(office, "zhao.lei", case))
    assert answer.status_code == 200
    office.settle()
    assert office.decisions(case) == [("check", "zhao.lei")]
    office.rt.press("wu_gang", ticket(office, "wu.gang", case), "rejected")
    office.settle()
    assert office.decisions(case) == [("check", "zhao.lei"), ("decide", "wu.gang")]
    assert rows("SELECT outcome FROM user_task WHERE instance_id = :case AND element = 'decide'", case=case)[0].outcome == "reject"


def test_a_ticket_follows_a_transfer(office: Office, case: UUID) -> None:
    office.decide(case, "check", "wang.fang")
    office.settle()
    mine = ticket(office, "wu.gang", case)
    with transaction() as session:
        task = rows("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)[0].id
        tasks.transfer(session, UUID(str(task)), by=person("wu.gang"), to="chen.jing", reason="出差")
    office.settle()
    assert mine not in office.rt.tickets("wu_gang")
    assert mine in office.rt.tickets("chen_jing")
    office.rt.press("chen_jing", mine)
    office.settle()
    assert office.decisions(case)[-1] == ("decide", "chen.jing")


def test_a_write_on_an_old_reading_is_refused_by_the_tracker(office: Office, case: UUID) -> None:
    mine = ticket(office, "wang.fang", case)
    with office.rt.client("wang_fang") as client:
        old = client.get(f"/ticket/{mine}").headers["ETag"]
        with office.rt.client("root") as other:
            other.put(f"/ticket/{mine}", json={"Subject": "changed in between"}).raise_for_status()
        assert client.put(f"/ticket/{mine}", json={"Status": "resolved"}, headers={"If-Match": old}).status_code == 412
    office.settle()
    assert office.decisions(case) == []


def test_an_impossible_status_is_answered_with_200_and_changes_nothing(office: Office, case: UUID) -> None:
    answer = office.rt.press("wang_fang", ticket(office, "wang.fang", case), "approved")
    assert answer.status_code == 200
    office.settle()
    assert office.decisions(case) == []


def test_decisions_that_were_told_while_nobody_listened_are_found_by_looking(office: Office) -> None:
    cases = [office.begin(), office.begin()]
    office.settle()
    mine = office.rt.tickets("zhao_lei")[-2:]
    httpx.post(f"{office.adapter}/listen/0", timeout=10).raise_for_status()
    for each in mine:
        office.rt.press("zhao_lei", each)
    httpx.post(f"{office.adapter}/listen/1", timeout=10).raise_for_status()
    office.settle()
    assert [office.decisions(case) for case in cases] == [[], []]
    assert httpx.post(f"{office.adapter}/reconcile", timeout=60).json() == {"found": 2}
    office.settle()
    assert [office.decisions(case) for case in cases] == [[("check", "zhao.lei")]] * 2
    assert httpx.post(f"{office.adapter}/reconcile", timeout=60).json() == {"found": 0}, "a second look is clean"
