"""Every row of section 5 of the reference: the probe ends in a refusal or in an incident, or is harmless."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from drawings import END, START, catch, drawing, flow, gateway, human, instances, loop, path, script, task, whole

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.errors import BudgetExceeded, InvalidDefinition, InvalidVariables
from engine.examination import examine, examine_apart
from engine.execution import Execution
from engine.execution.program import Program, build
from engine.language import compile_expression, compile_script

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
PLAIN = drawing(START, human("a"), END, path("start", "a", "end"))


class Nobody:
    """A case that asks for no operations."""

    def known(self) -> dict[str, str]:
        return {"id": "1", "businessKey": "K"}


def program(xml: bytes) -> Program:
    return build(xml.hex(), read_process(processes(parse(xml, "x"))[0], "x"))


def run(xml: bytes, **variables: Any) -> Execution:
    return Execution.start(program(xml), NOW, Nobody(), variables, "li.na")  # type: ignore[arg-type]


def held(execution: Execution) -> list[tuple[str, str]]:
    assert not execution.finished
    return [(failure.element, failure.code) for failure in execution.failures]


def headed(doctype: str) -> list[str]:
    with pytest.raises(InvalidDefinition) as error:
        parse(doctype.encode() + PLAIN, "x.bpmn")
    return [fault.code for fault in error.value.faults]


def test_row_external_entity_in_bpmn_text() -> None:
    assert headed("<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>") == ["doctype"]


def test_row_external_dtd() -> None:
    assert headed("<!DOCTYPE d SYSTEM 'http://127.0.0.1:9/x.dtd'>") == ["doctype"]


def test_row_billion_laughs_and_quadratic_blow_up() -> None:
    bomb = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    assert headed(f"<!DOCTYPE d [<!ENTITY a0 'ha'>{bomb}]>") == ["doctype"]


def test_row_import_os_in_a_script() -> None:
    assert {
        fault.code for fault in examine({"x.bpmn": whole(START, script("x", "__import__('os').system('x')"), path("start", "x"))}).faults
    }


def test_row_the_same_in_a_flow_condition_and_in_a_timer_expression() -> None:
    text = "${__import__('os').system('x')}"
    for xml in (
        whole(START, human("a"), END, path("start", "a"), flow("a", "end", text)),
        whole(START, catch("x", "timer", text), path("start", "x")),
    ):
        assert "not-allowed" in {fault.code for fault in examine({"x.bpmn": xml}).faults}


def test_row_10_m_iteration_loop_in_a_script() -> None:
    with pytest.raises(BudgetExceeded):
        compile_script("for i in range(10000000): n = i").run({}, now=NOW)


def test_row_a_times_10_to_the_9() -> None:
    with pytest.raises(Exception) as error:
        compile_expression("'a' * 10**9").evaluate({}, now=NOW)
    assert error.type.__name__ in ("InvalidExpression", "ExecutionFailed")


def test_row_endless_flow_loop() -> None:
    assert held(run(whole(START, task("x"), path("start", "x", "x")))) == [("x", "budget-exceeded")]


def test_row_multi_instance_cardinality_5000() -> None:
    many = whole(START, task("x", body=instances("${n}")), path("start", "x"))
    assert run(many, n=5000).finished
    assert held(run(many, n=5001)) == [("x", "budget-exceeded")]
    assert held(run(whole(START, task("x", body=loop("${true}")), path("start", "x")))) == [("x", "budget-exceeded")]


@pytest.mark.parametrize("value", ["builtins.int", "datetime.datetime", {"typename": "x"}, None])
def test_row_form_data_typename(value: Any) -> None:
    execution = run(PLAIN, form={"typename": value, "$d": "1"})
    again = Execution.restore(execution.program, NOW, execution.operations, execution.save())
    assert again.memory.variables["form"] == {"typename": value, "$d": "1"}


def test_row_form_key_named_like_a_builtin() -> None:
    xml = whole(START, script("x", "n = int('5') + len([1])\nm = float"), END, path("start", "x", "end"))
    assert run(xml, float=1, int=2, len=3).memory.variables["n"] == 6


def test_row_form_key_builtins() -> None:
    try:
        variables = run(whole(START, script("x", "n = 1"), path("start", "x")), __builtins__={"open": "x"}).memory.variables
    except InvalidVariables:
        return
    assert variables["n"] == 1


def test_row_deserialiser() -> None:
    """Saved state is JSON without any text of a script: what a changed row says is never run."""
    execution = run(whole(START, human("a"), script("x", "secret = 41 + 1"), path("start", "a", "x")))
    raw = execution.save()
    assert b"secret" not in raw
    saved = orjson.loads(raw)
    saved["rows"][0][6] = {"script": "__import__('os')"}
    again = Execution.restore(execution.program, NOW, execution.operations, orjson.dumps(saved))
    again.complete(again.open_tasks()[0].token, {"outcome": "approve", "by": "li.na"}, {})
    assert (again.finished, again.memory.variables["secret"]) == (True, 42)


def test_row_broken_model() -> None:
    """A file is read in a process of its own, which has a deadline."""
    assert [fault.code for fault in examine_apart({"x.bpmn": PLAIN}, seconds=0.0).faults] == ["deadline"]
    assert examine_apart({"x.bpmn": PLAIN}).faults == []


def test_row_two_gateways_that_wait_for_each_other() -> None:
    """As an endless loop that does nothing: an incident, never a case that looks finished."""
    parts = (gateway("a", "parallel"), gateway("b", "parallel"), task("k"))
    xml = whole(START, *parts, path("start", "a", "b", "a"), flow("b", "k"))
    assert held(run(xml)) == [("a", "join-starved")]
