"""Event definitions, at whichever position they stand and whether they stand in the event or beside the processes."""

from lxml import etree

from engine.bpmn import model
from engine.bpmn.calls import read_mappings
from engine.bpmn.extensions import ours
from engine.bpmn.model import EventDefinition, Mapping, TimerDefinition
from engine.bpmn.reading import Reading, unprefixed
from engine.bpmn.work import message_of, read_work
from engine.bpmn.xml import SHENPI, local, spiff_children, tag, text_of, truth, vendor
from engine.language import as_template

KINDS = {
    "timerEventDefinition": model.TIMER,
    "messageEventDefinition": model.MESSAGE,
    "signalEventDefinition": model.SIGNAL,
    "errorEventDefinition": model.ERROR,
    "escalationEventDefinition": model.ESCALATION,
    "conditionalEventDefinition": model.CONDITIONAL,
    "compensateEventDefinition": model.COMPENSATION,
    "linkEventDefinition": model.LINK,
    "terminateEventDefinition": model.TERMINATE,
    "cancelEventDefinition": model.CANCEL,
}
TIMES = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
#: kind of a definition that names something beside the processes -> the attribute that refers to it, what it is, where its code or name stands
NAMED = {
    model.MESSAGE: ("messageRef", "message", "name"),
    model.SIGNAL: ("signalRef", "signal", "name"),
    model.ERROR: ("errorRef", "error", "errorCode"),
    model.ESCALATION: ("escalationRef", "escalation", "escalationCode"),
}


def read_events(node: etree._Element, reading: Reading) -> tuple[EventDefinition, ...]:
    """Return what an event waits for or throws, in the order of the file."""
    found = []
    for child in node.iterchildren(etree.Element):
        name = local(child)
        if name in KINDS:
            found.append(read_definition(child, node, reading))
        elif name == "eventDefinitionRef":
            definition = reading.resolve(text_of(child), tuple(KINDS), node)
            if definition is not None:
                found.append(read_definition(definition, node, reading))
    return tuple(found)


def read_definition(node: etree._Element, event: etree._Element, reading: Reading) -> EventDefinition:
    """Return one definition; `event` is the event that it belongs to."""
    kind = KINDS[local(node)]
    match kind:
        case model.TIMER:
            return EventDefinition(kind, timer=read_timer(node, reading))
        case model.MESSAGE:
            return read_message(node, event, reading)
        case model.SIGNAL:
            name = vendor(node, "signalExpression") or node.get("signalExpression") or referred(kind, node, reading)
            return EventDefinition(
                kind, name, payload=(*read_mappings(node, "in", reading), *carried(event)), inside=is_inside(node, reading)
            )
        case model.ERROR | model.ESCALATION:
            return EventDefinition(
                kind,
                referred(kind, node, reading),
                message=message_of(reading.roots.get(unprefixed(node.get("errorRef") or "", node))),
                code_variable=vendor(node, f"{kind}CodeVariable") or vendor(node, "errorVariableName"),
                message_variable=vendor(node, "errorMessageVariable"),
            )
        case model.CONDITIONAL:
            changes = tuple((vendor(node, "variableEvents") or "").replace(",", " ").split())
            return EventDefinition(
                kind, condition=text_of(node.find(tag("condition"))), variable=vendor(node, "variableName"), changes=changes
            )
        case model.COMPENSATION:
            activity = node.get("activityRef")
            return EventDefinition(
                kind, activity=unprefixed(activity, node) if activity else None, waits=truth(node.get("waitForCompletion"), True)
            )
        case model.LINK:
            return EventDefinition(kind, node.get("name") or event.get("name"))
        case _:
            return EventDefinition(kind, everything=truth(vendor(node, "terminateAll"), False))


