"""Every expression, template and script of a process, with the element it stands at: compiled at deployment, and asked for what it reads."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from engine.bpmn.model import Called, Element, EventDefinition, Loop, Mapping, ProcessModel, Value
from engine.bpmn.policies import Policy
from engine.errors import Fault, InvalidExpression
from engine.language import Expression, Script, Template, compile_expression, compile_script, compile_template

Compiled = Expression | Script | Template


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a drawing; `role` says when it is looked at: `begin`, `input`, `run`, `end`, `inside` (of a loop), `called`, `leave`, `always`,
    `skipped`, `answered` (with what an outside operation gave), or `watched`: again and again until it is true."""

    source: str
    compiler: Callable[[str], Compiled]
    role: str = "begin"

    def compile(self) -> Compiled:
        return self.compiler(self.source)


def template(source: str | None, role: str = "begin") -> Iterator[Text]:
    if source:
        yield Text(source, compile_template, role)


def expression(source: str | None, role: str = "begin") -> Iterator[Text]:
    if source:
        yield Text(source, compile_expression, role)


def of_value(value: Value, role: str) -> Iterator[Text]:
    """Yield the texts of a parameter at any depth."""
    if value.kind == "script":
        yield Text(value.text, compile_script, role)
    elif value.kind == "text":
        yield from template(value.text, role)
    for _, item in value.items:
        yield from of_value(item, role)


def of_mappings(mappings: Iterable[Mapping], role: str) -> Iterator[Text]:
    for mapping in mappings:
        yield from expression(mapping.expression, role)


def of_event(event: EventDefinition) -> Iterator[Text]:
    yield from template(event.name, "run")
    yield from template(event.message, "run")
    yield from expression(event.condition, "watched")
    if event.timer is not None:
        yield from template(event.timer.text)
    for _, source in event.keys:
        yield from expression(source, "run")
    yield from of_mappings(event.payload, "run")
    if event.script is not None:
        yield Text(event.script, compile_script, "run")
    for _, value in event.inputs:
        yield from of_value(value, "run")


def of_loop(loop: Loop) -> Iterator[Text]:
    yield from template(loop.cardinality)
    yield from template(loop.maximum)
    yield from expression(loop.collection)
    yield from expression(loop.output_element, "inside")
    yield from expression(loop.condition, "begin" if loop.test_before else "inside")


def of_call(called: Called) -> Iterator[Text]:
    for source in (called.key, called.version, called.business_key):
        yield from template(source)
    yield from of_mappings(called.inputs, "begin")
    yield from of_mappings(called.outputs, "called")


def of_policy(policy: Policy) -> Iterator[Text]:
    if policy.nobody not in (None, "skip", "administrator"):
        yield from template(policy.nobody, "run")
    for source in (policy.pass_when, policy.copies):
        yield from template(source, "run")
    if policy.vote is not None:
        yield from template(policy.vote.weights, "run")


def of_element(element: Element) -> Iterator[Text]:
    """Yield every text of an element, in the order in which they are looked at."""
    if element.loop is not None:
        yield from of_loop(element.loop)
    for _, value in element.inputs:
        yield from of_value(value, "input")
    wanted = element.assignment
    for source in (
        wanted.assignee,
        wanted.candidate_users,
        wanted.candidate_groups,
        wanted.due_date,
        wanted.follow_up_date,
        wanted.priority,
    ):
        yield from template(source, "run")
    yield from of_policy(element.policy)
    for field in element.form:
        yield from template(field.default, "run")
    for event in element.events:
        yield from of_event(event)
    if element.called is not None:
        yield from of_call(element.called)
    yield from template(element.decision_ref, "run")
    yield from expression(element.skip, "skipped")
    for code, message, test in element.errors:
        yield from template(code, "answered")
        yield from template(message, "answered")
        yield from expression(test, "answered")
    if element.script is not None:
        yield Text(element.script, compile_script, "run")
    for listener in element.listeners:
        for _, value in listener.inputs:
            yield from of_value(value, "run")
    yield from template(element.retries)
    for _, value in element.outputs:
        yield from of_value(value, "end")


def of_process(process: ProcessModel) -> Iterator[Text]:
    for source in (process.title, process.amount, process.currency, *(value for _, value in process.summary)):
        yield from template(source, "always")
    for _, value in process.initial:
        yield from of_value(value, "always")


def check_texts(process: ProcessModel) -> Iterator[Fault]:
    """Yield a fault for each text that is outside of the language, with its element and its line."""
    for element in process.elements.values():
        for text in of_element(element):
            yield from compiles(text, element.id, element.line)
    for flow in process.flows.values():
        for text in (*expression(flow.condition), *expression(flow.skip)):
            yield from compiles(text, flow.id, flow.line)
        for listener in flow.listeners:
            for _, value in listener.inputs:
                for text in of_value(value, "leave"):
                    yield from compiles(text, flow.id, flow.line)
    for text in of_process(process):
        yield from compiles(text, process.id, None)


def compiles(text: Text, element: str, line: int | None) -> Iterator[Fault]:
    try:
        text.compile()
    except InvalidExpression as error:
        for found in error.faults:
            path = f"line {found.line}" if found.line else None
            yield Fault(found.code, found.zh, found.en, line=line, element=element, path=path, found=text.source[:200])


def names_of(text: Text) -> frozenset[str]:
    """Return the variables that a text may read; nothing if it is outside of the language."""
    try:
        return text.compile().names
    except InvalidExpression:
        return frozenset()


def assigned_by(script: str | None) -> frozenset[str]:
    """Return the variables that a script may set."""
    try:
        return compile_script(script).assigned if script else frozenset()
    except InvalidExpression:
        return frozenset()
