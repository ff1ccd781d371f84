"""What a block-structured process should do, reckoned from its syntax tree and not from its flows.

Shares no code and no idea with `engine.execution`: there are no tokens here. A node is begun with what is to be done when it has ended; what waits, waits
in a region; who leaves a region early ends it with everything inside. Automatic parts run at once and to their end, so this is right only where the order
of automatic parts in different branches does not matter: `grammar` makes no others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Next = Callable[[], None]


# --- the tree


@dataclass
class Test:
    """A condition over the variables: as the drawing says it, and what it means."""

    text: str
    holds: Callable[[dict[str, Any]], bool]


@dataclass
class Trigger:
    """What a catching event waits for: timer, message, signal, conditional, error, escalation or cancel."""

    id: str
    kind: str
    name: str | None = None
    test: Test | None = None


@dataclass
class Repeat:
    """More than one run of an activity: parallel, sequential or a standard loop."""

    mode: str
    count: int = 0
    collection: str | None = None
    element: str | None = None
    until: int | None = None
    again: Test | None = None
    before: bool = False
    most: int | None = None
    gather: str | None = None  #: the list that is filled
    item: str = "outcome"  #: what is read in each instance, whose own it is


@dataclass
class Border:
    """A boundary event with what follows it; `rejoins` its activity's way, or ends a branch of its own."""

    trigger: Trigger
    interrupting: bool
    body: "Row"
    rejoins: bool


@dataclass
class Row:
    items: list[Any] = field(default_factory=list)


@dataclass
class Activity:
    id: str
    borders: list[Border] = field(default_factory=list)
    repeat: Repeat | None = None
    merge: str | None = None  #: the gateway behind it, where its rejoining borders arrive
    pause: str | None = None  #: a save point `before` it or `after` it


@dataclass
class Task(Activity):
    kind: str = "userTask"
    writes: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = field(default_factory=list)  #: name, text and meaning of a script
    name: str | None = None  #: of a receive task
    handler: "Task | None" = None  #: what compensates it


@dataclass
class Sub(Activity):
    body: Row = field(default_factory=Row)
    start: str | None = None
    end: "Ending | None" = None
    handlers: "list[EventSub]" = field(default_factory=list)
    local: str | None = None
    transaction: bool = False


@dataclass
class Called(Activity):
    """A call activity: what it calls is a process of its own."""

    process: Sub | None = None
    given: dict[str, str] = field(default_factory=dict)  #: inside -> outside
    taken: dict[str, str] = field(default_factory=dict)  #: outside -> inside


@dataclass
class EventSub:
    id: str
    trigger: Trigger
    interrupting: bool
    body: Row
    end: str | None


@dataclass
class Catch:
    trigger: Trigger


@dataclass
class Throw:
    """An intermediate event that throws: `also` is what it throws beside its first kind, all of it at once."""

    id: str
    kind: str
    name: str | None = None
    also: "list[Throw]" = field(default_factory=list)


@dataclass
class Link:
    throw: str
    catch: str
    name: str


@dataclass
class Ending:
    """An end event: none, terminate, error, escalation, signal, message, cancel or compensate, or several of them."""

    id: str
    kind: str
    name: str | None = None
    also: list[Throw] = field(default_factory=list)


@dataclass
class Split:
    """Branches between two gateways of one kind: exclusive, parallel or inclusive. `bare`: the activity before it is the split."""

    kind: str
    split: str
    join: str
    branches: list[tuple[Test | None, Row]]
    bare: bool = False


@dataclass
class Race:
    """An event-based gateway: the first event decides."""

    split: str
    join: str
    options: list[tuple[Trigger, Row]]


@dataclass
class Rounds:
    """A loop drawn with two exclusive gateways: at least one round."""

    merge: str
    body: Row
    split: str
    again: Test


# --- what happens


class Region:
    """A part of the run that can be ended as a whole; scopes have threads, handlers and a log of what can be compensated."""

    def __init__(self, parent: "Region | None", local: dict[str, Any] | None = None) -> None:
        self.parent = parent
        self.alive = True
        self.children: list[Region] = []
        self.local = local if local is not None else {}
        self.isolated = False
        self.catchers: list[tuple[Trigger, Next]] = []
        self.threads = 0
        self.scope: Region = self if parent is None else parent.scope
        self.log: list[Any] = []
        self.done: Next = lambda: None
        if parent is not None:
            parent.children.append(self)

    def kill(self) -> None:
        self.alive = False
        for child in self.children:
            child.kill()
        self.children.clear()
        self.catchers.clear()

    def thread_ends(self) -> None:
        if self.alive:
            self.threads -= 1
            if not self.threads:
                self.done()


