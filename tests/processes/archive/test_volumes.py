"""Archival codes under load: no gap, no code twice, whoever comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from archive_support import Flow
from flask import Flask
from sqlalchemy import func, select

from engine.database import transaction
from engine.errors import ExecutionFailed, InvalidContent
from engine.operations import Situation
from models import db
from models.archive import ArchiveItem, ArchiveVolume
from models.identity import LegalEntity
from models.runtime import ProcessInstance
from processes.archive import volumes
from processes.archive.collecting import item_of


@pytest.fixture
def make_items(flow: Flow) -> Callable[..., list[UUID]]:
    """Make items that wait for a code, in the archive of a new legal entity; each belongs to a case of its own."""

    def make(*months: str) -> list[UUID]:
        case = flow.submit()
        with transaction() as session:
            number = session.execute(select(func.count()).select_from(LegalEntity)).scalar_one()
            entity = LegalEntity(key=f"e{number}", name="x", tax_id=f"T{number}", fonds=f"F{number}")
            session.add(entity)
            session.flush()
            made = []
            for place, month in enumerate(months):
                # a case is only a row here: what is tested is the numbering
                instance = session.get_one(ProcessInstance, case)
                columns = {
                    column.key: getattr(instance, column.key)
                    for column in ProcessInstance.__table__.columns
                    if column.key not in ("id", "business_key")
                }
                copy = ProcessInstance(business_key=f"X-{entity.key}-{place}", **columns)
                session.add(copy)
                session.flush()
                request = {"recordClass": "PZ", "retention": "D30", "period": month, "legalEntity": {"fonds": entity.fonds}}
                item = ArchiveItem(
                    source_kind="invoice", source_id=copy.id, source_instance_id=copy.id, legal_entity_id=entity.id, title="x", request=request,
                    retention="D30", state="collecting",
                )  # fmt: skip
                session.add(item)
                session.flush()
                made.append(item.id)
            return made

    return make


def told(item_id: UUID) -> Situation:
    return Situation(item_id, "GD-1", "assign_code", "archive_item", item_id, None, None, "key")  # type: ignore[arg-type]


def assign(item_id: UUID) -> str:
    with transaction() as session:
        code: str = volumes.assign_code(session, told(item_id), {}).value["code"]
    return code


def test_a_volume_holds_one_month_and_numbers_go_on_within_it(make_items: Callable[..., list[UUID]]) -> None:
    codes = [assign(item) for item in make_items("2026-11", "2026-11", "2026-12", "2026-11", "2027-01")]

    assert [code.partition("-")[2] for code in codes] == [
        "KU·PZ·2026-D30-0001-0001",
        "KU·PZ·2026-D30-0001-0002",
        "KU·PZ·2026-D30-0002-0001",
        "KU·PZ·2026-D30-0001-0003",
        "KU·PZ·2027-D30-0001-0001",
    ]


def test_a_code_is_given_once(make_items: Callable[..., list[UUID]]) -> None:
    (item,) = make_items("2026-11")

    assert assign(item) == assign(item)
    with transaction() as session:
        row = session.get_one(ArchiveItem, item)
        assert (row.state, row.number, row.keep_until and row.keep_until.isoformat()) == ("filed", 1, "2056-12-31")
        assert row.volume is not None
        assert row.volume.last_item == 1


def test_a_number_that_was_not_committed_is_not_lost(make_items: Callable[..., list[UUID]]) -> None:
    first, second = make_items("2026-11", "2026-11")
    with pytest.raises(InvalidContent), transaction() as session:
        volumes.assign_code(session, told(first), {})
        raise InvalidContent([])

    assert assign(second).endswith("-0001-0001")
    assert assign(first).endswith("-0001-0002")


def test_a_full_volume_is_closed_and_the_next_one_opened(make_items: Callable[..., list[UUID]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "MOST_ITEMS", 2)
    codes = [assign(item) for item in make_items("2026-11", "2026-11", "2026-11")]

    assert [code[-9:] for code in codes] == ["0001-0001", "0001-0002", "0002-0001"]


def test_parts_that_make_no_code_are_refused_and_take_no_number(make_items: Callable[..., list[UUID]]) -> None:
    (item,) = make_items("2026-11")
    with transaction() as session:
        row = session.get_one(ArchiveItem, item)
        row.request = row.request | {"legalEntity": {"fonds": "s 1"}}

    with pytest.raises(ExecutionFailed, match="fonds"), transaction() as session:
        volumes.assign_code(session, told(item), {})
    with transaction() as session:
        entity = session.get_one(ArchiveItem, item).legal_entity_id
        assert session.scalars(select(ArchiveVolume).filter_by(legal_entity_id=entity)).all() == []


def test_a_filing_about_another_item_is_refused(make_items: Callable[..., list[UUID]]) -> None:
    first, second = make_items("2026-11", "2026-11")
    with transaction() as session:
        session.get_one(ArchiveItem, first).filing_instance_id = session.get_one(ArchiveItem, second).source_instance_id
    with transaction() as session, pytest.raises(ExecutionFailed):
        item_of(session, told(first))


def test_two_threads_racing_leave_no_gap_and_no_code_twice(installed: Flask, make_items: Callable[..., list[UUID]]) -> None:
    items = make_items(*(["2026-11", "2026-12"] * 15))

    def run(mine: list[UUID]) -> list[str]:
        with installed.app_context():
            try:
                return [assign(item) for item in mine]
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        found = [code for codes in pool.map(run, [items[::2], items[1::2]]) for code in codes]

    with transaction() as session:
        entity = session.get_one(ArchiveItem, items[0]).legal_entity_id
        months = {volume.number: volume.month for volume in session.scalars(select(ArchiveVolume).filter_by(legal_entity_id=entity))}
    assert sorted(months.values()) == ["2026-11", "2026-12"]
    assert sorted(months) == [1, 2]
    assert sorted(code[-9:] for code in found) == [f"{volume:04d}-{number:04d}" for volume in (1, 2) for number in range(1, 16)]


def test_many_threads_into_one_volume_leave_no_gap(installed: Flask, make_items: Callable[..., list[UUID]]) -> None:
    items = make_items(*(["2026-11"] * 24))

    def run(item: UUID) -> str:
        with installed.app_context():
            try:
                return assign(item)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(run, items))

    assert sorted(code[-9:] for code in found) == [f"0001-{number:04d}" for number in range(1, 25)]
