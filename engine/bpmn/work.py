"""What a service, send or business rule task does: one of our operations, or an expression. Java is an operation only by the administrator's mapping."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.extensions import ours
from engine.bpmn.model import Listener, Value
from engine.bpmn.parameters import Pairs, read_fields, read_parameters
from engine.bpmn.reading import Reading, unprefixed
from engine.bpmn.scripts import read_script
from engine.bpmn.xml import local, spiff_children, text_of, vendor, vendor_children
from engine.language import as_template

DMN_FIELDS = frozenset({"decisionTableReferenceKey", "decisionTaskThrowErrorOnNoHits", "fallbackToDefaultTenant", "sameDeployment"})
#: events of Flowable's engine that happen to a process -> the listener of the process that hears them
ENGINE_EVENTS = {"PROCESS_STARTED": "start", "PROCESS_COMPLETED": "end"}
EXTERNAL = ("external", "external-worker")
EVENTS = frozenset({"start", "end", "take", "create", "assignment", "complete", "delete", "update", "timeout", "all"})


@dataclass(frozen=True, slots=True)
class Work:
    """An operation with the inputs that come with it, or a script."""

    operation: str | None = None
    script: str | None = None
    inputs: Pairs = ()
    result: str | None = None


def read_work(node: etree._Element, reading: Reading) -> Work:
    """Return what an element does; what cannot run here and is not mapped is a fault."""
    result = vendor(node, "resultVariable") or vendor(node, "resultVariableName")
    named, topic, kind = ours(node, "operation"), vendor(node, "topic"), vendor(node, "type")
    if topic and kind in (None, *EXTERNAL):
        kind = None
    else:
        topic = None
    operator = next(iter(spiff_children(node, "serviceTaskOperator")), None)
    foreign, expression = java(node, kind), vendor(node, "expression")
    named = named or topic or (operator.get("id") if operator is not None else None)
    if named:
        if foreign or expression is not None:
            zh, en = "既指定了操作又指定了 Java", "It names an operation and Java beside it"
            reading.fault("java-not-supported", zh, en, node, foreign or expression)
        inputs = (*read_fields(node, reading), *(operands(operator) if operator is not None else ()))
        return Work(named, inputs=inputs, result=(operator.get("resultVariable") if operator is not None else None) or result)
    if expression is not None and find(reading.delegates, expression) is not None:
        foreign = expression
    if foreign:
        return mapped(foreign, node, reading, result)
    if expression is not None:
        return Work(script=read_script(expression, "juel", result, reading, node))
    reference = node.get("operationRef")
    if reference:
        return Work(reading.operations.get(unprefixed(reference, node)) or reference, result=result)
    return Work(result=result)


def read_errors(node: etree._Element, reading: Reading) -> tuple[tuple[str, str, str], ...]:
    """Return which answers of an outside operation mean a BPMN error: its code, its message, and the expression that says so."""
    found = []
    for item in vendor_children(node, "errorEventDefinition"):
        target = reading.resolve(item.get("errorRef"), ("error",), item)
        code = (target.get("errorCode") if target is not None else None) or item.get("errorRef") or ""
        test = (item.get("expression") or "").strip()
        if "externalTask" in test:
            zh, en = (
                "表达式不能使用 externalTask",
                "An error of an external task is told by its variables; the externalTask itself is not known here",
            )
            reading.fault("java-not-supported", zh, en, item, test)
        elif not test or not code:
            zh, en = "错误映射缺少表达式或错误", "An error of an external task has an expression and names an error"
            reading.fault("mapping-invalid", zh, en, item, test)
        else:
            found.append((code, message_of(target), test))
    return tuple(found)


def message_of(error: etree._Element | None) -> str:
    """Return the message that an error is thrown with."""
    return (vendor(error, "errorMessage") if error is not None else None) or ""


def flowable_decision(node: etree._Element, reading: Reading) -> tuple[str, str] | None:
    """Return the decision of a service task of Flowable's type `dmn`, and how its result is kept; None if it is no such or mapped to an operation."""
    if vendor(node, "type") != "dmn" or find(reading.delegates, "type:dmn") is not None:
        return None
    fields = {name: value.text for name, value in read_fields(node, reading)}
    for name in fields.keys() - DMN_FIELDS:
        reading.fault("extension-not-supported", f"不支持字段 {name}", f"The field {name} of a dmn task is not read", node, name)
    required = fields.get("decisionTaskThrowErrorOnNoHits", "").strip().lower() == "true"
    return fields.get("decisionTableReferenceKey", ""), "flowable-required" if required else "flowable"


