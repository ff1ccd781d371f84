"""Histories as files."""

from uuid import uuid4

import orjson
from archive_support import approval_rows, chain_of
from hypothesis import given
from hypothesis import strategies as some

from processes.archive import chainfile

NAMES = some.text(min_size=1, max_size=8)
TEXTS = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)
EVENTS = some.lists(
    some.tuples(NAMES, some.none() | NAMES, some.dictionaries(TEXTS, TEXTS, max_size=3), some.dictionaries(TEXTS, TEXTS, max_size=2)),
    max_size=5,
)


@given(EVENTS)
def test_every_history_is_read_back_byte_for_byte(events: list) -> None:  # type: ignore[type-arg]
    rows = chain_of(uuid4(), events)

    assert chainfile.load(chainfile.dump(rows), "x") == (rows, [])


@given(some.binary(max_size=200))
def test_any_bytes_give_events_or_faults_and_no_traceback(data: bytes) -> None:
    rows, faults = chainfile.load(data, "data/history/x.jsonl")

    assert len(rows) + len(faults) == len(data.splitlines())


@given(
    some.integers(0, 4),
    some.recursive(some.none() | some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.text(max_size=5), some.lists, max_leaves=3),
    some.sampled_from(["number", "step", "type", "at", "actor", "element", "body", "hash", "personal", "salt"]),
)
def test_a_field_of_any_kind_gives_an_event_or_a_fault(line: int, value: object, name: str) -> None:
    lines = [orjson.loads(text) for text in chainfile.dump(approval_rows()).splitlines()]
    lines[line][name] = value
    data = b"".join(orjson.dumps(each) + b"\n" for each in lines)

    rows, faults = chainfile.load(data, "x")
    assert len(rows) + len(faults) == 5
