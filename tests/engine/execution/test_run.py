"""What the wall around the library promises, in memory and with the state saved and loaded after every step."""

import inspect
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from drawings import END, START, drawing, flow, human, node, path, script, service, timer
from SpiffWorkflow import Workflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.errors import BudgetExceeded, ExecutionFailed, TaskClosed
from engine.execution import Execution, Result
from engine.execution.program import build

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


class Local:
    """Operations of a test: local ones are functions by name, all others are outside."""

    def __init__(self, **functions: Any) -> None:
        self.functions = functions

    def known(self) -> dict[str, str]:
        return {"id": "00000000-0000-7000-8000-000000000001", "businessKey": "FP-1"}

    def is_local(self, operation: str) -> bool:
        return operation in self.functions

    def run(self, element: Any, operation: str, inputs: dict[str, Any]) -> Result:
        return Result(self.functions[operation](**inputs))

    def decide(self, element: Any, decision: str, variables: Mapping[str, Any], zone: Any) -> Result:
        return Result(self.functions[decision](variables))


class Case:
    """One instance that is saved and loaded after every command."""

    def __init__(self, xml: bytes, variables: dict[str, Any] | None = None, operations: Local | None = None) -> None:
        root = parse(xml, "test.bpmn")
        self.program = build("test", read_process(processes(root)[0], "test.bpmn"))
        self.operations = operations or Local()
        self.now = NOW
        self.execution = Execution.start(self.program, NOW, self.operations, variables or {}, "li.na")
        self.history = list(self.execution.path)

    def again(self) -> Execution:
        self.execution = Execution.restore(self.program, self.now, self.operations, self.execution.save())
        return self.execution

    def open(self) -> list[str]:
        return sorted(task.element for task in self.execution.open_tasks())

    def decide(self, element: str, outcome: str = "approve", **values: Any) -> None:
        token = next(task.token for task in self.execution.open_tasks() if task.element == element)
        self.again().complete(token, {"outcome": outcome, "comment": "", "by": "wang.fang"}, values)
        self.history += self.execution.path

    def wait(self, **span: int) -> list[str]:
        self.now += timedelta(**span)
        fired = self.again().fire_timers([timer.token for timer in self.execution.timers()])
        self.history += self.execution.path
        return fired

    @property
    def variables(self) -> dict[str, Any]:
        return self.execution.memory.variables


REWORK = drawing(
    START, node("exclusiveGateway", "again"), human("work"), node("exclusiveGateway", "good", default="good_to_end"), END,
    path("start", "again", "work", "good", "end"), flow("good", "again", "${outcome == 'return'}"),
)  # fmt: skip


def test_a_rework_loop_of_600_rounds_ends_properly_and_its_state_does_not_grow() -> None:
    case = Case(REWORK, {f"field{number}": "x" * 20 for number in range(30)})
    sizes = []
    for _ in range(600):
        case.decide("work", "return")
        sizes.append(len(case.execution.save()))

    case.decide("work")

    assert case.execution.finished
    assert max(sizes[10:]) <= sizes[10] + 10  # the round number has more digits
    assert max(sizes) < 4000


