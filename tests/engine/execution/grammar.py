"""Random block-structured processes for `simulator`, and their drawings.

What throws always stands right behind something that a command sets going (a task, a timer, a message), so that all other branches are at rest when it
throws: which of two automatic branches runs first then never matters.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from drawings import association, definition, flow, instances, loop, node, script, whole
from simulator import (
    Activity,
    Border,
    Called,
    Catch,
    Ending,
    EventSub,
    Link,
    Race,
    Repeat,
    Rounds,
    Row,
    Split,
    Sub,
    Task,
    Test,
    Throw,
    Trigger,
    walk,
)

DEPTH = 3
SIZE = 18  #: roughly how many items a process may have


def returned() -> Test:
    return Test("${outcome == 'return'}", lambda seen: seen["outcome"] == "return")


def turning(name: str, parts: int, least: int) -> Test:
    return Test(f"${{{name} % {parts} >= {least}}}", lambda seen: seen[name] % parts >= least)


@dataclass(frozen=True)
class Place:
    """What is allowed where an item is to stand."""

    depth: int = 0
    single: bool = True  #: nothing here runs more than once at the same time
    top: bool = True  #: directly in a scope: a branch may end here
    errors: tuple[str, ...] = ()
    escalations: tuple[str, ...] = ()
    cancels: bool = False
    undone: bool = False  #: tasks may be compensated
    in_transaction: bool = False
    joins: bool = True  #: tokens of one scope that began apart never meet at a join here
    counted: bool = False  #: in a branch that an inclusive gateway waits for only as long as its token can still come

    def deeper(self, **changes: Any) -> "Place":
        return Place(**{**self.__dict__, "depth": self.depth + 1, **changes})

    def but(self, **changes: Any) -> "Place":
        return Place(**{**self.__dict__, **changes})


class Maker:
    """Makes one process from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.number = 0
        self.left = SIZE
        self.variables: dict[str, Any] = {}
        self.throws: list[Throw | Ending] = []
        self.toggles: list[Task] = []

    # --- names

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def counter(self, prefix: str, value: Any = 0) -> str:
        name = self.name(prefix)
        self.variables[name] = value
        return name

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    # --- the whole

    def process(self) -> Sub:
        made = self.scope("p", Place(), whole_process=True)
        self.paused(made)
        heard = [part.name for part in walk(made) if isinstance(part, Trigger) and part.kind == "signal"]
        looked = [part for part in walk(made) if isinstance(part, Trigger) and part.kind == "conditional"]
        for throw in self.throws:
            throw.name = self.random.choice([*heard, "nobody"])
        for toggle in self.toggles:
            name = self.random.choice(looked).name or "" if looked else self.counter("c")
            toggle.writes = [(name, f"{name} = {name} + 1", lambda seen, name=name: seen[name] + 1)]
        return made

    def paused(self, made: Sub) -> None:
        """Give some activities a save point, but not those that compensate."""
        parts = list(walk(made))[1:]
        handlers = [part.handler for part in parts if isinstance(part, Task)]
        for part in parts:
            if isinstance(part, Activity) and part not in handlers and self.chance(5):
                part.pause = self.random.choice(["before", "after"])

    def scope(self, identity: str, place: Place, whole_process: bool = False) -> Sub:
        """Make a sub-process, or the process itself."""
        made = Sub(identity)
        made.handlers, inner = self.handlers(place)
        inner = inner.but(top=True, undone=not made.handlers and self.chance(40))
        made.body = self.row(inner, 1, 4 if whole_process else 3)
        if inner.undone and self.chance(60):
            made.body.items += [self.human(inner.but(undone=False)), Throw(self.name("undo"), "compensate")]
            if self.chance(30):
                made.body.items.append(self.script())
        first = made.body.items[0]
        last = made.body.items[-1]
        if whole_process or self.chance(75) or not isinstance(first, Activity):
            made.start = self.name("start")
        if self.chance(80) or not isinstance(last, Activity) or last.merge:
            made.end = self.ending(inner, last)
        return made

    def ending(self, place: Place, last: Any) -> Ending:
        kinds = ["none"] * 4
        if isinstance(last, Task) and last.kind == "userTask" and not last.repeat and not last.merge:
            kinds += ["signal", "terminate"] + ["escalation"] * bool(place.escalations) + ["compensate"] * 6 * place.undone
        made = Ending(self.name("end"), self.random.choice(kinds))
        self.aim(made, place)
        return made

    def aim(self, made: Throw | Ending, place: Place) -> None:
        if made.kind != "none" and self.chance(30):
            self.more(made, place)
        self.name_thrown(made, place)

    def more(self, made: Throw | Ending, place: Place) -> None:
        """Let an event throw one or two things beside; what ends its scope comes only once."""
        kinds = (
            ["signal", "signal"]
            + ["escalation"] * 2 * bool(place.escalations)
            + ["compensate"] * 2 * (place.undone and made.kind != "compensate")
        )
        if isinstance(made, Ending) and made.kind not in ("terminate", "error", "cancel"):
            kinds += ["terminate"] + ["error"] * bool(place.errors)
        for kind in dict.fromkeys(self.random.choices(kinds, k=self.random.choice([1, 1, 2]))):
            made.also.append(Throw("", kind))
            self.name_thrown(made.also[-1], place)
        self.random.shuffle(made.also)

    def name_thrown(self, made: Throw | Ending, place: Place) -> None:
        if made.kind == "signal":
            self.throws.append(made)
        elif made.kind == "escalation":
            made.name = self.random.choice([*place.escalations, "nobody"])
        elif made.kind == "error":
            made.name = self.random.choice(place.errors)

    def handlers(self, place: Place) -> tuple[list[EventSub], Place]:
        """Make the event sub-processes of a scope: one that interrupts, or up to two that do not. Tells what may be thrown inside."""
        if place.depth > 2 or not self.chance(25):
            return [], place
        interrupting = self.chance(50)
        made = []
        inside = place
        for _ in range(1 if interrupting else self.random.choice([1, 1, 2])):
            kinds = ["timer", "message", "signal", "conditional", "escalation"] + ["error"] * 2 * interrupting
            trigger = self.catching(self.random.choice(kinds))
            body = self.row(
                place.deeper(single=place.single and interrupting, top=True, undone=False, cancels=False, counted=False, joins=True), 1, 2
            )
            made.append(EventSub(self.name("handler"), trigger, interrupting, body, self.name("end") if self.chance(80) else None))
            if made[-1].end is None and not self.ends_plainly(body):
                made[-1].end = self.name("end")
            inside = self.catches(inside, trigger)
        return made, inside

    def ends_plainly(self, row: Row) -> bool:
        return isinstance(row.items[-1], Activity) and row.items[-1].merge is None

    def catches(self, place: Place, trigger: Trigger) -> Place:
        if trigger.kind == "error":
            code = trigger.name or self.name("any")
            return place.but(errors=(*place.errors, code))
        if trigger.kind == "escalation" and trigger.name:
            return place.but(escalations=(*place.escalations, trigger.name))
        return place

    def catching(self, kind: str) -> Trigger:
        identity = self.name(f"{kind}_")
        if kind == "conditional":
            name = self.counter("c", self.random.choice([0, 0, 0, 1]))
            return Trigger(identity, kind, name, Test(f"${{{name} % 2 == 1}}", lambda seen: seen[name] % 2 == 1))
        if kind == "error" and self.chance(30):
            return Trigger(identity, kind, None)
        return Trigger(identity, kind, None if kind == "timer" else f"N{self.number}")

    # --- rows

    def row(self, place: Place, least: int, most: int) -> Row:
        made = Row()
        for _ in range(self.random.randint(least, most)):
            made.items += self.item(place, made.items[-1] if made.items else None)
        return made

    def branch(self, place: Place) -> Row:
        return self.row(place.deeper(top=False), 1, 2)

    def item(self, place: Place, before: Any) -> list[Any]:
        self.left -= 1
        weights: dict[str, int] = {"human": 6, "script": 5, "plain": 2, "catch": 2, "throw": 3, "link": 1}
        if self.left > 0 and place.depth < DEPTH:
            weights |= {"exclusive": 4, "parallel": 4, "inclusive": 4, "race": 2, "rounds": 3, "sub": 5, "repeat": 4, "call": 2}
        if not place.in_transaction and self.left > 0 and place.depth < DEPTH:
            weights["transaction"] = 1
        if not place.joins:
            weights.pop("parallel", None)
            weights.pop("inclusive", None)
        kind = self.random.choices(list(weights), list(weights.values()))[0]
        match kind:
            case "human":
                return [self.human(place)]
            case "script":
                return [self.script()]
            case "plain":
                return [self.plain()]
            case "catch":
                return [Catch(self.catching(self.random.choice(["timer", "message", "signal", "conditional"])))]
            case "throw":
                return [self.waiting(place), self.thrown(place)]
            case "link":
                return [Link(self.name("link"), self.name("link"), self.name("L"))]
            case "exclusive" | "parallel" | "inclusive":
                bare = isinstance(before, Activity) and before.merge is None and kind != "exclusive" and self.chance(40)
                return [self.split(place, kind, bare)]
            case "race":
                options = [
                    (self.catching(one), self.branch(place)) for one in self.random.sample(["timer", "message", "signal", "message"], 2)
                ]
                return [Race(self.name("race"), self.name("join"), options)]
            case "rounds":
                return [self.rounds(place)]
            case "sub":
                return [self.sub(place)]
            case "transaction":
                return [self.transaction(place)]
            case "call":
                return [self.called(place)]
            case _:
                return [self.repeated(place)]

    def waiting(self, place: Place) -> Any:
        """Make something that only a command sets going."""
        if self.chance(60):
            return self.human(place.but(undone=False), borders=False)
        return Catch(self.catching(self.random.choice(["timer", "message"])))

    def thrown(self, place: Place) -> Any:
        kinds = ["signal", "signal", "conditional", "none"] + ["escalation"] * 3 * bool(place.escalations) + ["compensate"] * place.undone
        kind = self.random.choice(kinds)
        if kind == "conditional":
            made = self.script()
            self.toggles.append(made)
            return made
        throw = Throw(self.name(f"throw_{kind}_"), kind)
        self.aim(throw, place)
        return throw

    # --- tasks

    def human(self, place: Place, borders: bool = True) -> Task:
        made = Task(self.name("human"))
        if borders and self.chance(25):
            kinds = ["timer", "message", "signal", "conditional"]
            made.borders = [self.border(self.catching(kind), place) for kind in self.random.sample(kinds, self.random.choice([1, 1, 2]))]
            self.merged(made)
        if place.undone and not made.borders and self.chance(70):
            made.handler = self.script() if place.in_transaction or self.chance(60) else Task(self.name("human"))
        return made

    def script(self) -> Task:
        made = Task(self.name("script"), kind="scriptTask")
        name = self.counter("n")
        made.writes = [(name, f"{name} = {name} + 1", lambda seen: seen[name] + 1)]
        return made

    def plain(self) -> Task:
        kind = self.random.choice(["task", "manualTask", "receiveTask"])
        made = Task(self.name(kind[:3]), kind=kind)
        made.name = f"N{self.number}" if kind == "receiveTask" else None
        return made

    def border(self, trigger: Trigger, place: Place) -> Border:
        always = trigger.kind in ("error", "cancel")
        interrupting = always or self.chance(55)
        inner = place.deeper(single=place.single and interrupting, undone=False, joins=place.joins and interrupting)
        rejoins = interrupting and (not place.top or self.chance(70))
        body = self.row(inner.but(top=not rejoins and place.top), 1, 2)
        if not rejoins and (self.chance(80) or not self.ends_plainly(body)):
            body.items.append(Ending(self.name("end"), "none"))
        return Border(trigger, interrupting, body, rejoins)

    def merged(self, made: Activity) -> None:
        if any(border.rejoins for border in made.borders):
            made.merge = self.name("merge")

    # --- gateways

    def split(self, place: Place, kind: str, bare: bool) -> Split:
        made = Split(kind, "" if bare else self.name(kind), self.name("join"), [], bare)
        count = self.random.choice([2, 2, 3])
        for number in range(count):
            row = self.branch(place.but(counted=True) if kind == "inclusive" else place)
            test = None
            if kind != "parallel" and number < count - 1:
                name = self.counter("v", self.random.choice([0, 1, 2]))
                test = turning(name, 3, 1)
                if kind == "exclusive" and not place.counted and self.chance(35):
                    self.end_early(row, place)
            made.branches.append((test, row))
        if kind != "parallel" and self.chance(20):
            made.branches[-1] = (None, Row())
        return made

    def end_early(self, row: Row, place: Place) -> None:
        """Let a branch end with something that ends more than itself."""
        kinds = ["terminate"] + ["error"] * 3 * bool(place.errors) + ["cancel"] * 3 * place.cancels
        ending = Ending(self.name("end"), self.random.choice(kinds))
        self.aim(ending, place)
        row.items += [self.waiting(place), ending]

    def rounds(self, place: Place) -> Rounds:
        merge, split = self.name("again"), self.name("enough")
        body = self.row(place.deeper(top=False), 1, 2)
        if place.single and self.chance(40):
            counting = self.script()
            body.items.append(counting)
            return Rounds(merge, body, split, turning(counting.writes[0][0], self.random.choice([2, 3]), 1))
        body.items.append(self.human(place.but(undone=False), borders=False))
        return Rounds(merge, body, split, returned())

    # --- sub-processes and repetition

    def sub(self, place: Place, **changes: Any) -> Sub:
        identity = self.name("sub")
        triggers = []
        inner = place.deeper(cancels=False, counted=False, joins=True, **changes)
        if self.chance(55):
            kinds = ["timer", "message", "signal", "conditional", "error", "error", "escalation", "escalation"]
            triggers = [self.catching(kind) for kind in self.random.sample(kinds, self.random.choice([1, 1, 2]))]
            if len({(trigger.kind, trigger.name) for trigger in triggers}) < len(triggers) or all(one.kind == "error" for one in triggers):
                triggers = triggers[:1]
            for trigger in triggers:
                inner = self.catches(inner, trigger)
        made = self.scope(identity, inner)
        made.borders = [self.border(trigger, place) for trigger in triggers]
        self.merged(made)
        if self.chance(40):
            made.local = self.name("l")
            seen = made.local
            first, last = self.script(), self.script()
            first.writes = [(seen, f"{seen} = 3", lambda _: 3)]
            name = last.writes[0][0]
            last.writes = [(name, f"{name} = {name} + {seen}", lambda variables: variables[name] + variables[seen])]
            items = [first, *made.body.items]
            free = [place for place in range(1, len(items)) if not self.bound(items[place])]
            items.insert(self.random.choice(free), last)
            made.body.items = items
        return made

    def bound(self, item: Any) -> bool:
        """Tell whether an item must stand right behind the one before it."""
        return isinstance(item, Throw) or item in self.toggles or (isinstance(item, Split) and item.bare)

    def transaction(self, place: Place) -> Sub:
        made = Sub(self.name("tx"), transaction=True)
        inner = place.deeper(cancels=True, undone=True, in_transaction=True, top=True, counted=False, joins=True)
        made.body = self.row(inner, 1, 2)
        leaves = Row()
        self.end_early(leaves, inner.deeper(errors=()))
        name = self.counter("v", self.random.choice([0, 1, 2]))
        made.body.items.append(
            Split("exclusive", self.name("exclusive"), self.name("join"), [(turning(name, 3, 1), leaves), (None, self.branch(inner))])
        )
        made.start, made.end = self.name("start"), Ending(self.name("end"), "none")
        made.borders = [self.border(self.catching("cancel"), place)]
        self.merged(made)
        return made

    def repeated(self, place: Place) -> Activity:
        mode = self.random.choice(["parallel", "parallel", "sequential", "loop"])
        single = place.single and mode != "parallel"
        kind = self.random.choice(["human", "human", "script", "sub", "sub", "call"])
        made: Activity
        if kind == "sub":
            made = self.sub(place, single=single, undone=False)
        elif kind == "call":
            made = self.called(place)
        elif kind == "script":
            made = self.script()
        else:
            made = self.human(place.but(undone=False, single=single))
        repeat = Repeat(mode)
        made.repeat = repeat
        if mode == "loop":
            self.loop(made, repeat, place)
            return made
        if self.chance(50):
            repeat.collection, repeat.element = self.name("list"), self.name("e")
            self.variables[repeat.collection] = [self.random.randint(1, 9) for _ in range(self.random.choice([0, 1, 2, 3]))]
            count = len(self.variables[repeat.collection])
        else:
            count = repeat.count = self.random.choice([0, 1, 2, 2, 3])
        if isinstance(made, Task) and made.kind == "scriptTask":
            name, more = made.writes[0][0], repeat.element or "loopCounter"
            made.writes = [(name, f"{name} = {name} + {more}", lambda seen: seen[name] + seen[more])]
        quiet = mode == "sequential" or (isinstance(made, Task) and made.kind == "userTask")
        if isinstance(made, Sub) and not quiet:
            quiet = self.ends_waiting(made)
        if quiet and count > 1 and self.chance(50):
            repeat.until = self.random.randint(1, count - 1)
        if isinstance(made, Task) and made.kind == "userTask" and self.chance(50):
            repeat.gather = self.name("found")
        if isinstance(made, Sub) and self.chance(50):
            repeat.gather, repeat.item = self.name("found"), self.name("g")
            finding = self.script()
            finding.writes = [(repeat.item, f"{repeat.item} = loopCounter * 10 + 1", lambda seen: seen["loopCounter"] * 10 + 1)]
            made.body.items.insert(0, finding)
        return made

    def ends_waiting(self, made: Sub) -> bool:
        """Tell whether instances of a sub-process can only end one after another."""
        last = made.body.items[-1]
        plain = isinstance(last, Task) and last.kind == "userTask" and not last.borders and not last.repeat
        return plain and not made.handlers and (made.end is None or made.end.kind == "none") and not any(
            isinstance(part, Ending) and part is not made.end for part in walk(made.body)
        ) and not any(isinstance(part, Border) and not part.rejoins for part in walk(made.body))  # fmt: skip

    def loop(self, made: Activity, repeat: Repeat, place: Place) -> None:
        repeat.most = self.random.choice([None, 1, 2, 3])
        if isinstance(made, Task) and made.kind == "userTask":
            repeat.again = returned()
            return
        if isinstance(made, Task) and place.single:
            repeat.before = self.chance(50)
            repeat.again = (
                turning(made.writes[0][0], 3, 1) if not repeat.before else turning(self.counter("v", self.random.choice([0, 2])), 3, 1)
            )
            if repeat.before and repeat.most is None:
                repeat.most = 2
            return
        repeat.most = self.random.choice([1, 2, 3])

    def called(self, place: Place) -> Called:
        made = Called(self.name("call"))
        maker = Maker(self.random.randrange(2**30))
        maker.number, maker.left = self.number + 1000, 4
        made.process = maker.scope(self.name("called"), Place(depth=2), whole_process=True)
        for throw in maker.throws:
            throw.name = "nobody"
        for toggle in maker.toggles:
            name = maker.counter("c")
            toggle.writes = [(name, f"{name} = {name} + 1", lambda seen, name=name: seen[name] + 1)]
        self.number = maker.number
        self.variables |= maker.variables
        made.given = {name: name for name in maker.variables}
        if maker.variables:
            target = self.counter("t")
            made.taken = {target: self.random.choice(list(maker.variables))}
        return made


