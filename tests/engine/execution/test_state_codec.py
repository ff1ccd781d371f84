"""Values and states to bytes and back: equal in value and in type, whatever the keys are called."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from drawings import END, START, catch, gateway, human, instances, node, path, sub, task, timer, whole
from drawings import start as begin
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import NOW, Stub, program_of

from engine.errors import InvalidVariables
from engine.execution import Execution, values

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
HOSTILE = st.sampled_from(["$d", "$t", "$a", "$i", "$u", "$b", "$s", "$m", "$", "$$", "typename", "__class__", "v", "rows", "memory", ""])
KEYS = HOSTILE | TEXTS
ZONES = st.sampled_from(
    [None, UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=9, seconds=1)), ZoneInfo("Asia/Shanghai")]
)
SIMPLE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | TEXTS
    | HOSTILE
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e30"), max_value=Decimal("1e30"))
    | st.dates()
    | st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001
    | st.timedeltas()
    | st.uuids()
    | st.binary(max_size=30)
)
VALUES = st.recursive(SIMPLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal in value and type all the way down; of a Decimal every digit, of a time its distance from UTC."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, datetime):
        return one.replace(tzinfo=None, fold=0) == other.replace(tzinfo=None) and one.utcoffset() == other.utcoffset()
    return bool(one == other)


@given(VALUES)
def test_a_value_is_the_same_after_writing_and_reading_it(value: Any) -> None:
    assert same(values.loads(values.dumps(value)), value)


@given(VALUES)
def test_writing_is_the_same_by_the_fast_and_the_slow_way(value: Any) -> None:
    slow = values.tagged(value)
    assert same(values.untagged(orjson.loads(orjson.dumps(slow))), value)


@given(VALUES)
def test_what_has_been_cleaned_once_is_clean_and_shares_nothing(value: Any) -> None:
    once = values.clean(value)
    assert same(once, value)
    assert same(values.clean(once), once)
    if isinstance(value, list | dict):
        assert once is not value


@given(st.sets(st.integers(0, 99) | TEXTS, max_size=6))
def test_a_set_stays_a_set(value: set[Any]) -> None:
    assert values.loads(values.dumps(values.clean(value))) == value


@given(st.integers(2**53, 2**200) | st.integers(-(2**200), -(2**53)))
def test_an_integer_that_readers_of_json_disagree_about_becomes_a_decimal(value: int) -> None:
    kept = values.clean(value)
    assert isinstance(kept, Decimal)
    assert kept == value
    assert same(values.loads(values.dumps(kept)), kept)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100))
def test_a_float_becomes_the_decimal_of_its_shortest_text(value: float) -> None:
    kept = values.clean(value)
    assert isinstance(kept, Decimal)
    assert float(kept) == value


@given(VALUES, st.sampled_from([float("nan"), float("inf"), Decimal("NaN"), "\0", "\ud800", object(), {1: 2}]), st.integers(0, 3))
def test_one_value_that_cannot_be_kept_is_refused_with_its_place_however_deep_it_stands(good: Any, bad: Any, depth: int) -> None:
    for _ in range(depth):
        bad = {"good": good, "bad": [good, bad]}
    with pytest.raises(InvalidVariables) as refused:
        values.clean(bad, "x")
    assert refused.value.faults[0].path == "x" + ".bad[1]" * depth


# --- whole states

#: people, events, joins, loops and scopes all wait at once
WAITING = whole(
    START, gateway("split", "parallel"), human("a"), timer("late", "P1D"), catch("m", "message", "M"), catch("s", "signal", "S"),
    catch("c", "conditional", "${n > 5}"),
    task("votes", "userTask", instances(collection="people", element="who", gather=("found", "outcome"))),
    sub("inner", node("property", "mine", name="mine"), begin("i0"), human("b"), path("i0", "b")), gateway("race", "eventBased"),
    catch("r1", "timer", "P2D"),
    catch("r2", "message", "N"), gateway("join", "parallel"), END, path("start", "split", "a", "join", "end"), path("split", "join"),
    path("split", "late", "end"),
    path("split", "m", "end"), path("split", "s", "end"), path("split", "c", "end"), path("split", "votes", "end"),
    path("split", "inner", "end"),
    path("split", "race", "r1", "end"), path("race", "r2", "end"),
)  # fmt: skip


def begun(variables: dict[str, Any]) -> Execution:
    return Execution.start(program_of(WAITING), NOW, Stub(), {"n": 0, "people": ["x", "y"], **variables}, "li.na")


def again(execution: Execution) -> Execution:
    return Execution.restore(execution.program, NOW, execution.operations, execution.save())


@given(
    st.dictionaries(
        st.from_regex(r"\A[a-z_]{1,8}\Z").filter(lambda name: name not in ("n", "people", "outcome", "decisions")), VALUES, max_size=4
    )
)
@settings(max_examples=40)
def test_a_state_is_the_same_after_saving_and_loading_it_with_any_variables(variables: dict[str, Any]) -> None:
    execution = begun(variables)
    restored = again(execution)
    for name, value in variables.items():
        assert same(restored.memory.variables[name], value)
    assert restored.save() == execution.save()
    assert [task.token for task in restored.open_tasks()] == [task.token for task in execution.open_tasks()]
    assert restored.timers() == execution.timers()
    assert restored.messages() == execution.messages()
    assert restored.signals() == execution.signals()


#: what expressions know, and so can hand to an instance of a loop
CARRIED = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | TEXTS | HOSTILE | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=8,
)


@given(VALUES, CARRIED)
@settings(max_examples=40)
def test_a_value_given_with_a_decision_a_message_and_an_element_of_a_list_is_the_same_after_a_restart(value: Any, carried: Any) -> None:
    execution = begun({"people": [carried]})
    execution.complete(
        next(task.token for task in execution.open_tasks() if task.element == "a"), {"outcome": "approve", "comment": "x"}, {"given": value}
    )
    execution = again(execution)
    execution.receive(next(one.token for one in execution.messages() if one.element == "m"), {"brought": value})
    execution = again(execution)
    assert same(execution.memory.variables["given"], value)
    assert same(execution.memory.variables["brought"], value)
    vote = next(one.token for one in execution.open_tasks() if one.element == "votes")
    assert same(execution.variables_of(vote)["who"], carried)


def test_a_state_of_an_unknown_version_is_refused() -> None:
    raw = orjson.loads(begun({}).save())
    raw["v"] = 999
    with pytest.raises(ValueError, match="999"):
        Execution.restore(program_of(WAITING), NOW, Stub(), orjson.dumps(raw))


def test_a_state_holds_neither_the_drawing_nor_what_is_over() -> None:
    execution = begun({})
    before = execution.save()
    assert b"sequenceFlow" not in before
    assert b"n > 5" not in before
    for _ in range(3):
        execution = again(execution)
    assert execution.save() == before


@pytest.mark.parametrize(
    "value",
    [
        UUID(int=1),
        b"\0\xff",
        Decimal("1.20"),
        Decimal("-0"),
        date(2026, 11, 22),
        timedelta(days=-1, microseconds=1),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_a_value_of_each_kind_that_json_does_not_have_comes_back_as_it_was(value: Any) -> None:
    assert same(values.loads(values.dumps({"$d": value, "list": [value, {"$m": value}]})), {"$d": value, "list": [value, {"$m": value}]})