def parallel_rework() -> bytes:
    return drawing(
        START, node("exclusiveGateway", "again"), node("parallelGateway", "split"), human("a"), human("b"), node("parallelGateway", "join"), human("c"),
        node("exclusiveGateway", "good", default="good_to_end"), END,
        path("start", "again", "split", "a", "join", "c", "good", "end"), path("split", "b", "join"), flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip


@pytest.mark.parametrize("orders", [("ab", "ba"), ("ba", "ab"), ("ab", "ab"), ("ba", "ba", "ab", "ba")])
def test_a_parallel_join_waits_for_both_branches_in_every_round_of_rework(orders: tuple[str, ...]) -> None:
    case = Case(parallel_rework())
    for order in orders:
        case.decide(order[0])
        assert case.open() == [order[1]]
        case.decide(order[1])
        assert case.open() == ["c"]
        case.decide("c", "return")
        assert case.open() == ["a", "b"]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_variable_set_in_one_branch_survives_the_join_whichever_branch_ends_last(order: str) -> None:
    xml = drawing(
        START, script("zero", "x = 0"), node("parallelGateway", "split"), human("a"), script("one", "x = x + 1"), human("b"), script("ten", "x = x + 10"),
        node("parallelGateway", "join"), human("c"), END,
        path("start", "zero", "split", "a", "one", "join", "c", "end"), path("split", "b", "ten", "join"),
    )  # fmt: skip
    case = Case(xml)

    case.decide(order[0])
    case.decide(order[1])

    assert case.variables["x"] == 11


def test_a_loop_of_1000_scripts_in_one_step_completes() -> None:
    xml = drawing(
        START, script("zero", "n = 0"), node("exclusiveGateway", "again"), script("more", "n = n + 1"),
        node("exclusiveGateway", "enough", default="enough_to_end"), END,
        path("start", "zero", "again", "more", "enough", "end"), flow("enough", "again", "${n < 1000}"),
    )  # fmt: skip

    case = Case(xml)

    assert case.variables["n"] == 1000
    assert case.execution.finished


def test_an_endless_loop_is_an_incident_and_not_mistaken_for_an_end() -> None:
    xml = drawing(
        START,
        node("exclusiveGateway", "again"),
        script("more", "n = 1"),
        END,
        path("start", "again", "more", "again"),
        flow("again", "end", "${n == 2}"),
    )
    xml = xml.replace(b'id="again"', b'id="again" default="again_to_more"')
    case = Case(xml, {"n": 0})

    assert [failure.code for failure in case.execution.failures] == [BudgetExceeded.code]
    assert not case.again().finished


@pytest.mark.parametrize("key", ["typename", "__class__", "$d", "$m", "data", "float"])
def test_a_form_value_with_a_hostile_key_neither_breaks_nor_escapes_the_saved_state(key: str) -> None:
    case = Case(REWORK)

    case.decide("work", "return", form={key: "datetime", "deep": [{key: {"value": 1}}]})
    case.again()

    assert case.variables["form"] == {key: "datetime", "deep": [{key: {"value": 1}}]}
    case.decide("work")
    assert case.execution.finished


def test_the_saved_state_holds_neither_specification_nor_script_text() -> None:
    xml = drawing(START, script("secret", "x = 'only in the drawing'[0:4]"), human("work"), END, path("start", "secret", "work", "end"))

    state = Case(xml).execution.save()

    assert b"only in the drawing" not in state
    assert b"sequenceFlow" not in state


def test_a_non_interrupting_boundary_timer_fires_once_and_leaves_the_task_open() -> None:
    xml = drawing(
        START, human("work"), timer("late", "PT24H", attachedToRef="work", cancelActivity="false"), script("remind", "reminded = True"),
        node("endEvent", "told"), END, path("start", "work", "end"), path("late", "remind", "told"),
    )  # fmt: skip
    case = Case(xml)

    assert case.wait(hours=23) == []
    assert case.wait(hours=2) == ["late"]
    assert case.wait(hours=48) == []
    assert case.variables["reminded"] is True
    assert case.open() == ["work"]
    case.decide("work")
    assert case.execution.finished


def test_an_interrupting_boundary_timer_takes_the_task_away() -> None:
    xml = drawing(
        START,
        human("work"),
        timer("late", "P1D", attachedToRef="work"),
        human("boss"),
        END,
        path("start", "work", "end"),
        path("late", "boss", "end"),
    )
    case = Case(xml)
    token = case.execution.open_tasks()[0].token

    case.wait(days=2)

    assert case.open() == ["boss"]
    with pytest.raises(TaskClosed):
        case.again().complete(token, {"outcome": "approve"}, {})


def test_a_decision_made_before_the_timer_was_fired_counts_although_the_timer_was_due() -> None:
    xml = drawing(
        START, human("work"), timer("late", "P1D", attachedToRef="work"), human("boss"), human("next"), END,
        path("start", "work", "next", "end"), path("late", "boss", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.now += timedelta(days=3)

    case.decide("work")

    assert case.open() == ["next"]
    assert case.execution.timers() == []


def test_an_intermediate_timer_waits_for_its_time() -> None:
    case = Case(drawing(START, timer("pause", "${wait}"), human("work"), END, path("start", "pause", "work", "end")), {"wait": "PT1H"})

    assert case.open() == []
    assert case.execution.timers()[0].due_at == NOW + timedelta(hours=1)
    case.wait(minutes=61)
    assert case.open() == ["work"]


def test_a_wrong_timer_becomes_a_failure_on_its_element_and_can_be_retried() -> None:
    case = Case(drawing(START, timer("pause", "${wait}"), human("work"), END, path("start", "pause", "work", "end")), {"wait": "tomorrow"})
    failure = case.execution.failures[0]
    assert failure.element == "pause"

    case.again().memory.variables["wait"] = "PT1H"
    case.execution.retry(failure.token)

    assert len(case.execution.timers()) == 1


def test_a_failing_script_holds_its_branch_and_lets_the_others_go_on() -> None:
    xml = drawing(
        START, node("parallelGateway", "split"), script("bad", "x = missing + 1"), human("b"), node("parallelGateway", "join"), END,
        path("start", "split", "bad", "join", "end"), path("split", "b", "join"),
    )  # fmt: skip
    case = Case(xml)
    assert [failure.element for failure in case.execution.failures] == ["bad"]
    assert case.open() == ["b"]

    case.decide("b")
    assert not case.execution.finished
    token = next(task.id for task in case.execution.workflow.tasks.values() if "failed" in task.internal_data)
    case.again().memory.variables["missing"] = 1
    case.execution.retry(token)

    assert case.variables["x"] == 2
    assert case.execution.finished


def test_a_local_operation_runs_in_the_step_and_an_outside_one_waits_for_its_answer() -> None:
    xml = drawing(
        START, service("inside", "add", camunda_resultVariable="sum"), service("outside", "oa.notify", camunda_resultVariable="receipt"), END,
        path("start", "inside", "outside", "end"),
    )  # fmt: skip
    case = Case(xml, operations=Local(add=lambda: 7))

    assert case.variables["sum"] == 7
    call = case.execution.calls[0]
    assert (call.element, call.operation) == ("outside", "oa.notify")
    case.again().answer(call.token, {"id": "r-1"})
    assert case.variables["receipt"] == {"id": "r-1"}
    assert case.execution.finished
    with pytest.raises(TaskClosed):
        case.again().answer(call.token, {"id": "r-2"})


def test_elements_that_the_library_reserves_for_itself_are_ordinary_ids() -> None:
    xml = drawing(node("startEvent", "Start"), human("root"), node("endEvent", "End"), path("Start", "root", "End"))
    case = Case(xml)

    case.decide("root")

    assert case.execution.finished
    assert case.history == ["Start", "Start_to_root", "root", "root_to_End", "End"]


def test_1200_elements_in_a_row_are_no_problem() -> None:
    names = [f"s{number}" for number in range(1200)]
    case = Case(drawing(START, *(script(name, "n = 1") for name in names), END, path("start", *names, "end")))

    assert case.execution.finished


def test_the_way_taken_names_elements_and_flows_in_order() -> None:
    case = Case(REWORK)
    case.decide("work", "return")

    assert case.history == [
        "start", "start_to_again", "again", "again_to_work", "work", "work_to_good", "good", "good_to_again", "again", "again_to_work",
    ]  # fmt: skip


def test_an_exclusive_gateway_without_a_true_condition_or_default_fails_on_its_element() -> None:
    xml = drawing(
        START, node("exclusiveGateway", "g"), human("a"), human("b"), END, path("start", "g"), flow("g", "a", "${x == 1}"), flow("g", "b", "${x == 2}"),
        path("a", "end"), path("b", "end"),
    )  # fmt: skip

    case = Case(xml, {"x": 3})

    assert [failure.element for failure in case.execution.failures] == ["g"]


REPLACED = (
    Task.__init__, Task.run, Task.complete, Task._set_state, TaskSpec.__init__, TaskSpec._run, TaskSpec._on_complete, Workflow.__init__, BpmnWorkflow.__init__,
)  # fmt: skip


def test_what_we_build_on_in_the_library_is_still_what_it_was() -> None:
    """When this fails after an upgrade, read the new text, and only then write down its digest."""
    digests = {method.__qualname__: sha256(inspect.getsource(method).encode()).hexdigest()[:16] for method in REPLACED}

    assert digests == WATCHED


WATCHED = {
    "Task.__init__": "5d98d6df6c602dfb",
    "Task.run": "976c46e260fe7f72",
    "Task.complete": "3ad34f7ae962ad90",
    "Task._set_state": "86c4c1d22dc9b70f",
    "TaskSpec.__init__": "df987d5843e7f374",
    "TaskSpec._run": "dac36fd701341359",
    "TaskSpec._on_complete": "95d4b21bfa422d45",
    "Workflow.__init__": "a179a75739481275",
    "BpmnWorkflow.__init__": "3a81d03cfd844e1a",
}


def test_an_expression_error_names_its_element() -> None:
    with pytest.raises(ExecutionFailed):
        Case(REWORK).execution.resolve_text("${nothing.there}")


def test_one_program_shared_by_eight_threads_gives_each_instance_its_own_way() -> None:
    program = build("shared", read_process(processes(parse(parallel_rework(), "test.bpmn"))[0], "test.bpmn"))
    wrong: list[object] = []

    def run(number: int) -> None:
        for turn in range(40):
            execution = Execution.start(program, NOW, Local(), {"me": number, "turn": turn}, "li.na")
            for element in ("b", "a", "c"):
                raw = execution.save()
                execution = Execution.restore(program, NOW, Local(), raw)
                token = next(task.token for task in execution.open_tasks() if task.element == element)
                execution.complete(token, {"outcome": "approve"}, {"last": f"{number}-{turn}-{element}"})
            if not execution.finished or execution.memory.variables["last"] != f"{number}-{turn}-c":
                wrong.append((number, turn, execution.memory.variables))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(run, range(8)))
    finally:
        sys.setswitchinterval(interval)

    assert wrong == []
