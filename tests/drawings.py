"""Small drawings for tests, written as lists of nodes and flows."""

import re
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:shenpi="urn:shenpi:bpmn:1" targetNamespace="tests">'
)


def node(kind: str, identity: str, body: str = "", **attributes: str) -> str:
    """Return one element; `camunda_x` becomes `camunda:x`, `shenpi_x` becomes `shenpi:x`."""
    named = {name.replace("camunda_", "camunda:").replace("shenpi_", "shenpi:"): value for name, value in attributes.items()}
    text = "".join(f" {name}={quoteattr(value)}" for name, value in named.items())
    return f'<{kind} id="{identity}"{text}>{body}</{kind}>'


def human(identity: str, assignee: str = "wang.fang", **attributes: str) -> str:
    return node("userTask", identity, name=identity, camunda_assignee=assignee, **attributes)


def script(identity: str, text: str) -> str:
    return node("scriptTask", identity, f"<script>{escape(text)}</script>")


def service(identity: str, operation: str, **attributes: str) -> str:
    return node("serviceTask", identity, shenpi_operation=operation, **attributes)


def timer(identity: str, duration: str, **attributes: str) -> str:
    kind = "boundaryEvent" if "attachedToRef" in attributes else "intermediateCatchEvent"
    return node(kind, identity, f"<timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition>", **attributes)


def flow(source: str, target: str, condition: str | None = None) -> str:
    inner = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}_to_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def path(*identities: str) -> str:
    """Return flows that join elements in a row."""
    return "".join(flow(one, other) for one, other in pairwise(identities))


def drawing(*parts: str, key: str = "p", **attributes: str) -> bytes:
    """Return a BPMN file with one executable process."""
    return (HEAD + node("process", key, "".join(parts), isExecutable="true", **attributes) + "</definitions>").encode()


START = node("startEvent", "start")
END = node("endEvent", "end")


# --- the rest of BPMN; names of messages, signals, errors and escalations are declared by `whole` where they are used

BARE = {
    "none": "",
    "terminate": "<terminateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
}


def definition(kind: str, name: str | None = None, **attributes: str) -> str:
    """Return one event definition: its name is that of a message, signal or link, the code of an error or escalation, a condition or a duration."""
    if kind in BARE:
        return BARE[kind]
    text = escape(name or "")
    if kind == "timer":
        return f"<timerEventDefinition><timeDuration>{text or 'PT1H'}</timeDuration></timerEventDefinition>"
    if kind in ("date", "cycle"):
        return f"<timerEventDefinition><time{kind.title()}>{text}</time{kind.title()}></timerEventDefinition>"
    if kind == "conditional":
        return f"<conditionalEventDefinition><condition>{text}</condition></conditionalEventDefinition>"
    if kind == "link":
        return f"<linkEventDefinition name={quoteattr(name or '')}/>"
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    if kind == "compensate":
        return f"<compensateEventDefinition{f' activityRef={quoteattr(name)}' if name else ''}{more}/>"
    reference = f" {kind}Ref={quoteattr(f'{kind}_{name}')}" if name else ""
    return f"<{kind}EventDefinition{reference}{more}/>"


def start(identity: str, kind: str = "none", name: str | None = None, **attributes: str) -> str:
    return node("startEvent", identity, definition(kind, name), **attributes)


def end(identity: str, kind: str = "none", name: str | None = None, **attributes: str) -> str:
    return node("endEvent", identity, definition(kind, name), **attributes)


def catch(identity: str, kind: str, name: str | None = None, **attributes: str) -> str:
    return node("intermediateCatchEvent", identity, definition(kind, name), **attributes)


def throw(identity: str, kind: str = "none", name: str | None = None, **attributes: str) -> str:
    return node("intermediateThrowEvent", identity, definition(kind, name), **attributes)


def boundary(identity: str, host: str, kind: str, name: str | None = None, interrupting: bool = True, **attributes: str) -> str:
    more = {} if interrupting else {"cancelActivity": "false"}
    return node("boundaryEvent", identity, definition(kind, name), attachedToRef=host, **more, **attributes)