def is_inside(node: etree._Element, reading: Reading) -> bool:
    """Say whether a signal is heard only in the case that throws it."""
    signal = reading.roots.get(unprefixed(node.get("signalRef") or "", node))
    scope = vendor(signal, "scope") if signal is not None else None
    if scope not in (None, "global", "processInstance"):
        reading.fault("extension-not-supported", f"未知的信号范围 {scope}", f"A signal of the scope {scope} is not known", node, scope)
    return scope == "processInstance"


def read_timer(node: etree._Element, reading: Reading) -> TimerDefinition:
    """Return when a timer is due; several times at once are a fault."""
    times = [child for child in node.iterchildren(etree.Element) if local(child) in TIMES]
    if len(times) != 1:
        reading.fault("timer-invalid", "定时器必须恰好有一个时间", f"A timer has exactly one time, not {len(times)}", node)
        return TimerDefinition("none", "")
    text = text_of(times[0]) or ""
    until = vendor(times[0], "endDate")
    if until and text.startswith("R"):
        text = f"{text}/{until}"
    if reading.spiff and text and not text.startswith(("${", "#{", "P", "R")) and not text[:4].isdigit():
        text = as_template(text)
    calendar = ours(node, "calendar") or vendor(node, "businessCalendarName") or vendor(times[0], "businessCalendarName")
    return TimerDefinition(TIMES[local(times[0])], text, calendar)


def referred(kind: str, node: etree._Element, reading: Reading) -> str | None:
    """Return the name or the code of what a definition refers to. A message or signal without name is called by its id."""
    attribute, what, where = NAMED[kind]
    reference = node.get(attribute)
    if not reference:
        return None
    target = reading.resolve(reference, (what,), node)
    if target is None:
        return unprefixed(reference, node)
    return target.get(where) or (None if where.endswith("Code") else target.get("name") or target.get("id"))


def read_message(node: etree._Element, event: etree._Element, reading: Reading) -> EventDefinition:
    """Return a message that is thrown or caught; `node` holds `messageRef`: a definition, a send task or a receive task."""
    name = referred(model.MESSAGE, node, reading) or vendor(node, "messageExpression") or node.get("messageExpression")
    work = read_work(node, reading) if local(node) == "messageEventDefinition" else None
    payload = (*read_mappings(node, "in", reading), *carried(event))
    root = reading.roots.get(unprefixed(node.get("messageRef") or "", node))
    if root is not None:
        payload += carried(root)
    return EventDefinition(
        model.MESSAGE,
        name,
        keys=read_keys(node, event, reading),
        payload=payload,
        operation=work.operation if work else None,
        script=work.script if work else None,
        inputs=work.inputs if work else (),
    )


def read_keys(node: etree._Element, event: etree._Element, reading: Reading) -> tuple[tuple[str, str], ...]:
    """Return by which values a message finds its case: our own correlations, or those of the file's correlation properties."""
    holders = [node, event] if event is not node else [node]
    own = [item for holder in holders for item in holder.findall(f"{tag('extensionElements')}/{{{SHENPI}}}correlation")]
    if own:
        return tuple((item.get("name") or "", item.get("value") or "") for item in own)
    message = unprefixed(node.get("messageRef") or "", node)
    catches = local(event) in (model.START, model.CATCH, model.BOUNDARY, model.RECEIVE)
    keys = {name: (reading.bound.get(name) if catches else None) or path for name, path in reading.correlations.get(message, [])}
    for item in [found for holder in holders for found in spiff_children(holder, "processVariableCorrelation")]:
        pair = {local(child): text_of(child) or "" for child in item.iterchildren(etree.Element)}
        keys[pair.get("propertyId", "")] = pair.get("expression", "")
    return tuple(keys.items())


def carried(node: etree._Element) -> tuple[Mapping, ...]:
    """Return what an event of SpiffWorkflow carries: one expression under one name."""
    expression = next((text_of(item) for name in ("messagePayload", "payloadExpression") for item in spiff_children(node, name)), None)
    variable = next((text_of(item) for name in ("messageVariable", "variableName") for item in spiff_children(node, name)), None)
    return (Mapping(variable, expression=expression),) if expression and variable else ()
