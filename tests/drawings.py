"""Small drawings for tests, written as lists of nodes and flows."""

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