# --- drawing


@dataclass
class Node:
    kind: str
    identity: str
    body: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    default_next: bool = False  #: whatever is drawn behind it is reached by its default flow

    def text(self) -> str:
        return node(self.kind, self.identity, self.body, **self.attributes)


Ends = list[tuple[str, Test | None, bool]]  #: where a flow goes: to which element, under which condition, whether by default


class Drawer:
    """Draws one scope after another; `parts` holds the finished texts of the scope at hand."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.flows: list[str] = []

    def scope(self, made: Sub) -> str:
        inner = Drawer()
        last = inner.begin(made.start)
        last = inner.row(made.body.items, last)
        if made.end is not None:
            ending = inner.throwing(made.end, "endEvent")
            inner.connect(last, [(ending.identity, None, False)])
        texts = [node("property", made.local, name=made.local)] if made.local else []
        texts += [inner.event_sub(handler) for handler in made.handlers]
        return "".join([*texts, *(one.text() for one in inner.nodes), *inner.flows])

    def event_sub(self, made: EventSub) -> str:
        inner = Drawer()
        first = inner.add("startEvent", made.trigger.id, triggered(made.trigger), isInterrupting=str(made.interrupting).lower())
        last = inner.row(made.body.items, first)
        if made.end:
            inner.add("endEvent", made.end)
            inner.connect(last, [(made.end, None, False)])
        body = "".join([*(one.text() for one in inner.nodes), *inner.flows])
        return node("subProcess", made.id, body, triggeredByEvent="true")

    def begin(self, start: str | None) -> Node | None:
        return self.add("startEvent", start) if start else None

    def add(self, kind: str, identity: str, body: str = "", **attributes: str) -> Node:
        made = Node(kind, identity, body, attributes)
        self.nodes.append(made)
        return made

    def connect(self, source: Node | None, ends: Ends) -> None:
        if source is None:
            return
        for target, test, default in ends:
            self.flows.append(flow(source.identity, target, test.text if test else None))
            if default or source.default_next:
                source.attributes["default"] = f"{source.identity}_to_{target}"

    def row(self, items: list[Any], before: Node | None) -> Node | None:
        """Draw items behind a node; returns the last node, or None when nothing goes on."""
        for item in items:
            before = self.item(item, before)
        return before

    def item(self, item: Any, before: Node | None) -> Node | None:
        match item:
            case Activity():
                return self.activity(item, before)
            case Catch():
                made = self.add("intermediateCatchEvent", item.trigger.id, triggered(item.trigger))
                self.connect(before, [(made.identity, None, False)])
                return made
            case Throw():
                made = self.throwing(item, "intermediateThrowEvent")
                self.connect(before, [(made.identity, None, False)])
                return made
            case Ending():
                made = self.throwing(item, "endEvent")
                self.connect(before, [(made.identity, None, False)])
                return None
            case Link():
                made = self.add("intermediateThrowEvent", item.throw, definition("link", item.name))
                self.connect(before, [(made.identity, None, False)])
                return self.add("intermediateCatchEvent", item.catch, definition("link", item.name))
            case Split():
                return self.split(item, before)
            case Race():
                return self.race(item, before)
            case Rounds():
                return self.rounds(item, before)
        raise TypeError(item)

    def throwing(self, item: Throw | Ending, kind: str) -> Node:
        return self.add(kind, item.id, "".join(definition(part.kind, part.name) for part in (item, *item.also)))

    def split(self, item: Split, before: Node | None) -> Node:
        kind = f"{item.kind}Gateway"
        source = before
        if not item.bare:
            source = self.add(kind, item.split)
            self.connect(before, [(item.split, None, False)])
        join = Node(kind, item.join)
        conditional = item.kind != "parallel"
        for test, row in item.branches:
            if not row.items:
                self.connect(source, [(item.join, test, conditional and test is None)])
                continue
            last = self.guarded(row, source, test, conditional and test is None)
            if last is not None:
                self.connect(last, [(item.join, None, False)])
        self.nodes.append(join)
        return join

    def guarded(self, row: Row, source: Node | None, test: Test | None, default: bool) -> Node | None:
        """Draw a row whose first flow has a condition."""
        assert source is not None
        count = len(self.flows)
        kept = Node(source.kind, source.identity)
        last = self.row(row.items, kept)
        first = next(place for place in range(count, len(self.flows)) if f'sourceRef="{source.identity}"' in self.flows[place])
        target = self.flows[first].split('targetRef="')[1].split('"')[0]
        self.flows[first] = flow(source.identity, target, test.text if test else None)
        if default:
            source.attributes["default"] = f"{source.identity}_to_{target}"
        return last

    def race(self, item: Race, before: Node | None) -> Node:
        split = self.add("eventBasedGateway", item.split)
        self.connect(before, [(item.split, None, False)])
        join = Node("exclusiveGateway", item.join)
        for trigger, row in item.options:
            first = self.item(Catch(trigger), split)
            last = self.row(row.items, first)
            if last is not None:
                self.connect(last, [(item.join, None, False)])
        self.nodes.append(join)
        return join

    def rounds(self, item: Rounds, before: Node | None) -> Node:
        merge = self.add("exclusiveGateway", item.merge)
        self.connect(before, [(item.merge, None, False)])
        last = self.row(item.body.items, merge)
        split = Node("exclusiveGateway", item.split)
        self.connect(last, [(item.split, None, False)])
        self.flows.append(flow(item.split, item.merge, item.again.text))
        self.nodes.append(split)
        split.default_next = True
        return split

    def activity(self, item: Activity, before: Node | None) -> Node:
        body = repeated(item.repeat)
        attributes: dict[str, str] = {}
        match item:
            case Sub():
                kind = "transaction" if item.transaction else "subProcess"
                body += self.scope(item)
            case Called():
                kind = "callActivity"
                rows = "".join(f'<camunda:in source="{outside}" target="{inside}"/>' for inside, outside in item.given.items())
                rows += "".join(f'<camunda:out source="{inside}" target="{outside}"/>' for outside, inside in item.taken.items())
                body = f"<extensionElements>{rows}</extensionElements>{body}"
                attributes["calledElement"] = item.process.id if item.process else ""
            case Task(kind="scriptTask"):
                kind = "scriptTask"
                text = script(item.id, "\n".join(text for _, text, _ in item.writes))
                body += text[text.index("<script>") : text.index("</scriptTask>")]
            case Task(kind="receiveTask"):
                kind = "receiveTask"
                attributes["messageRef"] = f"message_{item.name}"
            case Task():
                kind = item.kind
            case _:
                raise TypeError(item)
        if item.pause:
            attributes[f"camunda_async{item.pause.title()}"] = "true"
        made = self.add(kind, item.id, body, **attributes)
        self.connect(before, [(item.id, None, False)])
        if isinstance(item, Task) and item.handler is not None:
            self.handler(item.id, item.handler)
        merge = self.add("exclusiveGateway", item.merge) if item.merge else None
        if merge is not None:
            self.connect(made, [(merge.identity, None, False)])
        for border in item.borders:
            self.border(item.id, border, merge)
        return merge or made

    def handler(self, host: str, handler: Task) -> None:
        self.add("boundaryEvent", f"undo_{host}", "<compensateEventDefinition/>", attachedToRef=host)
        made = self.activity(handler, None)
        made.attributes["isForCompensation"] = "true"
        self.flows.append(association(f"undo_{host}", handler.id))

    def border(self, host: str, border: Border, merge: Node | None) -> None:
        more = {} if border.interrupting else {"cancelActivity": "false"}
        event = self.add("boundaryEvent", border.trigger.id, triggered(border.trigger), attachedToRef=host, **more)
        last = self.row(border.body.items, event)
        if border.rejoins and last is not None and merge is not None:
            self.connect(last, [(merge.identity, None, False)])


def triggered(trigger: Trigger) -> str:
    if trigger.kind == "conditional" and trigger.test is not None:
        return definition("conditional", trigger.test.text)
    return definition(trigger.kind, trigger.name)


def repeated(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    if repeat.mode == "loop":
        return loop(
            repeat.again.text if repeat.again else None, before=repeat.before, most=str(repeat.most) if repeat.most is not None else None
        )
    return instances(
        str(repeat.count) if repeat.collection is None else None,
        sequential=repeat.mode == "sequential",
        collection=repeat.collection,
        element=repeat.element,
        until=f"${{nrOfCompletedInstances >= {repeat.until}}}" if repeat.until is not None else None,
        gather=(repeat.gather, repeat.item) if repeat.gather else None,
    )


def draw(made: Sub) -> bytes:
    """Return the file of a process."""
    return whole(Drawer().scope(made), key=made.id)


def chains(made: Sub) -> dict[str, tuple[str, ...] | None]:
    """Tell of each element in which branch it stands: elements of one branch and of those around it run in an order, if this is not None."""
    found: dict[str, tuple[str, ...] | None] = {}

    def note(chain: tuple[str, ...] | None, *identities: str | None) -> None:
        found.update({identity: chain for identity in identities if identity})

    def below(chain: tuple[str, ...] | None, *more: str) -> tuple[str, ...] | None:
        return None if chain is None else (*chain, *more)

    def look(item: Any, chain: tuple[str, ...] | None) -> None:
        match item:
            case Row():
                for part in item.items:
                    look(part, chain)
            case Activity():
                note(chain, item.merge)
                inner = None if item.repeat is not None and item.repeat.mode == "parallel" else chain
                note(inner, item.id)
                if isinstance(item, Sub):
                    scope(item, inner)
                if isinstance(item, Task) and item.handler is not None:
                    look(item.handler, ("undo",))
                for border in item.borders:
                    note(chain if border.interrupting else None, border.trigger.id)
                    look(border.body, chain if border.interrupting else None)
            case Catch():
                note(chain, item.trigger.id)
            case Throw() | Ending():
                note(chain, item.id)
            case Link():
                note(chain, item.throw, item.catch)
            case Split():
                note(chain, item.split, item.join)
                for number, (_, row) in enumerate(item.branches):
                    look(row, chain if item.kind == "exclusive" else below(chain, item.join, str(number)))
            case Race():
                note(chain, item.split, item.join)
                for trigger, row in item.options:
                    note(chain, trigger.id)
                    look(row, chain)
            case Rounds():
                note(chain, item.merge, item.split)
                look(item.body, chain)

    def scope(item: Sub, chain: tuple[str, ...] | None) -> None:
        note(chain, item.start)
        look(item.body, chain)
        if item.end is not None:
            note(chain, item.end.id)
        for handler in item.handlers:
            own = chain if handler.interrupting else None
            note(own, handler.trigger.id, handler.end, handler.id)
            look(handler.body, own)

    scope(made, ())
    return found