def sub(identity: str, *parts: str, kind: str = "subProcess", **attributes: str) -> str:
    """Return an embedded sub-process; `kind` may be `transaction`."""
    return node(kind, identity, "".join(parts), **attributes)


def event_sub(identity: str, *parts: str) -> str:
    """Return an event sub-process; the first of its parts is its start event."""
    return node("subProcess", identity, "".join(parts), triggeredByEvent="true")


def event_start(identity: str, kind: str, name: str | None = None, interrupting: bool = True) -> str:
    """Return the start event of an event sub-process."""
    return start(identity, kind, name, isInterrupting="true" if interrupting else "false")


def gateway(identity: str, kind: str = "exclusive", **attributes: str) -> str:
    """Return a gateway: exclusive, parallel, inclusive, complex, eventBased."""
    return node(f"{kind}Gateway", identity, **attributes)


def task(identity: str, kind: str = "task", body: str = "", **attributes: str) -> str:
    return node(kind, identity, body, **attributes)


def instances(
    cardinality: str | None = None,
    *,
    sequential: bool = False,
    collection: str | None = None,
    element: str | None = None,
    until: str | None = None,
    gather: tuple[str, str] | None = None,
) -> str:
    """Return multi-instance characteristics; `gather` names the collection that is filled, and what is read in each instance."""
    attributes = ' isSequential="true"' if sequential else ""
    attributes += f" camunda:collection={quoteattr(collection)}" if collection else ""
    attributes += f" camunda:elementVariable={quoteattr(element)}" if element else ""
    inner = f"<loopCardinality>{escape(cardinality)}</loopCardinality>" if cardinality is not None else ""
    inner += f"<loopDataOutputRef>{gather[0]}</loopDataOutputRef>" if gather else ""
    inner += f'<outputDataItem id="{gather[0]}_{gather[1]}_item" name={quoteattr(gather[1])}/>' if gather else ""
    inner += f"<completionCondition>{escape(until)}</completionCondition>" if until else ""
    return f"<multiInstanceLoopCharacteristics{attributes}>{inner}</multiInstanceLoopCharacteristics>"


def loop(condition: str | None = None, *, before: bool = False, most: str | None = None) -> str:
    """Return standard loop characteristics: the activity is repeated while the condition is true."""
    attributes = ' testBefore="true"' if before else ""
    attributes += f' loopMaximum="{most}"' if most else ""
    inner = f"<loopCondition>{escape(condition)}</loopCondition>" if condition else ""
    return f"<standardLoopCharacteristics{attributes}>{inner}</standardLoopCharacteristics>"


def association(source: str, target: str) -> str:
    return f'<association id="{source}_with_{target}" sourceRef="{source}" targetRef="{target}" associationDirection="One"/>'


def compensated(host: str, handler: str, event: str | None = None) -> str:
    """Return a compensation boundary event of a host and its association with the handler."""
    event = event or f"undo_{host}"
    return boundary(event, host, "compensate") + association(event, handler)


def extension(body: str) -> str:
    return f"<extensionElements>{body}</extensionElements>"


def mapped(inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    """Return Camunda's input and output parameters of an activity."""
    rows = "".join(
        f'<camunda:inputParameter name="{name}">{escape(text)}</camunda:inputParameter>' for name, text in (inputs or {}).items()
    )
    rows += "".join(
        f'<camunda:outputParameter name="{name}">{escape(text)}</camunda:outputParameter>' for name, text in (outputs or {}).items()
    )
    return extension(f"<camunda:inputOutput>{rows}</camunda:inputOutput>")


def whole(*parts: str, key: str = "p", **attributes: str) -> bytes:
    """Return a BPMN file as `drawing` does, with every message, signal, error and escalation that its events refer to."""
    body = "".join(parts)
    declared = []
    for kind, name in dict.fromkeys(re.findall(r'(message|signal|error|escalation)Ref="\1_([^"]*)"', body)):
        code = f' {kind}Code="{name}"' if kind in ("error", "escalation") else ""
        declared.append(f'<{kind} id="{kind}_{name}" name="{name}"{code}/>')
    return (HEAD + "".join(declared) + node("process", key, body, isExecutable="true", **attributes) + "</definitions>").encode()
