"""How the cost of one step grows: rework, multi-instance, parallel branches and sub-processes of 10, 100 and 1,000.

Each row gives the CPU time of one more item at that size, and as a ratio to that at 10. 1 is a cost that stays flat; there is no floor, the bare library
cannot do 1,000 of most.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from drawings import END, START, drawing, flow, human, node, path, script

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.execution import Execution, Program
from engine.execution.program import build

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
SIZES = (10, 100, 1000)
DECISION = {"outcome": "approve", "comment": "", "by": "wang.fang"}


class Nothing:
    """No operation is ever asked for."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def program(xml: bytes) -> Program:
    return build("growth", read_process(processes(parse(xml, "growth.bpmn"))[0], "growth.bpmn"))


def again(execution: Execution) -> Execution:
    return Execution.restore(execution.program, NOW, Nothing(), execution.save())


def decide_all(execution: Execution, outcome: str = "approve", times: int | None = None) -> Execution:
    """Complete tasks one by one, the state saved and loaded before each."""
    done = 0
    while not execution.finished and (times is None or done < times):
        execution = again(execution)
        execution.complete(execution.open_tasks()[0].token, {**DECISION, "outcome": outcome}, {})
        done += 1
    return execution


def rework(size: int) -> float:
    """The last of some rounds of rework."""
    gates = node("exclusiveGateway", "m"), node("exclusiveGateway", "g", default="g_to_end")
    xml = drawing(START, *gates, human("t"), END, path("start", "m", "t", "g", "end"), flow("g", "m", "outcome == 'return'"))
    execution = decide_all(Execution.start(program(xml), NOW, Nothing(), {}, None), "return", size)
    return median(lambda: decide_all(execution, "return", 1), 1)


def multi_instance(size: int) -> float:
    """One more script in a multi-instance, in one step."""
    loop = f"<multiInstanceLoopCharacteristics><loopCardinality>{size}</loopCardinality></multiInstanceLoopCharacteristics>"
    made = program(
        drawing(START, script("x", "v = loopCounter").replace("</scriptTask>", loop + "</scriptTask>"), END, path("start", "x", "end"))
    )
    return median(lambda: Execution.start(made, NOW, Nothing(), {}, None), size)


def votes(size: int) -> float:
    """One more decision in a multi-instance of people, each in a step of its own."""
    loop = f"<multiInstanceLoopCharacteristics><loopCardinality>{size}</loopCardinality></multiInstanceLoopCharacteristics>"
    made = program(drawing(START, human("x").replace("</userTask>", loop + "</userTask>"), END, path("start", "x", "end")))
    execution = Execution.start(made, NOW, Nothing(), {}, None)
    return median(lambda: decide_all(execution, times=1), 1)


def branches(size: int) -> float:
    """One more branch between a parallel split and its join, in one step."""
    names = [f"x{number}" for number in range(size)]
    made = program(
        drawing(
            START, node("parallelGateway", "split"), node("parallelGateway", "join"), *(script(name, f"{name} = 1") for name in names), END,
            path("start", "split"), *(path("split", name, "join") for name in names), path("join", "end"),
        )
    )  # fmt: skip
    return median(lambda: Execution.start(made, NOW, Nothing(), {}, None), size)


def sub_processes(size: int) -> float:
    """One more sub-process in a row, in one step; a drawing has at most 2,000 elements, so 1,000 is 900 here."""
    size = min(size, 900)
    names = [f"s{number}" for number in range(size)]
    inner = [
        node("subProcess", name, script(f"{name}b", "v = 1")) for name in names
    ]  # fmt: skip
    made = program(drawing(START, *inner, END, path("start", *names, "end")))
    return median(lambda: Execution.start(made, NOW, Nothing(), {}, None), size)


def median(act: Callable[[], Any], items: int) -> float:
    """Return the milliseconds of CPU of one item."""
    times = []
    for _ in range(9 if items < 500 else 5):
        begin = time.process_time()
        act()
        times.append(time.process_time() - begin)
    return 1000 * sorted(times)[len(times) // 2] / items


CURVES: tuple[tuple[str, Callable[[int], float]], ...] = (
    ("growth_rework", rework),
    ("growth_multi_instance", multi_instance),
    ("growth_votes", votes),
    ("growth_branches", branches),
    ("growth_sub_processes", sub_processes),
)


def report() -> None:
    """Print one JSON line a curve."""
    for name, measure in CURVES:
        costs = [measure(size) for size in SIZES]
        ratios = {str(size): round(cost / costs[0], 2) for size, cost in zip(SIZES, costs, strict=True)}
        print(
            json.dumps(
                {"name": name, "value": round(costs[-1], 4), "floor": None, "ratio": None, "limit": None, "ok": True, "growth": ratios}
            )
        )


if __name__ == "__main__":
    report()
