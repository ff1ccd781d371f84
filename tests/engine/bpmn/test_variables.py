"""Which variables may be undefined where they are read: every way that leads there is looked at, and a warning names the element and the variable."""

import pytest
from drawings import (
    END,
    START,
    boundary,
    drawing,
    end,
    flow,
    gateway,
    human,
    instances,
    mapped,
    node,
    path,
    script,
    service,
    start,
    sub,
    task,
    whole,
)
from reading_support import read

from engine.bpmn.variables import undefined_variables


def warned(xml: bytes) -> set[tuple[str | None, str | None]]:
    found = undefined_variables(read(xml))
    assert all(fault.code == "variable-may-be-undefined" and fault.zh and fault.en for fault in found)
    return {(fault.element, fault.found) for fault in found}


def in_a_row(*parts: str) -> bytes:
    names = [part.split('id="')[1].split('"')[0] for part in parts]
    return drawing(START, *parts, END, path("start", *names, "end"))


def test_what_nothing_sets_must_be_given_at_the_start_and_what_is_set_before_is_known() -> None:
    assert warned(in_a_row(script("s", "x = y"), human("a", "${x}"))) == {("s", "y")}


def test_what_only_one_way_sets_may_be_undefined_where_the_ways_meet() -> None:
    parts = (gateway("g"), script("s", "x = 1"), gateway("j"), human("a", "${x}"))
    xml = drawing(START, *parts, END, path("start", "g", "s", "j", "a", "end"), flow("g", "j", "${true}"))

    assert warned(xml) == {("a", "x")}


def test_what_one_of_two_parallel_ways_sets_is_known_behind_their_join() -> None:
    parts = (gateway("g", "parallel"), script("s", "x = 1"), script("t", "y = x"), gateway("j", "parallel"), human("a", "${x + y}"))
    xml = drawing(START, *parts, END, path("start", "g", "s", "j", "a", "end"), path("g", "t", "j"))

    assert warned(xml) == {("t", "x")}


def test_a_loop_back_does_not_hide_what_the_first_round_misses() -> None:
    parts = (gateway("j"), human("a", "${x}"), script("s", "x = 1"))

    assert warned(drawing(START, *parts, END, path("start", "j", "a", "s", "end"), flow("s", "j"))) == {("a", "x")}


def test_what_an_activity_sets_is_not_known_at_its_boundary() -> None:
    parts = (script("s", "x = 1"), boundary("b", "s", "error"), human("a", "${x}"))

    assert warned(whole(START, *parts, END, path("start", "s", "end"), path("b", "a", "end"))) == {("a", "x")}


def test_names_of_a_multi_instance_are_known_inside_of_it_only() -> None:
    several = task(
        "m",
        "userTask",
        instances(collection="${people}", element="one", until="${nrOfCompletedInstances > loopCounter}"),
        camunda_assignee="${one}",
    )

    assert warned(in_a_row(several, human("a", "${one}"))) == {("m", "people"), ("a", "one")}


def test_input_parameters_are_known_inside_and_output_parameters_outside() -> None:
    asked = task("m", "userTask", mapped({"x": "${given}"}, {"y": "${x}"}), camunda_assignee="${x}")

    assert warned(in_a_row(asked, human("a", "${y}"), human("b", "${x}"))) == {("m", "given"), ("b", "x")}


def test_what_every_end_of_a_sub_process_knows_is_known_behind_it() -> None:
    inside = (start("s0"), gateway("g"), script("t", "x = 1\ny = 1"), script("u", "x = 2"), end("e1"), end("e2"))
    ways = path("s0", "g", "t", "e1") + path("g", "u", "e2")
    xml = drawing(START, sub("s", *inside, ways), human("a", "${x + y}"), END, path("start", "s", "a", "end"))

    assert warned(xml) == {("a", "y")}


def test_a_decision_an_initiator_and_a_result_are_known() -> None:
    first = node("startEvent", "start", camunda_initiator="who")
    parts = (human("a", "${who}"), service("s", "oa.notify", camunda_resultVariable="r"), human("b", "${r + outcome + decisions.a.by}"))

    assert warned(drawing(first, *parts, END, path("start", "a", "s", "b", "end"))) == set()


@pytest.mark.parametrize(("required", "expected"), [("true", set()), ("false", {("b", "days")})])
def test_only_a_required_field_is_surely_filled_in(required: str, expected: set[tuple[str, str]]) -> None:
    form = (
        '<extensionElements><camunda:formData><camunda:formField id="days" type="long"><camunda:validation>'
        f'<camunda:constraint name="required" config="{required}"/></camunda:validation></camunda:formField></camunda:formData></extensionElements>'
    )

    assert warned(in_a_row(task("a", "userTask", form), human("b", "${days}"))) == expected


def test_a_condition_is_read_behind_its_element() -> None:
    parts = (script("s", "x = 1"), gateway("g", default="g_to_end"), human("a"))

    assert warned(drawing(START, *parts, END, path("start", "s", "g", "end"), flow("g", "a", "${x > y}"))) == {("g", "y")}


def test_a_title_speaks_of_what_the_start_must_give() -> None:
    xml = drawing(START, script("s", "x = 1"), END, path("start", "s", "end"), shenpi_title="${x} ${invoice}")

    assert warned(xml) == {("p", "invoice")}


def test_a_large_drawing_of_many_names_is_looked_at_in_reasonable_steps() -> None:
    names = [f"s{number}" for number in range(300)]
    back = "".join(flow(name, names[0]) for name in names[5::7])
    xml = drawing(START, *(script(name, f"x{name} = 1") for name in names), END, path("start", *names, "end"), back)

    assert warned(xml) == set()
