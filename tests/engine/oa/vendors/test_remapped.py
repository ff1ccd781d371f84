"""People whose ids change while their to-dos stand in the office system."""

from uuid import UUID

import pytest
from rehearsal_support import Rehearsal
from tests_support import person

from engine import identities
from engine.database import transaction


@pytest.fixture
def case(stage: Rehearsal) -> UUID:
    found = stage.begin()
    stage.settle()
    return found


def forget(stage: Rehearsal, key: str) -> None:
    with transaction() as session:
        for id_type in stage.vendor.ids:
            identities.forget(session, stage.key, key, id_type, by=person("ma.lin"))
    stage.settle()


def give(stage: Rehearsal, key: str, other: str | None = None) -> None:
    """Map somebody, to her own ids or to those of another."""
    with transaction() as session:
        entries = [(key, id_type, spelled(other or key)) for id_type, spelled in stage.vendor.ids.items()]
        identities.put_many(session, stage.key, entries, by=person("ma.lin"))
    stage.settle()


def test_who_is_no_longer_mapped_keeps_no_card_when_it_is_decided(stage: Rehearsal, case: UUID) -> None:
    forget(stage, "zhao.lei")
    try:
        stage.decide(case, "check", "wang.fang")
        stage.settle()
        assert stage.todos("zhao.lei", case) == []
    finally:
        give(stage, "zhao.lei")


def test_who_is_no_longer_mapped_keeps_no_card_of_what_is_still_open(stage: Rehearsal, case: UUID) -> None:
    forget(stage, "zhao.lei")
    try:
        assert stage.todos("zhao.lei", case) == []
        assert len(stage.todos("wang.fang", case)) == 1
    finally:
        give(stage, "zhao.lei")
    assert len(stage.todos("zhao.lei", case)) == 1
    assert stage.reconcile(case) == []
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    assert stage.differences(case) == []


def test_whose_id_was_wrong_has_her_card_under_the_right_one_and_nobody_else_keeps_it(stage: Rehearsal, case: UUID) -> None:
    forget(stage, "li.na")
    give(stage, "zhao.lei", "li.na")
    try:
        assert len(stage.todos("li.na", case)) == 1
        assert stage.todos("zhao.lei", case) == []
        assert stage.reconcile(case) == []
    finally:
        give(stage, "zhao.lei")
        give(stage, "li.na")
    assert stage.todos("li.na", case) == []
    assert len(stage.todos("zhao.lei", case)) == 1
    assert stage.reconcile(case) == []
    stage.decide(case, "check", "zhao.lei")
    stage.settle()
    assert stage.differences(case) == []
    assert stage.reconcile(case) == []


def test_who_goes_to_another_id_and_back_twice_has_her_card_each_time_where_she_is(stage: Rehearsal, case: UUID) -> None:
    forget(stage, "li.na")
    try:
        for id_of, other in (("li.na", "zhao.lei"), ("zhao.lei", "li.na"), ("li.na", "zhao.lei")):
            give(stage, "zhao.lei", id_of)
            assert len(stage.todos(id_of, case)) == 1
            assert stage.todos(other, case) == []
            assert stage.reconcile(case) == []
    finally:
        give(stage, "zhao.lei")
        give(stage, "li.na")
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    assert stage.differences(case) == []
    assert stage.reconcile(case) == []