def java(node: etree._Element, kind: str | None) -> str | None:
    """Return what a mapping can name: a class, a delegate expression, a `type:` of task, a `connector:`, an expression of a bean."""
    for attribute in ("class", "delegateExpression"):
        if vendor(node, attribute) is not None:
            return vendor(node, attribute)
    if kind is not None:
        return f"type:{kind}"
    connector = next(iter(vendor_children(node, "connector", "connectorId")), None)
    return f"connector:{text_of(connector)}" if connector is not None else None


def mapped(name: str, node: etree._Element, reading: Reading, result: str | None) -> Work:
    """Return the operation that a Java name is mapped to; mapped to nothing, the element does nothing."""
    operation = find(reading.delegates, name)
    if operation is None:
        zh, en = f"{name} 不能在此运行，且没有映射到操作", f"{name} cannot run here and is mapped to no operation"
        reading.fault("java-not-supported", zh, en, node, name)
        return Work()
    if not operation:
        return Work(script="")
    fields = (*read_fields(node, reading), *read_parameters(node, "inputParameter", reading, "connector"))
    return Work(operation, inputs=fields, result=result)


def mappings(process: etree._Element, delegates: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each Java name of a process that is mapped, with what it is mapped to."""
    for node in process.iter(etree.Element) if delegates else ():
        for name in (java(node, vendor(node, "type")), vendor(node, "expression"), listened(node)):
            operation = find(delegates, name) if name is not None else None
            if name is not None and operation is not None:
                yield name, operation


def listened(node: etree._Element) -> str | None:
    """Return what a mapping can name of a listener."""
    if local(node) not in ("executionListener", "taskListener", "eventListener"):
        return None
    return node.get("class") or node.get("delegateExpression") or node.get("expression") or "script"


def find(delegates: Mapping[str, str], name: str) -> str | None:
    """Return what a name is mapped to; a delegate expression is found with and without its `${}`."""
    bare = name.strip()
    if bare[:2] in ("${", "#{") and bare.endswith("}"):
        bare = bare[2:-1].strip()
    return next((delegates[key] for key in (name, bare, f"${{{bare}}}", f"#{{{bare}}}") if key in delegates), None)


def operands(operator: etree._Element) -> Pairs:
    """Return the parameters of an operator of SpiffWorkflow, whose values are expressions."""
    found = [item for item in operator.iter(etree.Element) if local(item) == "parameter"]
    return tuple((item.get("id") or item.get("name") or "", Value("text", as_template(item.get("value") or "null"))) for item in found)


def read_listeners(node: etree._Element, reading: Reading) -> tuple[Listener, ...]:
    """Return the operations that listeners are mapped to. A listener without mapping is a fault; one that is mapped to nothing is left out."""
    found = [listener for item in vendor_children(node, "eventListener") for listener in of_engine(item, reading)]
    for item in (*vendor_children(node, "executionListener"), *vendor_children(node, "taskListener")):
        name = listened(item) or ""
        operation = find(reading.delegates, name)
        event = item.get("event") or ""
        if operation is None or (operation and event not in EVENTS):
            zh, en = f"监听器 {name} 不能在此运行，且没有映射到操作", f"The listener {name} cannot run here and is mapped to no operation"
            reading.fault("java-not-supported", zh, en, item, name)
        elif operation:
            found.append(
                Listener(event, operation, tuple((field.get("name") or "", fielded(field)) for field in item if local(field) == "field"))
            )
    return tuple(found)


def of_engine(item: etree._Element, reading: Reading) -> Iterator[Listener]:
    """Yield the listeners of a process for events of Flowable's engine that are mapped; mapped to nothing it is left out."""
    name = listened(item) or ""
    operation = find(reading.delegates, name)
    events = [event.strip() for event in (item.get("events") or "").split(",") if event.strip()]
    if item.get("throwEvent") is not None or operation is None:
        zh, en = f"监听器 {name} 不能在此运行，且没有映射到操作", f"The listener {name} cannot run here and is mapped to no operation"
        reading.fault("java-not-supported", zh, en, item, name)
    elif operation:
        for event in events or ["any"]:
            if event in ENGINE_EVENTS:
                yield Listener(ENGINE_EVENTS[event], operation)
            else:
                zh, en = (
                    f"不监听事件 {event}",
                    f"Of the engine's events only the start and the end of a process are listened to, not {event}",
                )
                reading.fault("listener-not-supported", zh, en, item, event)


def fielded(field: etree._Element) -> Value:
    return Value("text", field.get("stringValue") or field.get("expression") or text_of(field) or "")
