"""Who may act for whom, from when to when, and within what."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from drawings import END, START, drawing, human, path
from engine_support import deploy, execute
from flask import Flask
from sqlalchemy.orm import Session
from tests_support import person

from engine import substitutions
from engine.database import transaction
from engine.database.prepared import Prepared
from engine.errors import CircularSubstitution, InvalidVariables, NotFound, NotPermitted, Refused

HOUR = timedelta(hours=1)
TASK: dict[str, Any] = {
    "assignee": "wang.fang", "users": (), "groups": (), "definition": "leave", "amount": "900.00", "currency": "CNY", "department": "office",
}  # fmt: skip


def now() -> datetime:
    return datetime.now(UTC)


def add(away: str, substitute: str, by: str = "ma.lin", **more: Any) -> Any:
    values: dict[str, Any] = {"starts_at": now() - HOUR, "ends_at": now() + HOUR, "reason": "出差"} | more
    with transaction() as session:
        row, chains = substitutions.add(session, by=person(by), person=away, substitute=substitute, **values)
        return row.id, chains


def acting(who: str, when: datetime | None = None, **facts: Any) -> str | None:
    with transaction() as session:
        return substitutions.acting_for(session, person(who), TASK | facts, when or now())


def faults(**values: Any) -> set[str | None]:
    with pytest.raises(InvalidVariables) as refused:
        add(**({"away": "wang.fang", "substitute": "zhao.lei"} | values))
    return {fault.path for fault in refused.value.faults}


def test_a_substitute_acts_for_whom_the_task_is_addressed_and_for_nobody_else(app: Flask) -> None:
    add("wang.fang", "zhao.lei", by="wang.fang")

    assert acting("zhao.lei") == "wang.fang"
    assert acting("zhao.lei", assignee=None, users=["wang.fang"]) == "wang.fang"
    assert acting("zhao.lei", assignee="wu.gang") is None
    assert acting("wu.gang") is None
    assert acting("wang.fang") is None, "it is her own"


def test_a_task_that_is_ones_own_is_never_done_for_another(app: Flask) -> None:
    add("wang.fang", "zhao.lei")

    assert acting("zhao.lei", assignee=None, users=["wang.fang", "zhao.lei"]) is None
    assert acting("zhao.lei", assignee=None, users=["wang.fang"], groups=["finance"]) is None


def test_a_substitute_sees_what_the_groups_of_the_person_are_asked(app: Flask) -> None:
    add("zhao.lei", "wang.fang")

    assert acting("wang.fang", assignee=None, groups=["finance"]) == "zhao.lei"
    assert acting("wang.fang", assignee=None, groups=["directors"]) is None


def test_it_counts_from_its_beginning_to_its_end_or_until_it_is_revoked(app: Flask) -> None:
    start, end = now() + HOUR, now() + 2 * HOUR
    identity, _ = add("wang.fang", "zhao.lei", by="wang.fang", starts_at=start, ends_at=end)

    assert [acting("zhao.lei", when) for when in (start - HOUR, start, end - timedelta(seconds=1), end)] == [
        None,
        "wang.fang",
        "wang.fang",
        None,
    ]
    with transaction() as session:
        substitutions.revoke(session, identity, by=person("wang.fang"))
    assert acting("zhao.lei", start) is None
    with pytest.raises(Refused), transaction() as session:
        substitutions.revoke(session, identity, by=person("wang.fang"))


def test_one_without_end_goes_on_until_it_is_revoked(app: Flask) -> None:
    add("wang.fang", "zhao.lei", ends_at=None)

    assert acting("zhao.lei", now() + timedelta(days=10_000)) == "wang.fang"


SCOPES: tuple[tuple[dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    ({"definition_key": "leave"}, {}, {"definition": "grouped"}),
    ({"amount_limit": "900"}, {}, {"amount": "900.01"}),
    ({"amount_limit": "900"}, {"amount": "-900"}, {"amount": "-901"}),
    ({"amount_limit": "900"}, {}, {"currency": "EUR"}),
    ({"amount_limit": "900"}, {}, {"amount": None}),
    ({"amount_limit": "900", "currency": "eur"}, {"currency": "EUR"}, {"currency": "CNY"}),
    ({"department": "office"}, {}, {"department": "it"}),
    ({"department": "board"}, {}, {"department": None}),
)


def test_a_scope_covers_what_is_within_it(app: Flask) -> None:
    deploy(drawing(START, human("a"), END, path("start", "a", "end"), key="leave"))
    execute("UPDATE department SET parent_id = (SELECT id FROM department WHERE key = 'board') WHERE key = 'office'")
    for scope, within, outside in SCOPES:
        identity, _ = add("wang.fang", "zhao.lei", **scope)
        assert (acting("zhao.lei", **within), acting("zhao.lei", **outside)) == ("wang.fang", None), scope
        with transaction() as session:
            substitutions.revoke(session, identity, by=person("wang.fang"))


def test_where_the_substitute_is_away_too_her_own_acts_and_she_may_still(app: Flask) -> None:
    add("wang.fang", "zhao.lei")
    _, chains = add("li.na", "wang.fang")
    assert chains == [("li.na", "wang.fang", "zhao.lei")]

    for who in ("wang.fang", "zhao.lei"):
        assert acting(who, assignee="li.na") == "li.na"


def test_a_chain_is_as_narrow_as_its_narrowest_link(app: Flask) -> None:
    deploy(drawing(START, human("a"), END, path("start", "a", "end"), key="leave"))
    add("li.na", "wang.fang", amount_limit="5000")
    add("wang.fang", "zhao.lei", amount_limit="800", definition_key="leave")

    assert acting("zhao.lei", assignee="li.na", amount="800") == "li.na"
    assert acting("zhao.lei", assignee="li.na", amount="801") is None
    assert acting("zhao.lei", assignee="li.na", amount="1", definition="grouped") is None
    assert acting("wang.fang", assignee="li.na", amount="5000", definition="grouped") == "li.na"
    add("zhao.lei", "wu.gang", amount_limit="1", currency="EUR")
    assert acting("wu.gang", assignee="li.na", amount="1") is None


def test_a_chain_reaches_five_people_and_no_sixth(app: Flask) -> None:
    row = ("li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing", "sun.mei", "zheng.hao")
    for one, other in pairwise(row):
        add(one, other)

    assert acting("sun.mei", assignee="li.na") == "li.na"
    assert acting("zheng.hao", assignee="li.na") is None
    assert acting("zheng.hao", assignee="wang.fang") == "wang.fang"


def test_somebody_who_has_left_lends_her_authority_to_nobody(app: Flask) -> None:
    add("li.na", "wang.fang")
    add("wang.fang", "zhao.lei")
    execute("UPDATE person SET active = false WHERE key = 'wang.fang'")

    assert acting("zhao.lei") is None
    assert acting("zhao.lei", assignee="li.na") is None


def test_a_circle_is_refused_with_the_chain_that_would_close_it(app: Flask) -> None:
    add("li.na", "wang.fang")
    add("wang.fang", "zhao.lei")

    with pytest.raises(CircularSubstitution) as refused:
        add("zhao.lei", "li.na")
    assert refused.value.facts["chain"] == "zhao.lei → li.na → wang.fang → zhao.lei"
    add("zhao.lei", "li.na", starts_at=now() + 2 * HOUR, ends_at=now() + 3 * HOUR)


def test_who_speaks_for_herself_needs_no_administrator_and_for_others_one(app: Flask) -> None:
    with pytest.raises(NotPermitted):
        add("wang.fang", "li.na", by="li.na")
    identity, _ = add("li.na", "wang.fang", by="li.na")
    for stranger in ("wang.fang", "qian.yi"):
        with pytest.raises(NotFound), transaction() as session:
            substitutions.revoke(session, identity, by=person(stranger))
    with transaction() as session:
        assert substitutions.revoke(session, identity, by=person("ma.lin")).revoked_by == "ma.lin"


def test_every_fault_is_told_with_its_field(app: Flask) -> None:
    execute("UPDATE person SET active = false WHERE key = 'qian.yi'")
    wrong = {"substitute": "qian.yi", "definition_key": "nothing", "department": "nowhere", "amount_limit": "-1", "reason": " "}

    assert faults(**wrong) == {"substitute", "processDefinitionKey", "department", "amountLimit", "reason"}
    assert faults(away="nobody") == {"person"}
    assert faults(substitute="wang.fang") == {"substitute"}
    assert faults(ends_at=now() - timedelta(minutes=1)) == {"endsAt"}
    later = now() + HOUR
    assert faults(starts_at=later, ends_at=later) == {"endsAt"}
    assert faults(amount_limit="5", currency="yuan") == {"currency"}
    for amount in ("NaN", "1e99", "0.0000001", "五"):
        assert faults(amount_limit=amount) == {"amountLimit"}


def test_a_person_has_at_most_twenty_at_a_time(app: Flask) -> None:
    for _ in range(substitutions.MOST):
        add("wang.fang", "zhao.lei")
    with pytest.raises(Refused):
        add("wang.fang", "zhao.lei")


def test_the_list_shows_what_one_gave_and_takes_and_what_is_over_apart(app: Flask) -> None:
    given, _ = add("wang.fang", "zhao.lei")
    taken, _ = add("li.na", "wang.fang")
    add("wu.gang", "chen.jing")
    with transaction() as session:
        substitutions.revoke(session, given, by=person("wang.fang"))

    with transaction() as session:
        assert [row.id for row in substitutions.listed(session, person="wang.fang")] == [taken]
        assert [row.id for row in substitutions.listed(session, person="wang.fang", over=True)] == [given]
        assert len(substitutions.listed(session)) == 2
        assert substitutions.listed(session, after=taken)[0:] == []


def test_everybody_one_may_act_for_is_found_by_one_statement(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add("li.na", "wang.fang", department="office")
    add("wang.fang", "zhao.lei", amount_limit="800")
    actor, nobody = person("zhao.lei"), person("sun.mei")
    runs: list[bytes] = []
    plain = Prepared.run
    monkeypatch.setattr(Prepared, "run", lambda self, *rest: runs.append(self.sql) or plain(self, *rest))
    monkeypatch.setattr(Session, "execute", None)

    with transaction() as session:
        found = substitutions.principals(session, actor, now())
        assert substitutions.principals(session, nobody, now()) == []

    assert len(runs) == 2
    assert [(one.key, one.chain, one.amount_limit, one.departments) for one in found] == [
        ("wang.fang", ("wang.fang", "zhao.lei"), Decimal(800), None),
        ("li.na", ("li.na", "wang.fang", "zhao.lei"), Decimal(800), frozenset({"office"})),
    ]
