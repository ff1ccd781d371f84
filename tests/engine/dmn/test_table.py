"""What a table decides. Each row of the list of what the library gets wrong has a test here (reference: DMN 1.3, 8.2.8 and 9)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn import Decision, map_result, read
from engine.errors import BudgetExceeded, ExecutionFailed, InvalidDefinition
from engine.language import Budget

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
V11 = "http://www.omg.org/spec/DMN/20151101/dmn.xsd"
V12 = "http://www.omg.org/spec/DMN/20180521/MODEL/"
V13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def xml(
    rows: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    inputs: Sequence[tuple[str, str]] = (("x", ""),),
    outputs: Sequence[tuple[str, str]] = (("y", ""),),
    policy: str = "UNIQUE",
    aggregation: str = "",
    namespace: str = V13,
    extra: str = "",
) -> bytes:
    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(f"<{tag}><text>{escape(text)}</text></{tag}>" for text in texts)

    columns = "".join(
        f'<input id="in-{n}"><inputExpression typeRef="{t}"><text>{escape(n)}</text></inputExpression></input>' for n, t in inputs
    )
    columns += "".join(f'<output id="out-{n}" name="{n}" typeRef="{t}">{extra}</output>' for n, t in outputs)
    rules = "".join(f'<rule id="r{i}">{cells("inputEntry", a)}{cells("outputEntry", b)}</rule>' for i, (a, b) in enumerate(rows, 1))
    how = f'hitPolicy="{policy}"' + (f' aggregation="{aggregation}"' if aggregation else "")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" id="d" name="d" namespace="n">'
        f'<decision id="choose" name="Choose"><decisionTable id="t" {how}>{columns}{rules}</decisionTable></decision></definitions>'
    ).encode()


def table(rows: Sequence[tuple[Sequence[str], Sequence[str]]], **more: Any) -> Decision:
    return read(xml(rows, **more), "t.dmn")["choose"]


def decide(decision: Decision, **variables: Any) -> list[dict[str, Any]]:
    return decision.decide(variables, now=NOW).results


def matches(cell: str, value: Any, *, kind: str = "", **variables: Any) -> bool:
    return bool(decide(table([([cell], ["1"])], inputs=[("x", kind)]), x=value, **variables))


def outcome(cell: str, **variables: Any) -> Any:
    return decide(table([(["-"], [cell])]), x=1, **variables)[0]["y"]


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("-", [1, "a", None, True], []),
        ("", [1, "a", None, True], []),
        ("5", [5, Decimal("5.0"), 5.0], [4, "5", None, True]),
        ("5.10", [Decimal("5.1")], [5]),
        ("-5", [-5], [5]),
        ('"CNY"', ["CNY"], ["USD", None, 1]),
        ('"say \\"hi\\""', ['say "hi"'], ["say hi"]),
        ("true", [True], [False, 1, None]),
        ("false", [False], [True, 0, None]),
        ("null", [None], [0, "", False]),
        ("< 5", [4, Decimal("4.99"), -1], [5, 6, None]),
        ("<5", [4], [5]),
        ("<= 5", [5, 4], [6, None]),
        ("> 5", [6], [5, None]),
        (">= 5", [5, 6], [4, None]),
        ('< "b"', ["a"], ["b", "c"]),
        ("[5000..20000]", [5000, 20000, Decimal("12000.50")], [Decimal("4999.99"), Decimal("20000.01"), None]),
        ("(5000..20000]", [Decimal("5000.01"), 20000], [5000, 20001]),
        ("]1..5[", [2, 4], [1, 5]),
        ("[1 .. 5)", [1, 4], [5]),
        ("[-5..-1]", [-3], [0, 3]),
        ("1,2,3", [1, 2, 3], [4, None]),
        ('"a","b"', ["a", "b"], ["c", None]),
        ("1, > 10, [5..6]", [1, 11, 5], [2, 10, 7]),
        ("not(1)", [2], [1]),
        ("not(1, 2)", [3], [1, 2]),
        ("not(< 5)", [5, 6], [4, None]),
        ('not("a","b")', ["c", None], ["a", "b"]),
        ("not([1..5])", [0, 6], [1, 5, None]),
        ('date("2026-01-01")', [date(2026, 1, 1)], [date(2026, 1, 2), None]),
        ('< date("2026-01-01")', [date(2025, 12, 31)], [date(2026, 1, 1)]),
        ('[date("2026-01-01")..date("2026-12-31")]', [date(2026, 6, 1)], [date(2027, 1, 1)]),
        (
            '>= date and time("2026-01-01T00:00:00+08:00")',
            [datetime(2025, 12, 31, 16, tzinfo=UTC)],
            [datetime(2025, 12, 31, 15, tzinfo=UTC)],
        ),
    ],
)
def test_a_cell_matches_what_dmn_says(cell: str, yes: list[Any], no: list[Any]) -> None:
    assert [value for value in yes if not matches(cell, value)] == []
    assert [value for value in no if matches(cell, value)] == []


def test_a_cell_may_name_a_variable() -> None:
    assert matches("limit", 5, limit=5)
    assert not matches("limit", 5, limit=6)
    assert matches("> supplier.limit", 7, supplier={"limit": 6})
    assert matches("[low..high]", 5, low=1, high=5)
    assert not matches("[low..high]", 5, low=None, high=5)
    assert matches("allowed", "b", allowed=["a", "b"])
    assert not matches("not(allowed)", "b", allowed=["a", "b"])


def test_a_variable_a_cell_names_must_be_there() -> None:
    with pytest.raises(ExecutionFailed, match="'limit'") as caught:
        matches("limit", 5)

    assert caught.value.facts["decision"] == "choose"


@pytest.mark.parametrize(
    ("cell", "value"), [("< 5", "4"), ("< 5", True), ('< "a"', 1), ('> date("2026-01-01")', datetime(2026, 1, 1, tzinfo=UTC))]
)
def test_values_without_a_common_order_are_told_and_do_not_silently_fail_to_match(cell: str, value: Any) -> None:
    with pytest.raises(ExecutionFailed):
        matches(cell, value)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("number", "> 5", "6.5"),
        ("double", "> 5", 6.5),
        ("integer", "6", "6"),
        ("long", "6", Decimal("6.0")),
        ("string", '"a"', "a"),
        ("boolean", "true", "true"),
        ("date", '> date("2026-01-01")', "2026-02-01"),
        ("date", 'date("2026-02-01")', datetime(2026, 2, 1, 8, tzinfo=UTC)),
        ("dateTime", '> date and time("2026-01-01T00:00:00Z")', "2026-02-01T00:00:00Z"),
        ("feel:number", "> 5", 6),
    ],
)
def test_a_typed_column_reads_what_forms_send(kind: str, cell: str, value: Any) -> None:
    assert matches(cell, value, kind=kind)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", "six"), ("number", True), ("number", "NaN"), ("integer", "6.5"), ("string", 5), ("boolean", "yes"), ("date", "soon")],
)
def test_a_value_that_does_not_fit_its_column_is_refused_by_the_name_of_the_column(kind: str, value: Any) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        matches("-", value, kind=kind)

    assert caught.value.facts["column"] == "x"


def test_null_fits_every_column() -> None:
    assert matches("null", None, kind="number")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('"finance"', "finance"),
        ("5000.00", Decimal("5000.00")),
        ("true", True),
        ("null", None),
        ("", None),
        ('date("2026-01-01")', date(2026, 1, 1)),
        ('["a", "b"]', ["a", "b"]),
        ("limit * 2", 10),
        ("x + 1", 2),
        ('"a" if limit > 3 else "b"', "a"),
        ("${limit > 3 ? 'a' : 'b'}", "a"),
    ],
)
def test_an_output_is_a_literal_or_an_expression(cell: str, expected: Any) -> None:
    found = outcome(cell, limit=5)

    assert found == expected
    assert type(found) is type(expected)


def test_an_output_has_the_type_of_its_column() -> None:
    assert decide(table([(["-"], ["limit / 2"])], outputs=[("y", "integer")]), x=1, limit=6) == [{"y": 3}]
    with pytest.raises(ExecutionFailed):
        decide(table([(["-"], ["limit"])], outputs=[("y", "number")]), x=1, limit="many")


def test_input_expressions_are_expressions_of_our_language() -> None:
    decision = table([(["> 100"], ["1"])], inputs=[("invoice.net + invoice.tax", "number")])

    assert decide(decision, invoice={"net": 95, "tax": 6}) == [{"y": 1}]


@pytest.mark.parametrize("namespace", [V11, V12, V13])
def test_three_versions_of_dmn_are_read(namespace: str) -> None:
    assert decide(table([(["1"], ["2"])], namespace=namespace), x=1) == [{"y": 2}]


OVERLAPPING = [(["< 10"], ["1"]), (["< 20"], ["2"]), (["< 30"], ["3"])]


def test_unique_refuses_an_overlap_and_names_the_rules() -> None:
    decision = table(OVERLAPPING)

    assert decide(decision, x=25) == [{"y": 3}]
    with pytest.raises(ExecutionFailed) as caught:
        decide(decision, x=5)
    assert caught.value.facts["rules"] == ["r1", "r2", "r3"]


def test_first_takes_the_first_rule_of_the_table() -> None:
    decision = table(OVERLAPPING, policy="FIRST")

    assert decide(decision, x=15) == [{"y": 2}]
    assert decision.decide({"x": 15}, now=NOW).rules == ("r2",)


def test_any_gives_what_all_matching_rules_agree_on() -> None:
    agreeing = table([(["< 10"], ['"ok"']), (["< 20"], ['"ok"']), (["> 90"], ['"no"'])], policy="ANY")

    assert agreeing.decide({"x": 5}, now=NOW).rules == ("r1", "r2")
    assert decide(agreeing, x=5) == [{"y": "ok"}]
    with pytest.raises(ExecutionFailed):
        decide(table(OVERLAPPING, policy="ANY"), x=5)


@pytest.mark.parametrize("policy", ["RULE ORDER", "COLLECT"])
def test_rule_order_and_collect_give_all_in_the_order_of_the_table(policy: str) -> None:
    found = table(OVERLAPPING, policy=policy).decide({"x": 15}, now=NOW)

    assert found.results == [{"y": 2}, {"y": 3}]
    assert found.rules == ("r2", "r3")


@pytest.mark.parametrize(
    ("aggregation", "expected", "nothing"),
    [("SUM", Decimal("6.3"), []), ("COUNT", 3, [{"y": 0}]), ("MIN", Decimal("1.1"), []), ("MAX", Decimal("3.1"), [])],
)
def test_collect_aggregates_with_decimals(aggregation: str, expected: Any, nothing: Any) -> None:
    rows = [(["< 10"], ["1.1"]), (["< 20"], ["2.1"]), (["< 30"], ["3.1"])]
    decision = table(rows, policy="COLLECT", aggregation=aggregation)

    assert decide(decision, x=1) == [{"y": expected}]
    assert decide(decision, x=99) == nothing


def test_aggregating_what_is_no_number_is_refused() -> None:
    with pytest.raises(ExecutionFailed):
        decide(table([(["-"], ['"a"'])], policy="COLLECT", aggregation="SUM"), x=1)


def test_no_match_gives_no_result_or_the_defaults() -> None:
    assert decide(table(OVERLAPPING), x=99) == []
    assert decide(table(OVERLAPPING, extra="<defaultOutputEntry><text>7</text></defaultOutputEntry>"), x=99) == [{"y": 7}]


def test_all_columns_must_match_and_all_outputs_are_given() -> None:
    decision = table(
        [(["> 5000", '"CNY"'], ['"cfo"', "2"]), (["<= 5000", "-"], ['"manager"', "1"])],
        inputs=[("amount", "number"), ("currency", "string")],
        outputs=[("group", "string"), ("level", "integer")],
    )

    assert decide(decision, amount=Decimal("5000.01"), currency="CNY") == [{"group": "cfo", "level": 2}]
    assert decide(decision, amount=5000, currency="USD") == [{"group": "manager", "level": 1}]
    assert decide(decision, amount=6000, currency="USD") == []


def test_a_decision_pays_from_the_budget_of_its_step() -> None:
    with pytest.raises(BudgetExceeded):
        table(OVERLAPPING).decide({"x": 1}, now=NOW, budget=Budget(steps=3))


RESULTS = [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("results", "mapping", "expected"),
    [
        (RESULTS[:1], "singleEntry", 1),
        (RESULTS[:1], "singleResult", {"a": 1}),
        (RESULTS, "collectEntries", [1, 2]),
        (RESULTS, "resultList", RESULTS),
        ([], "singleEntry", None),
        ([], "singleResult", None),
        ([], "collectEntries", []),
        ([], "resultList", []),
        ([{"a": 1, "b": 2}], "singleResult", {"a": 1, "b": 2}),
    ],
)
def test_results_are_mapped_as_in_camunda(results: list[dict[str, Any]], mapping: str, expected: Any) -> None:
    assert map_result(results, mapping) == expected


@pytest.mark.parametrize(
    ("results", "mapping"),
    [
        (RESULTS, "singleEntry"),
        (RESULTS, "singleResult"),
        ([{"a": 1, "b": 2}], "singleEntry"),
        ([{"a": 1, "b": 2}], "collectEntries"),
        ([], "nothing"),
    ],
)
def test_a_mapping_refuses_what_it_has_no_room_for(results: list[dict[str, Any]], mapping: str) -> None:
    with pytest.raises(ExecutionFailed):
        map_result(results, mapping)


@settings(deadline=None)
@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50), st.sampled_from("[(]"), st.sampled_from("])["))
def test_an_interval_is_the_conjunction_of_its_ends(low: int, high: int, value: int, opening: str, closing: str) -> None:
    if low > high:
        return
    above = value >= low if opening == "[" else value > low
    below = value <= high if closing == "]" else value < high

    assert matches(f"{opening}{low}..{high}{closing}", value) == (above and below)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_cell_is_understood_or_refused(cell: str) -> None:
    text = "".join(letter for letter in cell if letter.isprintable() or letter in " \n\t")
    try:
        decision = table([([text], ["1"])])
    except InvalidDefinition as error:
        assert error.faults
        return
    try:
        decide(decision, x=1)
    except ExecutionFailed:
        pass


@pytest.mark.parametrize(("zone", "before"), [("Asia/Shanghai", False), ("UTC", True)])
def test_a_date_and_time_without_a_zone_is_in_that_of_the_case(zone: str, before: bool) -> None:
    decision = table([(['< date and time("2026-01-01T08:00:00")'], ["1"])], inputs=[("x", "dateTime")])
    moment = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)

    found = decision.decide({"x": moment}, now=NOW, zone=ZoneInfo(zone)).results

    assert bool(found) is before


def test_a_date_and_time_that_is_given_without_a_zone_is_in_that_of_the_case() -> None:
    decision = table([(["-"], ['date and time("2026-01-01T08:00:00")'])], outputs=[("y", "dateTime")])

    (result,) = decision.decide({"x": 1}, now=NOW, zone=ZoneInfo("Asia/Shanghai")).results

    assert result["y"] == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", [date(2019, 12, 31), "2019-12-31", "2020-01-01T07:59:59", datetime(2019, 12, 31, 23, 59, tzinfo=UTC)])
def test_a_column_of_dates_in_which_a_cell_has_a_time_holds_dates_and_times(value: Any) -> None:
    """What Camunda calls a date has a time."""
    decision = table([(['< date and time("2020-01-01T08:00:00")'], ["1"])], inputs=[("x", "date")])

    assert decision.decide({"x": value}, now=NOW, zone=ZoneInfo("Asia/Shanghai")).results
    assert not decision.decide({"x": date(2020, 1, 2)}, now=NOW, zone=ZoneInfo("Asia/Shanghai")).results
