"""Random processes against the simulator: what the engine does, saved and loaded around every command, is what the syntax tree says.

A failure prints the seed, the commands and the drawing. `SHENPI_PROCESSES` asks for more processes than the usual ones.
"""

import os
from collections import Counter
from random import Random
from typing import Any
from uuid import UUID

import pytest
from grammar import Maker, chains, draw
from simulator import Simulator, Sub, Wait, called, walk
from traces import Side, Stub, program_of

CHUNKS = 20
PER_CHUNK = int(os.environ.get("SHENPI_PROCESSES", "2000")) // CHUNKS
COMMANDS = 20


class Mirror:
    """One of the engine's two runs, with the tokens that belong to what waits in the simulator."""

    def __init__(self, saves: bool, made: Sub, variables: dict[str, Any]) -> None:
        others = {process.id: draw(process) for process in called(made)}
        self.side = Side(saves, program_of(draw(made)), Stub(others), variables, None)
        self.known: dict[int, UUID] = {}
        self.kept: list[Wait] = []

    def waiting(self) -> list[tuple[str, UUID]]:
        run = self.side.execution
        return [
            (one.element, one.token) for found in (run.open_tasks(), run.timers(), run.messages(), run.continuations()) for one in found
        ]

    def pair(self, simulator: Simulator) -> None:
        """Tell which token each thing that waits is: known ones stay, new ones of the same element came in the same order."""
        waits = simulator.available()
        there = self.waiting()
        tokens = {token for _, token in there}
        self.known = {key: token for key, token in self.known.items() if token in tokens and any(id(wait) == key for wait in waits)}
        self.kept = waits  # held, so that no identity is used twice
        taken = set(self.known.values())
        free: dict[str, list[UUID]] = {}
        for element, token in there:
            if token not in taken:
                free.setdefault(element, []).append(token)
        for wait in waits:
            if id(wait) not in self.known and free.get(wait.trigger.id):
                self.known[id(wait)] = free[wait.trigger.id].pop(0)


class Contest:
    """One process, one environment, three runs."""

    def __init__(self, seed: int) -> None:
        maker = Maker(seed)
        self.made = maker.process()
        self.random = Random(seed + 1)
        self.simulator = Simulator(self.made, maker.variables)
        self.mirrors = [Mirror(saves, self.made, maker.variables) for saves in (False, True)]
        self.now = self.mirrors[0].side.execution.now
        self.elements = set().union(*(program.model.elements for program in self.programs()))
        self.paths: tuple[list[str], list[str]] = ([], [])
        self.commands: list[str] = []
        self.seen: set[str] = set()

    def programs(self) -> list[Any]:
        side = self.mirrors[0].side
        return [side.program, *(side.operations.program(name) for name in side.operations.processes)]

    def play(self) -> None:
        self.simulator.start()
        self.compare()
        for _ in range(COMMANDS):
            if self.simulator.finished or not self.command():
                break
            self.compare()
        self.compare_branches()

    def command(self) -> bool:
        waits, names = self.simulator.available(), self.simulator.names_heard()
        if names and (not waits or not self.random.randrange(6)):
            name = self.random.choice(names)
            self.commands.append(f"signal {name}")
            self.simulator.signal(name)
            self.each(lambda mirror, run: run.signal(name, {}))
            return True
        if not waits:
            return False
        wait = self.random.choice(waits)
        tokens = [mirror.known[id(wait)] for mirror in self.mirrors]
        kind, element = wait.trigger.kind, wait.trigger.id
        if kind == "user":
            outcome = self.random.choice(["approve", "approve", "return", "reject"])
            values = self.values()
            self.commands.append(f"complete {element} {outcome} {values}")
            self.simulator.complete(wait, outcome, values)
            self.each(lambda mirror, run: run.complete(tokens[self.mirrors.index(mirror)], {"outcome": outcome}, values))
            return True
        self.commands.append(f"{kind} {element}")
        self.simulator.fire(wait)
        if kind == "timer":
            self.now = self.now.replace(year=self.now.year + 1)
            self.each(lambda mirror, run: run.fire_timers([tokens[self.mirrors.index(mirror)]]))
        elif kind == "pause":
            self.each(lambda mirror, run: run.resume([tokens[self.mirrors.index(mirror)]]))
        else:
            self.each(lambda mirror, run: run.receive(tokens[self.mirrors.index(mirror)], {}))
        return True

    def values(self) -> dict[str, Any]:
        """Draw new values for some of the variables that conditions look at."""
        names = sorted(name for name in self.simulator.variables if name.startswith("v"))
        return {self.random.choice(names): self.random.randrange(3)} if names and self.random.randrange(2) else {}

    def each(self, command: Any) -> None:
        for mirror in self.mirrors:
            mirror.side.act(self.now, lambda run, mirror=mirror: command(mirror, run))

    # --- comparing

    def compare(self) -> None:
        memory, saved = (mirror.side.picture() for mirror in self.mirrors)
        assert memory == saved, "in memory and saved"
        assert not memory["failures"]
        taken = [name.rpartition("/")[2] for name in memory["path"]]
        path = [name for name in taken if name in self.elements]
        self.paths[0].extend(self.simulator.path)
        self.paths[1].extend(path)
        assert sorted(path) == sorted(self.simulator.path), "completed elements"
        assert path_is_connected(taken, self.elements, self.seen), "a flow that leaves no element before it"
        self.compare_waiting(memory)
        assert memory["finished"] == self.simulator.finished
        self.compare_variables(memory["variables"])
        for mirror in self.mirrors:
            mirror.pair(self.simulator)

    def compare_waiting(self, memory: dict[str, Any]) -> None:
        expected: dict[str, list[str]] = {"user": [], "timer": [], "message": [], "signal": [], "conditional": [], "pause": []}
        for wait in self.simulator.waits:
            expected[wait.trigger.kind].append(wait.trigger.id)
        assert memory["open"] == sorted(expected["user"]), "open tasks"
        assert [element for element, _ in memory["timers"]] == sorted(expected["timer"]), "timers"
        assert [element for element, *_ in memory["messages"]] == sorted(expected["message"]), "messages"
        assert memory["continuations"] == len(expected["pause"]), "save points"
        assert [element for element, _ in memory["signals"]] == sorted(expected["signal"]), "signals"

    def compare_variables(self, variables: dict[str, Any]) -> None:
        found = {name: value for name, value in variables.items() if name != "decisions"}
        assert found == self.simulator.variables, "variables"

    def compare_branches(self) -> None:
        """In every branch, and those around it, the elements were completed in the same order."""
        known = chains(self.made)
        for branch in {chain for chain in known.values() if chain is not None}:
            mine = {name for name, chain in known.items() if chain is not None and chain == branch[: len(chain)]}
            first, second = ([name for name in path if name in mine] for path in self.paths)
            assert first == second, f"order in branch {branch}"