@dataclass(eq=False)
class Wait:
    """Something that a command can set going."""

    trigger: Trigger
    region: Region
    fire: Callable[..., None]
    once: bool = True
    held: bool = False  #: of a condition: it was true when last looked at


class Simulator:
    """One instance. After a command, `path` holds what was completed in it."""

    def __init__(self, process: Sub, variables: dict[str, Any]) -> None:
        self.process = process
        self.variables = dict(variables)
        self.root = Region(None, self.variables)
        self.waits: list[Wait] = []
        self.path: list[str] = []
        self.finished = False
        self.later: list[tuple[Region, Next]] | None = None  #: what goes on as soon as an event has thrown everything

    # --- commands

    def start(self) -> None:
        self.path = []
        self.run_scope(self.process, self.root, self.end_all)
        self.tidy()

    def end_all(self) -> None:
        self.root.kill()
        self.finished = True

    def tidy(self) -> None:
        self.waits = [wait for wait in self.waits if wait.region.alive]

    def available(self) -> list[Wait]:
        return [wait for wait in self.waits if wait.trigger.kind in ("user", "timer", "message", "pause")]

    def names_heard(self) -> list[str]:
        return sorted({wait.trigger.name or "" for wait in self.waits if wait.trigger.kind == "signal"})

    def complete(self, wait: Wait, outcome: str, values: dict[str, Any]) -> None:
        self.path = []
        self.waits.remove(wait)
        wait.fire(outcome, values)
        self.tidy()

    def fire(self, wait: Wait) -> None:
        self.path = []
        self.trigger(wait)
        self.tidy()

    def signal(self, name: str) -> None:
        self.path = []
        self.broadcast(name)
        self.tidy()

    # --- variables

    def visible(self, region: Region) -> dict[str, Any]:
        chain = []
        step: Region | None = region
        while step is not None:
            chain.append(step.local)
            step = None if step.isolated else step.parent
        seen: dict[str, Any] = {}
        for local in reversed(chain):
            seen.update(local)
        return seen

    def write(self, region: Region, name: str, value: Any) -> None:
        step = region
        while name not in step.local and step.parent is not None and not step.isolated:
            step = step.parent
        step.local[name] = value
        for wait in list(self.waits):
            if wait.trigger.test is not None and wait in self.waits:
                self.look(wait)

    def look(self, wait: Wait) -> None:
        holds = wait.trigger.test is not None and wait.trigger.test.holds(self.visible(wait.region))
        was, wait.held = wait.held, holds
        if holds and not was and wait.region.alive:
            self.trigger(wait)

    # --- waiting and firing

    def wait(self, trigger: Trigger, region: Region, fire: Callable[..., None], once: bool = True) -> None:
        wait = Wait(trigger, region, fire, once)
        self.waits.append(wait)
        if trigger.test is not None:
            self.look(wait)

    def trigger(self, wait: Wait) -> None:
        if wait.once and wait in self.waits:
            self.waits.remove(wait)
        wait.fire()

    def broadcast(self, name: str | None) -> None:
        for wait in [wait for wait in self.waits if wait.trigger.kind == "signal" and wait.trigger.name == name]:
            if wait.region.alive and wait in self.waits:
                self.trigger(wait)

    def raised(self, region: Region, kind: str, code: str | None) -> None:
        step: Region | None = region
        while step is not None:
            for trigger, fire in list(step.catchers):
                if trigger.kind == kind and trigger.name in (None, code):
                    fire()
                    return
            step = step.parent
        if kind == "error":
            raise AssertionError(f"nobody catches the error {code}: the process is not one of ours")

    # --- running

    def run_row(self, items: list[Any], region: Region, then: Next) -> None:
        if self.later is not None:
            self.later.append((region, lambda: self.run_row(items, region, then)))
        elif not items:
            then()
        else:
            self.run(items[0], region, lambda: self.run_row(items[1:], region, then))

    def run(self, item: Any, region: Region, then: Next) -> None:
        match item:
            case Activity():
                self.run_activity(item, region, then)
            case Catch():
                self.wait(item.trigger, region, lambda: self.emit(item.trigger.id, then))
            case Throw() | Ending():
                self.run_throw(item, region, then)
            case Link():
                self.path += [item.throw, item.catch]
                then()
            case Split():
                self.run_split(item, region, then)
            case Race():
                self.run_race(item, region, then)
            case Rounds():
                self.run_rounds(item, region, then)

    def emit(self, identity: str | None, then: Next) -> None:
        if identity is not None:
            self.path.append(identity)
        then()

    def run_throw(self, item: Throw | Ending, region: Region, then: Next) -> None:
        leave = region.scope.thread_ends if isinstance(item, Ending) else then
        if item.also:
            self.throw_all(item, region, leave)
        elif item.kind == "compensate":
            self.undo(region, lambda: self.emit(item.id, leave))
        else:
            self.path.append(item.id)
            self.throw(item, region)
            if region.alive:
                leave()

    def throw(self, item: Throw | Ending, region: Region) -> None:
        """Throw one thing that nobody waits for."""
        if item.kind == "signal":
            self.broadcast(item.name)
        elif item.kind in ("error", "escalation", "cancel"):
            self.raised(region, item.kind, item.name if item.kind != "cancel" else None)
        elif item.kind == "terminate":
            region.scope.done()

    def throw_all(self, item: Throw | Ending, region: Region, leave: Next) -> None:
        """Throw everything that an event names, before anything that comes of it goes on.

        First what anybody may hear; then what was done is undone; then what ends the scope. Whoever is ended by one of them throws no more.
        """
        parts = [item, *item.also]
        last = [part for kind in ("error", "cancel", "terminate") for part in parts if part.kind == kind]

        def end() -> None:
            self.path.append(item.id)
            for part in last[:1]:
                self.throw(part, region)
            if region.alive:
                leave()

        outer, self.later = self.later, []
        for part in [part for part in parts if part.kind in ("signal", "escalation")]:
            before = len(self.path)
            self.throw(part, region)
            if not region.alive:
                self.path.insert(before, item.id)
                break
        if region.alive and any(part.kind == "compensate" for part in parts):
            self.undo(region, end)
        elif region.alive:
            end()
        begun, self.later = self.later, outer
        for where, goes in begun:
            if where.alive:
                goes()

    def undo(self, region: Region, then: Next) -> None:
        log = region.scope.log.copy()
        region.scope.log.clear()
        self.compensate(log, region, then)

    def run_split(self, item: Split, region: Region, then: Next) -> None:
        if not item.bare:
            self.path.append(item.split)
        seen = self.visible(region)
        chosen = [row for test, row in item.branches if item.kind == "parallel" or (test is not None and test.holds(seen))]
        if item.kind == "exclusive":
            chosen = chosen[:1]
        if not chosen:
            chosen = [next(row for test, row in item.branches if test is None)]
        left = [len(chosen)]

        def arrived() -> None:
            left[0] -= 1
            if not left[0]:
                self.emit(item.join, then)

        for row in chosen:
            self.run_row(row.items, region, arrived)

    def run_race(self, item: Race, region: Region, then: Next) -> None:
        race = Region(region)

        def won(trigger: Trigger, row: Row) -> None:
            race.kill()
            self.path += [item.split, trigger.id]
            self.run_row(row.items, region, lambda: self.emit(item.join, then))

        for trigger, row in item.options:
            self.wait(trigger, race, lambda trigger=trigger, row=row: won(trigger, row))

    def run_rounds(self, item: Rounds, region: Region, then: Next) -> None:
        def decide() -> None:
            self.path.append(item.split)
            if item.again.holds(self.visible(region)):
                self.run_rounds(item, region, then)
            else:
                then()

        self.path.append(item.merge)
        self.run_row(item.body.items, region, decide)

    # --- activities

    def run_activity(self, item: Activity, region: Region, then: Next) -> None:
        if item.pause == "before":
            self.wait(Trigger(item.id, "pause"), region, lambda: self.begin_activity(item, region, then))
        else:
            self.begin_activity(item, region, then)

    def begin_activity(self, item: Activity, region: Region, then: Next) -> None:
        host = Region(region)
        scope = region.scope

        def leave() -> None:
            host.kill()
            if item.pause == "after":
                self.wait(Trigger(item.id, "pause"), region, after)
            else:
                after()

        def after() -> None:
            self.emit(item.merge, then)

        def crossed(border: Border) -> None:
            if border.interrupting:
                host.kill()
                self.path.append(border.trigger.id)
                self.run_row(border.body.items, region, after if border.rejoins else scope.thread_ends)
            else:
                scope.threads += 1
                self.path.append(border.trigger.id)
                self.run_row(border.body.items, region, scope.thread_ends)

        for border in item.borders:
            if not host.alive:
                return
            cross = lambda border=border: crossed(border)  # noqa: E731
            if border.trigger.kind in ("error", "escalation", "cancel"):
                host.catchers.append((border.trigger, cross))
            else:
                self.wait(border.trigger, host, cross, once=border.interrupting or border.trigger.kind == "timer")
        if not host.alive:
            return
        repeat = item.repeat
        if repeat is None:
            self.run_once(item, host, leave)
        elif repeat.mode == "loop":
            self.run_loop(item, repeat, host, leave, 0)
        else:
            self.run_instances(item, repeat, host, leave)

    def run_loop(self, item: Activity, repeat: Repeat, host: Region, leave: Next, rounds: int) -> None:
        def again() -> bool:
            if repeat.most is not None and rounds >= repeat.most:
                return False
            if not repeat.before and not rounds:
                return True
            return repeat.again is None or repeat.again.holds(self.visible(host))

        if not again():
            if not rounds:
                self.path.append(item.id)
            leave()
            return
        one = Region(host)

        def ended() -> None:
            one.kill()
            self.run_loop(item, repeat, host, leave, rounds + 1)

        self.run_once(item, one, ended)

    def run_instances(self, item: Activity, repeat: Repeat, host: Region, leave: Next) -> None:
        given = self.visible(host)[repeat.collection] if repeat.collection else None
        count = len(given) if given is not None else repeat.count
        gathered: dict[int, Any] = {}
        completed: list[Any] = []  #: the last decision of each instance

        def finish() -> None:
            decided = [outcome for outcome in completed if outcome is not None]
            if decided:
                self.write(host, "outcome", decided[-1])
            if repeat.gather:
                self.write(host, repeat.gather, [gathered[index] for index in sorted(gathered)])
            leave()

        def begin(index: int) -> None:
            local: dict[str, Any] = {"loopCounter": index, "outcome": None, "decisions": {}}
            if repeat.element and given is not None:
                local[repeat.element] = given[index]
            if repeat.gather:
                local[repeat.item] = None
            one = Region(host, local)

            def ended() -> None:
                if repeat.gather:
                    gathered[index] = one.local[repeat.item]
                one.kill()
                completed.append(one.local["outcome"])
                if (repeat.until is not None and len(completed) >= repeat.until) or len(completed) == count:
                    finish()
                elif repeat.mode == "sequential":
                    begin(index + 1)

            self.run_once(item, one, ended)

        if not count:
            self.path.append(item.id)
            finish()
        elif repeat.mode == "sequential":
            begin(0)
        else:
            for index in range(count):
                if host.alive:
                    begin(index)

    def run_once(self, item: Activity, region: Region, then: Next) -> None:
        match item:
            case Sub():
                self.run_sub(item, region, then)
            case Called():
                self.run_called(item, region, then)
            case Task(kind="userTask"):
                self.wait(Trigger(item.id, "user"), region, lambda outcome, values: self.decided(item, region, outcome, values, then))
            case Task(kind="receiveTask"):
                self.wait(Trigger(item.id, "message", item.name), region, lambda: self.completed(item, region, then))
            case Task():
                written = [(name, meaning(self.visible(region))) for name, _, meaning in item.writes]
                self.completed(item, region, lambda: None)
                for name, value in written:  # what this makes true comes before whatever is next
                    self.write(region, name, value)
                if region.alive:
                    then()

    def completed(self, item: Task, region: Region, then: Next) -> None:
        if item.handler is not None:
            region.scope.log.append((item.handler, None))
        self.emit(item.id, then)

    def decided(self, item: Task, region: Region, outcome: str, values: dict[str, Any], then: Next) -> None:
        for name, value in values.items():
            self.write(region, name, value)
        self.write(region, "outcome", outcome)
        self.completed(item, region, then)

    # --- scopes

    def run_sub(self, item: Sub, host: Region, then: Next) -> None:
        region = Region(host, {item.local: None} if item.local else {})
        outer = host.scope

        def ended() -> None:
            log = region.log
            region.kill()
            if log:
                outer.log.append((item, log))
            self.emit(item.id, then)

        if item.transaction:
            self.prepare_cancel(item, region, host)
        self.run_scope(item, region, ended)

    def prepare_cancel(self, item: Sub, region: Region, host: Region) -> None:
        border = next((trigger, fire) for trigger, fire in host.catchers if trigger.kind == "cancel")

        def cancelled() -> None:
            log = region.log
            region.kill()
            undoing = Region(host)
            self.compensate(log, undoing, border[1])

        region.catchers.append((Trigger("", "cancel"), cancelled))

    def run_called(self, item: Called, host: Region, then: Next) -> None:
        assert item.process is not None
        seen = self.visible(host)
        region = Region(host, {inside: seen[outside] for inside, outside in item.given.items()})
        region.isolated = True

        def ended() -> None:
            local = region.local
            region.kill()
            for outside, inside in item.taken.items():
                self.write(host, outside, local[inside])
            self.emit(item.id, then)

        self.run_scope(item.process, region, ended)

    def run_scope(self, item: Sub, region: Region, done: Next) -> None:
        region.scope = region
        region.done = done
        region.threads = 1
        main = Region(region)
        for handler in item.handlers:
            if main.alive:
                self.arm(handler, region)
        if not main.alive:
            return  # an interrupting handler went off at once
        self.emit(item.start, lambda: self.run_row(item.body.items, main, lambda: self.end_scope(item, main)))

    def end_scope(self, item: Sub, main: Region) -> None:
        if item.end is None:
            main.scope.thread_ends()
        else:
            self.run(item.end, main, main.scope.thread_ends)

    def arm(self, handler: EventSub, scope: Region) -> None:
        def goes() -> None:
            if handler.interrupting:
                for child in scope.children:
                    child.kill()
                scope.children.clear()
                scope.catchers.clear()
                scope.threads = 1
            else:
                scope.threads += 1
            inner = Region(scope)
            inner.scope = inner
            inner.threads = 1
            inner.done = lambda: self.end_handler(handler, inner, scope)
            self.path.append(handler.trigger.id)
            self.run_row(handler.body.items, inner, lambda: self.emit(handler.end, inner.thread_ends))

        if handler.trigger.kind in ("error", "escalation"):
            scope.catchers.append((handler.trigger, goes))
        else:
            self.wait(handler.trigger, Region(scope), goes, once=handler.interrupting or handler.trigger.kind == "timer")

    def end_handler(self, handler: EventSub, inner: Region, scope: Region) -> None:
        inner.kill()
        self.path.append(handler.id)
        scope.thread_ends()

    # --- compensation

    def compensate(self, log: list[Any], region: Region, then: Next) -> None:
        """Undo what a scope has completed, last first, each part once."""
        if not log or not region.alive:
            if region.alive:
                then()
            return
        item, inner = log.pop()
        if inner is None:
            self.run_once(item, Region(region), lambda: self.compensate(log, region, then))
        else:
            self.compensate(inner, region, lambda: self.compensate(log, region, then))


def walk(item: Any) -> Iterator[Any]:
    """Yield every node of a tree."""
    yield item
    match item:
        case Row():
            parts: list[Any] = item.items
        case Sub():
            parts = [item.body, *([item.end] if item.end else []), *item.handlers, *item.borders]
        case Called():
            parts = [*item.borders]  # what is called has a tree of its own
        case Task():
            parts = [*item.borders, *([item.handler] if item.handler else [])]
        case EventSub() | Border():
            parts = [item.trigger, item.body]
        case Catch():
            parts = [item.trigger]
        case Split():
            parts = [row for _, row in item.branches]
        case Race():
            parts = [part for option in item.options for part in option]
        case Rounds():
            parts = [item.body]
        case _:
            parts = []
    for part in parts:
        yield from walk(part)


def called(item: Any) -> "Iterator[Sub]":
    """Yield the processes that are called from a tree, at any depth."""
    for part in walk(item):
        if isinstance(part, Called) and part.process is not None:
            yield part.process
            yield from called(part.process)
