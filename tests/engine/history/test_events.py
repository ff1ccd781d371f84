"""The recorder: exact bytes, one spelling, and a hash that ties each event to the one before it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.history import GENESIS, Recorder, seal
from engine.history.chain import Row, verify
from engine.history.events import exact, stamp

BOUNDED = settings(max_examples=50, deadline=None)
CASE = UUID("01a20000-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 22, 9, 41, 7, 123456, tzinfo=UTC)
SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def rows(recorder: Recorder) -> list[Row]:
    return [
        Row(e.instance_id, e.number, e.step, e.type, e.at, e.actor, e.element, e.body, e.hash, e.personal, e.salt) for e in recorder.events
    ]


def test_the_bytes_are_those_of_the_contract() -> None:
    recorder = Recorder(CASE, 3, NOW, 16, bytes(range(32)))

    event = recorder.record("task:completed", actor="li.na", element="approve_manager", data={"b": 1, "a": "甲"})

    expected = (
        '{"actor":"li.na","at":"2026-11-22T09:41:07.123456Z","data":{"a":"甲","b":1},"element":"approve_manager",'
        '"instance":"01a20000-0000-7000-8000-000000000001","number":17,"onBehalfOf":null,"personal":null,"step":3,"type":"task:completed","v":1}'
    ).encode()
    assert event.body == expected
    assert event.hash == sha256(bytes(range(32)) + expected).digest()


def test_the_first_event_follows_32_zero_bytes() -> None:
    assert GENESIS == b"\0" * 32
    assert seal(GENESIS, b"x") == sha256(b"\0" * 32 + b"x").digest()


def test_personal_payload_stands_beside_the_bytes_under_a_salt_of_its_own() -> None:
    recorder = Recorder(CASE, 1, NOW, 0, GENESIS)

    one, two = (recorder.record("task:completed", personal={"comment": "同意"}) for _ in range(2))

    assert one.salt is not None and two.salt is not None and one.personal is not None
    assert (len(one.salt), one.salt != two.salt) == (16, True)
    assert "同意".encode() not in one.body
    assert json.loads(one.body)["personal"] == sha256(one.salt + '{"comment":"同意"}'.encode()).hexdigest()


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00.000000Z"),
        (datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))), "2026-01-01T00:00:00.000000Z"),
        (datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "2026-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_has_one_spelling(moment: datetime, text: str) -> None:
    assert stamp(moment) == text


@pytest.mark.parametrize(
    "value", [NOW, NOW.date(), {1, 2}, object(), b"x", 2**53, -(2**53), {1: "a"}, "\ud800", type("Text", (str,), {})("x")]
)
def test_what_json_spells_in_several_ways_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        exact({"a": value})


@BOUNDED
@given(st.floats())
def test_every_float_is_refused_wherever_it_stands(number: float) -> None:
    for value in (number, [number], {"a": {"b": [number]}}):
        with pytest.raises(TypeError):
            exact({"a": value})


@BOUNDED
@given(PLAIN)
def test_the_same_content_always_has_the_same_bytes(value: Any) -> None:
    raw = exact(value)

    assert exact(json.loads(raw)) == raw
    if isinstance(value, dict):
        assert exact(dict(reversed(value.items()))) == raw


@BOUNDED
@given(
    st.lists(
        st.tuples(TEXT, st.dictionaries(TEXT, PLAIN)),
        max_size=6,
    )
)
def test_whatever_is_recorded_verifies(steps: list[tuple[str, dict[str, Any]]]) -> None:
    recorder = Recorder(CASE, 1, NOW, 0, GENESIS)
    for kind, data in steps:
        recorder.record(kind, data=data, personal=data)

    check = verify(rows(recorder))

    assert (check.faults, check.events) == ([], len(steps))


@BOUNDED
@given(st.integers(0, 5), st.integers(0, 400), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_found(number: int, place: int, change: int) -> None:
    recorder = Recorder(CASE, 1, NOW, 0, GENESIS)
    for index in range(6):
        recorder.record("task:completed", actor="li.na", data={"n": index}, personal={"comment": "同意"})
    found = rows(recorder)
    body = bytearray(found[number].body)
    body[place % len(body)] ^= change
    found[number] = found[number]._replace(body=bytes(body))

    assert f"{CASE}/{number + 1}" in {fault.path for fault in verify(found).faults}
