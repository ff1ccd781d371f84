"""One process of a BPMN file, as the neutral model. Nothing is dropped silently: what has no place here is a fault."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.bpmn import model
from engine.bpmn.extensions import ours, read_assignment, read_form, read_outcomes, read_parameters, read_summary
from engine.bpmn.xml import BPMN, line_of, local, vendor, vendor_children
from engine.errors import Fault, InvalidDefinition

NODES = {
    model.START, model.END, model.HUMAN, model.SCRIPT, model.SERVICE, model.RULE, model.EXCLUSIVE, model.PARALLEL, model.CATCH, model.BOUNDARY,
}  # fmt: skip
#: drawn or descriptive, without meaning for the run
SILENT = {
    "extensionElements", "documentation", "laneSet", "textAnnotation", "association", "group", "incoming", "outgoing", "sequenceFlow", "auditing", "monitoring",
}  # fmt: skip
UNSUPPORTED_PARTS = {
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "ioSpecification", "dataInputAssociation", "dataOutputAssociation", "property",
    "messageEventDefinition", "signalEventDefinition", "errorEventDefinition", "escalationEventDefinition", "conditionalEventDefinition",
    "compensateEventDefinition", "linkEventDefinition", "terminateEventDefinition", "cancelEventDefinition", "eventDefinitionRef",
}  # fmt: skip
#: below `extensionElements`, in any vendor's namespace
UNSUPPORTED_EXTENSIONS = ("executionListener", "taskListener", "connector", "inputOutput/outputParameter", "field", "errorEventDefinition")


def tag(name: str) -> str:
    """Return a BPMN name with its namespace."""
    return f"{{{BPMN}}}{name}"


def processes(root: etree._Element) -> list[etree._Element]:
    """Return the executable processes of a file."""
    return [node for node in root.iter(tag("process")) if node.get("isExecutable") == "true"]


def read_process(process: etree._Element, file: str) -> model.ProcessModel:
    """Return the model of one process; refuses with `InvalidDefinition` every element this version does not run, all at once."""
    faults = [*_unsupported(process, file), *_repeated(process, file)]
    if faults:
        raise InvalidDefinition(faults)
    lanes = {
        ref.text.strip(): lane.get("name") for lane in process.iter(tag("lane")) for ref in lane.findall(tag("flowNodeRef")) if ref.text
    }
    elements = {node.get("id") or "": _element(node, lanes) for node in process if local(node) in NODES}
    flows = {flow.id: flow for flow in map(_flow, process.findall(tag("sequenceFlow")))}
    return model.ProcessModel(
        id=process.get("id") or "",
        name=process.get("name"),
        elements=elements,
        flows=flows,
        title=ours(process, "title"),
        summary=read_summary(process),
        amount=ours(process, "amount"),
        currency=ours(process, "currency"),
        subject_kind=ours(process, "subjectKind"),
        business_key_prefix=ours(process, "businessKeyPrefix") or "CASE",
    )


def _repeated(process: etree._Element, file: str) -> Iterator[Fault]:
    """Find ids that stand twice: the second would hide the first."""
    seen: set[str] = set()
    for node in process.iter(etree.Element):
        identity = node.get("id")
        if identity and etree.QName(node).namespace == BPMN:
            if identity in seen:
                zh, en = f"id {identity} 重复", f"The id {identity} stands more than once"
                yield Fault("id-repeated", zh, en, file=file, line=line_of(node), element=identity)
            seen.add(identity)


def _unsupported(process: etree._Element, file: str) -> Iterator[Fault]:
    for node in process:
        name = local(node)
        place: dict[str, Any] = {"file": file, "line": line_of(node), "element": node.get("id")}
        if name not in NODES | SILENT or etree.QName(node).namespace != BPMN:
            yield Fault("element-not-supported", f"本版本不执行 {name}", f"{name} is not run by this version", **place)
        elif name in NODES:
            for part in node:
                if local(part) in UNSUPPORTED_PARTS:
                    what = local(part)
                    yield Fault(
                        "part-not-supported", f"本版本不执行 {name} 的 {what}", f"{what} on {name} is not run by this version", **place
                    )
            yield from _unsupported_extensions(node, name, place)


def _unsupported_extensions(node: etree._Element, name: str, place: dict[str, Any]) -> Iterator[Fault]:
    for attribute in ("class", "delegateExpression", "expression"):
        if name in (model.SERVICE, model.RULE) and vendor(node, attribute) is not None:
            yield Fault("java-not-supported", f"不支持 {attribute}", f"{attribute} cannot run here; name an operation instead", **place)
    for child in UNSUPPORTED_EXTENSIONS:
        if vendor_children(node, *child.split("/")):
            what = child.rpartition("/")[2]
            yield Fault("extension-not-supported", f"本版本不执行 {what}", f"{what} on {name} is not run by this version", **place)


def _element(node: etree._Element, lanes: dict[str, str | None]) -> model.Element:
    kind = local(node)
    documentation = node.find(tag("documentation"))
    script = node.find(tag("script"))
    form = read_form(node)
    return model.Element(
        id=node.get("id") or "",
        kind=kind,
        name=node.get("name"),
        line=line_of(node),
        documentation=(documentation.text or "").strip() if documentation is not None else None,
        lane=lanes.get(node.get("id") or ""),
        default_flow=node.get("default"),
        assignment=read_assignment(node) if kind == model.HUMAN else model.Assignment(),
        outcomes=read_outcomes(node),
        form=form,
        form_key=vendor(node, "formKey"),
        script=(script.text or "") if script is not None else None,
        operation=ours(node, "operation") or vendor(node, "topic"),
        inputs=read_parameters(node, "inputParameter"),
        outputs=read_parameters(node, "outputParameter"),
        result_variable=vendor(node, "resultVariable"),
        decision_ref=vendor(node, "decisionRef"),
        map_result=vendor(node, "mapDecisionResult") or "resultList",
        timer=_timer(node),
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity", "true") != "false",
        outcome=ours(node, "outcome"),
        initiator=vendor(node, "initiator"),
    )


def _timer(node: etree._Element) -> model.TimerDefinition | None:
    definition = node.find(tag("timerEventDefinition"))
    if definition is None:
        return None
    for kind in ("timeDate", "timeDuration", "timeCycle"):
        child = definition.find(tag(kind))
        if child is not None:
            return model.TimerDefinition(kind.removeprefix("time").lower(), (child.text or "").strip())
    return model.TimerDefinition("none", "")


def _flow(node: etree._Element) -> model.Flow:
    condition = node.find(tag("conditionExpression"))
    return model.Flow(
        id=node.get("id") or "",
        source=node.get("sourceRef") or "",
        target=node.get("targetRef") or "",
        condition=(condition.text or "").strip() if condition is not None else None,
        line=line_of(node),
    )
