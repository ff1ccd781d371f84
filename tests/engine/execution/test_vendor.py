"""What vendors add to BPMN, as it runs: listeners mapped to operations, initial variables, scripts of parameters, conditions on one variable."""

from collections.abc import Mapping
from typing import Any

from drawings import END, START, drawing, flow, human, node, path, script
from traces import NOW, Stub

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.errors import ExecutionFailed
from engine.execution import Execution, Limits
from engine.execution.program import Program, build


def program(xml: bytes, delegates: Mapping[str, str] | None = None) -> Program:
    return build("t", read_process(processes(parse(xml, "t"))[0], "t", delegates or {}))


def play(
    xml: bytes, stub: Stub | None = None, delegates: Mapping[str, str] | None = None, at: str | None = None, **variables: Any
) -> Execution:
    return Execution.start(program(xml, delegates), NOW, stub or Stub(), variables, "li.na", at=at)


def decide(execution: Execution, outcome: str = "approve") -> None:
    (task,) = execution.open_tasks()
    execution.complete(task.token, {"outcome": outcome, "comment": "", "by": "wang.fang"}, {})


def listener(kind: str, event: str) -> str:
    return f'<extensionElements><camunda:{kind} event="{event}" class="audit.{event}"/></extensionElements>'


EVENTS = ("start", "end", "take", "create", "complete")


def test_listeners_run_their_operations_in_the_order_of_the_life_of_an_element() -> None:
    told: list[str] = []
    stub = Stub(**{f"op.{event}": lambda event=event: told.append(event) for event in EVENTS})
    both = listener("executionListener", "start") + listener("executionListener", "end") + listener("taskListener", "create")
    both += listener("taskListener", "complete")
    body = both.replace("</extensionElements><extensionElements>", "")
    taken = flow("t", "end").replace("</sequenceFlow>", listener("executionListener", "take") + "</sequenceFlow>")
    xml = drawing(START, human("t").replace("</userTask>", body + "</userTask>"), END, flow("start", "t"), taken)

    execution = play(xml, stub, {f"audit.{event}": f"op.{event}" for event in EVENTS})
    assert told == ["start", "create"]
    decide(execution)

    assert told == ["start", "create", "complete", "end", "take"]
    assert execution.finished


def test_a_listener_that_fails_holds_its_element_and_is_tried_again() -> None:
    broken = [True]

    def once() -> None:
        if broken:
            raise ZeroDivisionError

    def guarded() -> None:
        try:
            once()
        except ZeroDivisionError as error:
            raise ExecutionFailed(element="t", reason="down") from error

    body = listener("executionListener", "start")
    xml = drawing(START, script("t", "x = 1").replace("</scriptTask>", body + "</scriptTask>"), END, path("start", "t", "end"))
    execution = play(xml, Stub(**{"op.start": guarded}), {"audit.start": "op.start"})
    assert [failure.element for failure in execution.failures] == ["t"]

    broken.clear()
    execution.retry(execution.failures[0].token)

    assert execution.finished


def test_an_outside_operation_cannot_listen() -> None:
    xml = drawing(
        START, human("t").replace("</userTask>", listener("executionListener", "start") + "</userTask>"), END, path("start", "t", "end")
    )

    assert [failure.element for failure in play(xml, delegates={"audit.start": "oa.notify"}).failures] == ["t"]


def test_a_parameter_may_be_a_script_of_several_lines() -> None:
    written = '<camunda:script scriptFormat="python">a = 20\nresult = a + 1</camunda:script>'
    parameter = f'<camunda:inputOutput><camunda:inputParameter name="p">{written}</camunda:inputParameter></camunda:inputOutput>'
    parameter = f"<extensionElements>{parameter}</extensionElements>"
    xml = drawing(START, node("scriptTask", "s", f"{parameter}<script>x = p * 2</script>"), human("t"), END, path("start", "s", "t", "end"))

    execution = play(xml)

    assert execution.memory.variables["x"] == 42
    assert "p" not in execution.memory.variables
    assert not execution.failures


