"""The doors that every simulator has, and what stands behind them: people, clock, limits, ledger."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from api.simulators import weaver
from api.simulators.clock import Clock
from api.simulators.codes import Codes
from api.simulators.ledger import Ledger
from api.simulators.limits import Limits
from api.simulators.people import People, read_person
from api.simulators.tokens import Tokens


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    made = Ledger(str(tmp_path / "ledger.sqlite"))
    yield made
    made.close()


@pytest.fixture
def client(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any) -> httpx.Client:
    made: httpx.Client = open_client(serve(weaver.create_app(weaver.Config(store=str(tmp_path / "sim.sqlite")))))
    return made


@pytest.mark.parametrize(
    "body", [{"explode": 1}, {"fail": -1}, {"fail": "x"}, {"fail": True}, {"slow": 1e9}, {"fail": 1e9}, {"skew": "x"}, [], "x", None]
)
def test_an_unknown_fault_is_refused_and_names_the_known_ones(client: httpx.Client, body: Any) -> None:
    answer = client.post("/_sim/faults", json=body)

    assert answer.status_code == 400
    if isinstance(body, dict):
        assert "outOfOrder" in answer.json()["message"]


def test_faults_are_shown_with_what_they_mean(client: httpx.Client) -> None:
    client.post("/_sim/faults", json={"fail": 2, "skew": -90, "revoke": 1})

    shown = client.get("/_sim/faults").json()

    assert {name: shown[name]["value"] for name in ("fail", "skew", "revoke", "lose")} == {"fail": 2, "skew": -90, "revoke": 0, "lose": 0}
    assert all(each["meaning"] for each in shown.values())


@pytest.mark.parametrize(
    "body", [{}, "x", None, [5], [{}], [{"userId": 5}], [{"userId": ""}], [{"userId": "a", "active": "no"}], [{"userId": "a", "name": 5}]]
)
def test_what_describes_nobody_replaces_nobody(client: httpx.Client, body: Any) -> None:
    client.post("/_sim/people", json=[{"userId": "li.na"}])

    assert client.post("/_sim/people", json=body).status_code == 400
    assert [each["userId"] for each in client.get("/_sim/people").json()] == ["li.na"]


def test_ids_that_are_not_given_are_made(client: httpx.Client) -> None:
    found = client.post("/_sim/people", json=[{"userId": "li.na", "unionId": "u-7", "extra": 1}]).json()

    assert [(each["openId"], each["unionId"], each["name"], each["active"]) for each in found] == [("ou_li.na", "u-7", "li.na", True)]


@pytest.mark.parametrize("body", [{"rate": 0}, {"rate": "x"}, {"rate": 1e9}, {"skip": -1}, {"skip": "x"}, [], None])
def test_a_clock_that_cannot_be_is_refused(client: httpx.Client, body: Any) -> None:
    assert client.post("/_sim/clock", json=body).status_code == 400


@pytest.mark.parametrize(("path", "body"), [("presses/9", None), ("presses/9/send", {}), ("codes", {"person": "nobody"}), ("codes", {})])
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str, body: Any) -> None:
    answer = client.get(f"/_sim/{path}") if body is None else client.post(f"/_sim/{path}", json=body)

    assert answer.status_code == 404


def test_a_page_of_somebody_elses_cannot_reach_it_under_another_name(client: httpx.Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/_sim/reset", "/_sim/press", "/task", "/rest/ofs/ReceiveRequestInfoByJson"])
def test_a_page_of_another_site_cannot_do_anything(client: httpx.Client, path: str) -> None:
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "kept.sqlite")
    first = Ledger(path)
    Clock(first).run(3600)
    Clock(first).skip(1e6)
    People(first).replace([person for person in [read_person({"userId": "li.na", "department": "总部/财务部"})] if person])
    numbers = [each.number for each in People(first).departments()]
    first.close()

    second = Ledger(path)
    clock, people = Clock(second), People(second)

    assert clock.rate == 3600
    assert [each.number for each in people.departments()] == numbers
    people.add_department("法务部")
    assert [each.number for each in people.departments() if each.path != "法务部"] == numbers
    second.close()


def test_what_fails_in_a_turn_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.turn():
        ledger.put("a", "1", {})
        with ledger.turn():
            ledger.put("a", "2", {})
        raise ZeroDivisionError

    assert ledger.find("a") == []


def test_threads_never_get_the_same_number(ledger: Ledger) -> None:
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.extend(ledger.next("x") for _ in range(50))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(got) == list(range(1, 401))


class StoppedClock(Clock):
    """Goes on only when it is told to."""

    time = 1_000_000.0

    def now(self) -> float:
        return self.time


def test_a_limit_counts_in_any_second_and_in_any_minute(ledger: Ledger) -> None:
    clock = StoppedClock(ledger)
    limits = Limits(clock, per_second=2, per_minute=5)

    def take(at: float) -> float:
        clock.time = 1_000_000.0 + at
        return round(limits.take("api"), 3)

    assert [take(at) for at in (0.0, 0.5, 0.9, 1.0, 1.5)] == [0, 0, 0.1, 0, 0]
    assert [take(at) for at in (2.5, 10.0, 60.0)] == [0, 50.0, 0]
    assert limits.shown()["api"] == {"limit": {"second": 2, "minute": 5}, "peak": {"second": 3, "minute": 7}, "refused": 2}


def test_a_token_is_the_same_until_little_is_left(ledger: Ledger) -> None:
    clock = StoppedClock(ledger)
    tokens = Tokens(ledger, clock)

    first, _ = tokens.give("app", 100, same_while=30)
    clock.time += 69
    again, left = tokens.give("app", 100, same_while=30)
    clock.time += 1
    other, _ = tokens.give("app", 100, same_while=30)

    assert (first == again, first == other, left) == (True, False, 31)
    assert tokens.subject(first) == tokens.subject(other) == "app"
    clock.time += 30
    assert (tokens.subject(first), tokens.subject(other)) == (None, "app")


def test_a_code_is_good_once_and_for_five_minutes(ledger: Ledger) -> None:
    clock = StoppedClock(ledger)
    codes = Codes(ledger, clock)
    first, second = codes.make("li.na"), codes.make("li.na")

    assert [bool(codes.take(first)) for _ in range(2)] == [True, False]
    clock.time += 300
    assert codes.take(second) is None
