"""What is filled in is held against the form on the server: types, limits, conditions, rows; every misfit has its path."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.model import Element
from engine.errors import InvalidVariables
from engine.formjs import read_form
from engine.forms import check_decision, files_in

TASK = {"outcomes": ["approve", "reject"]}


def element(*components: Any, **more: Any) -> Element:
    form, faults = read_form(orjson.dumps({"components": list(components)}), "f.form")
    assert faults == []
    return Element("t", "userTask", schema=form, **more)


def check(made: Element, values: Any, outcome: str = "approve", **variables: Any) -> dict[str, Any]:
    return check_decision(made, TASK, outcome, "", values, variables=variables)


def misfits(made: Element, values: Any, outcome: str = "approve", **variables: Any) -> dict[str | None, str]:
    with pytest.raises(InvalidVariables) as error:
        check(made, values, outcome, **variables)
    return {fault.path: fault.code for fault in error.value.faults}


def one(kind: str, value: Any, **more: Any) -> Any:
    return check(element({"type": kind, "key": "x", **more}), {"x": value})["x"]


VALUES = [{"value": "a", "label": "甲"}, {"value": "b"}, {"value": 3}]


@pytest.mark.parametrize(
    ("kind", "more", "given", "kept"),
    [
        ("textfield", {}, "文字", "文字"),
        ("textfield", {}, 5, "5"),
        ("number", {}, "12.50", Decimal("12.50")),
        ("number", {}, 12.5, Decimal("12.5")),
        ("number", {"decimalDigits": 0}, "12", 12),
        ("number", {"decimalDigits": 2}, "12.500", Decimal("12.500")),
        ("number", {"validate": {"min": 1, "max": 2}}, 2, Decimal(2)),
        ("number", {"increment": "0.05"}, "1.15", Decimal("1.15")),
        ("checkbox", {}, "on", True),
        ("radio", {"values": VALUES}, "a", "a"),
        ("select", {"values": VALUES}, "3", 3),
        ("checklist", {"values": VALUES}, ["a", 3], ["a", 3]),
        ("taglist", {"values": VALUES}, [], []),
        ("datetime", {"subtype": "date"}, "2026-11-28", date(2026, 11, 28)),
        ("datetime", {"subtype": "time"}, "09:30+08:00", "09:30+08:00"),
        ("datetime", {"subtype": "datetime"}, "2026-11-28T09:30Z", datetime(2026, 11, 28, 9, 30, tzinfo=UTC)),
        ("textfield", {"validate": {"validationType": "email"}}, "li.na@example.com", "li.na@example.com"),
        ("textfield", {"validate": {"validationType": "phone"}}, "+86 21 6888 0000", "+86 21 6888 0000"),
        ("textfield", {"validate": {"pattern": "b+"}}, "abbc", "abbc"),
        ("textarea", {}, None, None),
    ],
)  # fmt: skip
def test_a_value_that_fits_is_kept_in_its_type(kind: str, more: dict[str, Any], given: Any, kept: Any) -> None:
    found = one(kind, given, **more)

    assert found == kept and type(found) is type(kept)


def test_a_time_without_zone_is_one_of_the_installation() -> None:
    found = one("datetime", "2026-11-28T09:30", subtype="datetime")

    assert found.astimezone(UTC) == datetime(2026, 11, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "more", "given"),
    [
        ("textfield", {}, ["a"]), ("textfield", {}, True), ("textfield", {}, "x" * 2001), ("textfield", {"validate": {"maxLength": 2}}, "abc"),
        ("textfield", {"validate": {"minLength": 2}}, "a"), ("textfield", {"validate": {"pattern": "^b+$"}}, "abbc"),
        ("textfield", {"validate": {"validationType": "email"}}, "li.na"), ("textfield", {"validate": {"validationType": "phone"}}, "abc"),
        ("number", {}, "NaN"), ("number", {}, "1e999"), ("number", {}, True), ("number", {}, "十"), ("number", {}, {}),
        ("number", {"decimalDigits": 2}, "1.001"), ("number", {"decimalDigits": 0}, "1.5"), ("number", {"validate": {"min": 1}}, "0.99"),
        ("number", {"decimalDigits": 2}, "1.0000000000000000000000000000001"),
        ("number", {"increment": "0.5"}, "1.25"),
        ("checkbox", {}, "yes"), ("radio", {"values": VALUES}, "c"), ("radio", {"values": VALUES}, ["a"]), ("checklist", {"values": VALUES}, ["a", "a"]),
        ("checklist", {"values": VALUES}, ["a", "z"]), ("datetime", {"subtype": "date"}, "2026-02-30"), ("datetime", {"subtype": "date"}, "2026-11-28T09:30"),
        ("datetime", {"subtype": "time"}, "25:00"), ("datetime", {"subtype": "datetime"}, "2026-11-28"), ("filepicker", {}, ["nothing"]),
        ("filepicker", {}, [str(uuid4()), str(uuid4())]), ("filepicker", {"multiple": True}, {"a": 1}),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused(kind: str, more: dict[str, Any], given: Any) -> None:
    assert misfits(element({"type": kind, "key": "x", **more}), {"x": given}) == {"x": "field-invalid"}


def test_required_fields_are_asked_for_when_the_task_is_approved_and_not_when_it_is_rejected() -> None:
    made = element(
        {"type": "textfield", "key": "a", "validate": {"required": True}},
        {"type": "checkbox", "key": "b", "validate": {"required": True}},
        {"type": "checklist", "key": "c", "values": VALUES, "validate": {"required": True}},
    )

    assert misfits(made, {"a": "", "b": False, "c": []}) == dict.fromkeys("abc", "field-required")
    assert misfits(made, {}) == dict.fromkeys("abc", "field-required")
    assert check(made, {}, "reject") == {}


def test_what_may_only_be_read_and_what_is_not_there_cannot_be_written_by_a_crafted_request() -> None:
    made = element(
        {"type": "textfield", "key": "a", "readonly": True},
        {"type": "textfield", "key": "b", "disabled": True},
        {"type": "textfield", "key": "c", "readonly": "=locked"},
        {"type": "textfield", "key": "seller.name", "readonly": True},
        {"type": "expression", "key": "double", "expression": "=n * 2"},
        {"type": "number", "key": "n"},
    )

    found = misfits(made, {"a": 1, "b": 1, "c": 1, "d": 1, "seller.name": 1, "seller": {}, "decisions": {}}, locked=True)

    assert {found.pop(name) for name in "ab"} == {"field-readonly"}
    assert found == dict.fromkeys(["d", "seller.name", "seller", "decisions"], "field-unknown"), (
        "`locked` is not declared, so `c` is writable"
    )
    assert check(made, {"n": 2, "double": 100}) == {"n": Decimal(2), "double": Decimal(4)}


def test_what_a_condition_hides_is_dropped_and_not_asked_for() -> None:
    made = element(
        {"type": "number", "key": "amount"},
        {"type": "textfield", "key": "why", "validate": {"required": True}, "conditional": {"hide": "=amount <= 1000"}},
        {"type": "group", "conditional": {"hide": "=not(foreign)"}, "components": [{"type": "textfield", "key": "country", "validate": {"required": True}}]},
        {"type": "checkbox", "key": "foreign"},
    )  # fmt: skip

    assert check(made, {"amount": 5, "why": {"no": "text"}, "country": "FR", "foreign": False}) == {"amount": Decimal(5), "foreign": False}
    assert misfits(made, {"amount": 5000, "foreign": True}) == dict.fromkeys(["why", "country"], "field-required")


def test_a_condition_sees_the_variables_of_the_case_that_the_task_declares_and_no_others() -> None:
    field = {"type": "textfield", "key": "why", "validate": {"required": True}, "conditional": {"hide": "=amount < 1000"}}

    assert check(element(field, sees=("amount",)), {}, amount=Decimal(5)) == {}
    assert misfits(element(field, sees=("amount",)), {}, amount=Decimal(5000)) == {"why": "field-required"}
    assert check(element(field), {}, amount=Decimal(5000)) == {}, "without it, the comparison is null, and the viewer hides that"


def test_options_may_come_from_the_case() -> None:
    made = element({"type": "select", "key": "supplier", "valuesKey": "suppliers"}, sees=("suppliers",))
    suppliers = [{"value": "s1", "label": "甲公司"}, "s2"]

    assert check(made, {"supplier": "s2"}, suppliers=suppliers) == {"supplier": "s2"}
    assert misfits(made, {"supplier": "s3"}, suppliers=suppliers) == {"supplier": "field-invalid"}
    assert misfits(made, {"supplier": "s1"}) == {"supplier": "field-invalid"}


ROWS = {
    "type": "dynamiclist", "path": "items", "components": [
        {"type": "textfield", "key": "name", "label": "名称", "validate": {"required": True}},
        {"type": "number", "key": "price", "label": "单价", "decimalDigits": 2},
        {"type": "number", "key": "count", "decimalDigits": 0, "validate": {"min": 1}},
        {"type": "expression", "key": "sum", "expression": "=this.price * this.count"},
        {"type": "textfield", "key": "why", "validate": {"required": True}, "conditional": {"hide": "=this.sum < 100"}},
    ],
}  # fmt: skip


def test_rows_are_checked_one_by_one_and_a_misfit_names_its_row() -> None:
    made = element(ROWS, {"type": "expression", "key": "total", "expression": "=sum(items.sum)"})

    found = check(made, {"items": [{"name": "笔", "price": "1.10", "count": "3"}, {"name": "纸", "price": "0.20", "count": 1}]})
    assert found["items"][0] == {"name": "笔", "price": Decimal("1.10"), "count": 3, "sum": Decimal("3.30")}
    assert found["total"] == Decimal("3.50")

    wrong = misfits(
        made,
        {
            "items": [
                {"name": "笔"},
                {"name": ""},
                {"name": "纸", "price": "1.001", "colour": "red"},
                {"name": "桌", "price": 500, "count": 1},
            ]
        },
    )
    assert wrong["items[1].name"] == "field-required"
    assert wrong["items[2].price"] == "field-invalid"
    assert wrong["items[2].colour"] == "field-unknown"
    assert wrong["items[3].why"] == "field-required"


def test_a_table_has_an_end() -> None:
    deep = {"type": "dynamiclist", "path": "more", "components": [{"type": "textfield", "key": "x"}]}
    found = misfits(element({**ROWS, "components": [deep]}), {"items": [{"more": [{}] * 400}] * 10})
    assert found == {f"items[{number}].more": "field-invalid" for number in range(4, 10)}, (
        "nor have all tables together more than 2,000 rows"
    )
    for rows in ([{"name": "x"}] * 501, "rows", [1], {"0": {}}):
        assert misfits(element(ROWS), {"items": rows}) == {"items": "field-invalid"}


def test_rows_of_the_case_keep_what_may_only_be_read_and_take_what_may_be_written() -> None:
    made = element(
        {
            **ROWS,
            "allowAddRemove": False,
            "components": [{"type": "textfield", "key": "name", "readonly": True}, {"type": "checkbox", "key": "ok"}],
        }
    )
    items = [{"name": "笔", "price": Decimal(1)}, {"name": "纸", "price": Decimal(2)}]

    assert check(made, {"items": [{"ok": True}, {"ok": False}]}, items=items)["items"] == [
        {**items[0], "ok": True},
        {**items[1], "ok": False},
    ]
    assert misfits(made, {"items": [{"ok": True}]}, items=items) == {"items": "field-invalid"}
    assert misfits(made, {"items": [{"ok": True}, {"ok": True, "name": "金"}]}, items=items) == {"items[1].name": "field-readonly"}


def test_file_fields_name_the_attachments_of_the_decision_at_any_depth() -> None:
    made = element(
        {"type": "filepicker", "key": "contract", "multiple": True},
        {"type": "dynamiclist", "path": "items", "components": [{"type": "filepicker", "key": "receipt"}]},
    )
    ids = [uuid4() for _ in range(3)]

    accepted = check(made, {"contract": [str(ids[0]), str(ids[1])], "items": [{"receipt": str(ids[2])}, {"receipt": None}]})

    assert files_in(made, accepted) == ids


def test_a_decision_writes_what_the_task_declares_and_nothing_else() -> None:
    made = element({"type": "textfield", "key": "a"}, writes=("note", "a"))

    assert check(made, {"a": "x", "note": {"any": [1.5]}}) == {"a": "x", "note": {"any": [Decimal("1.5")]}}
    assert misfits(made, {"a": {}, "other": 1}) == {"a": "field-invalid", "other": "field-unknown"}
    assert check(Element("t", "userTask", writes=("note",)), {"note": 1}) == {"note": 1}


ANY = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.decimals(), st.dates(), st.uuids(),
        st.sampled_from(["2026-11-28", "a", "1e5", "-1.50", "\0", "\ud800", 10**400]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=10,
)  # fmt: skip
EVERYTHING = element(
    *({"type": kind, "key": kind, **({"values": VALUES} if kind in ("radio", "select", "checklist", "taglist") else {})}
      for kind in ("textfield", "textarea", "number", "checkbox", "radio", "select", "checklist", "taglist", "filepicker")),
    *({"type": "datetime", "key": subtype, "subtype": subtype} for subtype in ("date", "time", "datetime")),
    ROWS, {"type": "expression", "key": "total", "expression": "=sum(items.sum)"},
    {"type": "textfield", "key": "hidden", "conditional": {"hide": "=number > 3 or count(items) > 1"}},
)  # fmt: skip
NAMES = st.sampled_from([part.key for part in EVERYTHING.schema.top() if part.key] + ["surprise"])  # type: ignore[union-attr]
ROW = st.dictionaries(st.sampled_from(["name", "price", "count", "why", "x"]), ANY, max_size=4)


@given(st.dictionaries(NAMES, st.one_of(ANY, st.lists(ROW, max_size=3)), max_size=5), st.dictionaries(NAMES, ANY, max_size=2))
def test_no_input_raises_anything_but_invalid_variables_and_what_is_accepted_fits(
    values: dict[str, Any], variables: dict[str, Any]
) -> None:
    try:
        accepted = check(EVERYTHING, values, **variables)
    except InvalidVariables as error:
        assert error.faults and all(fault.path for fault in error.faults)
        return
    kinds: dict[str, Any] = {
        "textfield": str, "textarea": str, "hidden": str, "number": Decimal, "checkbox": bool, "radio": (str, int), "select": (str, int), "checklist": list,
        "taglist": list, "filepicker": list, "date": date, "time": str, "datetime": datetime, "items": list, "total": Decimal,
    }  # fmt: skip
    for name, value in accepted.items():
        assert value is None or isinstance(value, kinds[name]), name
    for row in accepted.get("items") or []:
        assert row["name"] and (row.get("price") is None or isinstance(row["price"], Decimal)) and isinstance(row.get("count"), int | None)
    assert check(EVERYTHING, {name: value for name, value in accepted.items() if name != "total"}, **variables).keys() <= accepted.keys()