def test_a_condition_may_look_at_one_variable_only() -> None:
    event = '<conditionalEventDefinition camunda:variableName="b"><condition>${a == 1}</condition></conditionalEventDefinition>'
    xml = drawing(
        START, node("parallelGateway", "g"), node("intermediateCatchEvent", "c", event), human("t"), script("one", "a = 1"), human("u"), script("two", "b = 1"),
        END, path("start", "g", "c", "end"), path("g", "t", "one", "u", "two", "end"),
    )  # fmt: skip
    execution = play(xml, a=0, b=0)

    decide(execution)
    assert "c" not in execution.path
    decide(execution)

    assert "c" in execution.path
    assert execution.finished


def test_of_a_gateway_that_begins_an_instance_with_all_of_its_events_the_others_are_waited_for() -> None:
    xml = drawing(
        node("eventBasedGateway", "g", instantiate="true", eventGatewayType="Parallel"),
        node("intermediateCatchEvent", "a", '<messageEventDefinition messageRef="MA"/>'),
        node("intermediateCatchEvent", "b", '<messageEventDefinition messageRef="MB"/>'),
        node("parallelGateway", "both"), END, path("g", "a", "both", "end"), path("g", "b", "both"),
    ).replace(b"</definitions>", b'<message id="MA" name="A"/><message id="MB" name="B"/></definitions>')  # fmt: skip

    execution = play(xml, at="b")
    assert [message.name for message in execution.messages()] == ["A"]
    execution.receive(execution.messages()[0].token, {"x": 1})

    assert execution.finished
    assert execution.path.index("g") < execution.path.index("b") < execution.path.index("a")


def test_the_limits_of_a_step_are_those_it_is_given() -> None:
    busy = drawing(START, script("s", "for n in range(100):\n    x = n"), human("t"), END, path("start", "s", "t", "end"))
    many = "<multiInstanceLoopCharacteristics><loopCardinality>9</loopCardinality></multiInstanceLoopCharacteristics>"
    crowd = drawing(START, human("t").replace("</userTask>", many + "</userTask>"), END, path("start", "t", "end"))
    row = drawing(START, *(script(f"s{n}", "x = 1") for n in range(9)), END, path("start", *(f"s{n}" for n in range(9)), "end"))
    large = drawing(START, script("s", f"x = '{'a' * 500}'"), END, path("start", "s", "end"))

    for xml, tight, element in (
        (busy, Limits(steps=50), "s"),
        (crowd, Limits(instances=8), "t"),
        (crowd, Limits(tokens=9), "t"),
        (row, Limits(elements=5), "s4"),
        (large, Limits(value=499), "s"),
        (large, Limits(variables=499), "s"),
    ):
        execution = Execution.start(program(xml), NOW, Stub(), {}, None, limits=tight)  # type: ignore[arg-type]
        assert [(failure.element, failure.code) for failure in execution.failures] == [(element, "budget-exceeded")]
        assert not execution.finished

        again = Execution.restore(program(xml), NOW, Stub(), execution.save())  # type: ignore[arg-type]
        again.retry(execution.failures[0].token)
        assert not again.failures


def test_a_parallel_multiple_start_goes_on_when_all_of_its_events_have_happened() -> None:
    both = '<messageEventDefinition messageRef="M"/><signalEventDefinition signalRef="S"/>'
    xml = drawing(node("startEvent", "start", both, parallelMultiple="true"), human("t"), END, path("start", "t", "end"))
    xml = xml.replace(b"</definitions>", b'<message id="M" name="order"/><signal id="S" name="go"/></definitions>')

    execution = Execution.start(program(xml), NOW, Stub(), {"n": 1}, None, at="start", event={"kind": "signal", "name": "go"})  # type: ignore[arg-type]
    assert (execution.path, [message.name for message in execution.messages()]) == ([], ["order"])
    again = Execution.restore(program(xml), NOW, Stub(), execution.save())  # type: ignore[arg-type]
    again.receive(again.messages()[0].token, {"n": 2})

    assert again.path[0] == "start"
    assert [task.element for task in again.open_tasks()] == ["t"]