def path_is_connected(path: list[str], elements: set[str], seen: set[str]) -> bool:
    """Tell whether every flow stands somewhere behind the element it leaves; `seen` are those of earlier steps."""
    for name in path:
        if name in elements:
            seen.add(name)
        elif name.rpartition("_to_")[0] not in seen:
            return False
    return True


def contest(seed: int) -> Contest:
    one = Contest(seed)
    try:
        one.play()
    except Exception as error:
        story = "\n".join([f"seed {seed}: {type(error).__name__}: {error}", *one.commands, draw(one.made).decode()])
        raise AssertionError(story) from error
    return one


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_processes_run_as_their_syntax_tree_says_in_memory_and_saved_around_every_command(chunk: int) -> None:
    ended = 0
    for seed in range(chunk * PER_CHUNK, (chunk + 1) * PER_CHUNK):
        ended += contest(seed).simulator.finished
    assert ended > PER_CHUNK // 2  # most of them must come to their end, or little was tested


def test_the_random_processes_hold_every_construct_they_are_meant_to() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(400):
        for part in walk(Maker(seed).process()):
            repeat = getattr(part, "repeat", None)
            kinds[f"{type(part).__name__} {getattr(part, 'kind', '')}"] += 1
            for other in getattr(part, "also", ()):
                kinds["+".join(sorted((part.kind, other.kind)))] += 1
            if repeat is not None:
                kinds[f"{repeat.mode} {'until' if repeat.until is not None else ''}"] += 1
            if getattr(part, "pause", None):
                kinds[part.pause] += 1
            if hasattr(part, "interrupting"):
                kinds[f"{type(part).__name__} {part.trigger.kind} {part.interrupting}"] += 1
    wanted = [f"Split {kind}" for kind in ("exclusive", "parallel", "inclusive")]
    wanted += [
        f"{holder} {kind} True"
        for holder in ("Border", "EventSub")
        for kind in ("timer", "message", "signal", "conditional", "error", "escalation")
    ]
    wanted += [
        f"{holder} {kind} False"
        for holder in ("Border", "EventSub")
        for kind in ("timer", "message", "signal", "conditional", "escalation")
    ]
    wanted += [
        "Border cancel True",
        "Ending terminate",
        "Ending error",
        "Ending cancel",
        "Ending escalation",
        "Ending signal",
        "Ending compensate",
    ]
    wanted += [
        "signal+signal",
        "escalation+signal",
        "compensate+signal",
        "signal+terminate",
        "escalation+terminate",
        "cancel+signal",
        "cancel+compensate",
    ]
    wanted += ["Throw signal", "Throw escalation", "Throw compensate", "Race ", "Rounds ", "Sub ", "Called ", "Link "]
    wanted += ["before", "after", "parallel ", "parallel until", "sequential ", "sequential until", "loop "]
    wanted += [f"Task {kind}" for kind in ("userTask", "scriptTask", "task", "manualTask", "receiveTask")]
    assert [kind for kind in wanted if not kinds[kind]] == []
