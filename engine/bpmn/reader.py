"""One process of a BPMN file, as the neutral model. Nothing is dropped silently: what has no place here is a fault."""

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn import model
from engine.bpmn.calls import GLOBALS, global_task, read_call
from engine.bpmn.data import called_inputs, called_outputs, read_associations, read_initial, read_local, read_shared
from engine.bpmn.events import read_events, read_message
from engine.bpmn.extensions import ours, read_assignment, read_not_by, read_outcomes, read_retries, read_starters, read_summary
from engine.bpmn.forms import read_form, read_form_file, read_names
from engine.bpmn.loops import read_loop
from engine.bpmn.naming import NODES, name_parts
from engine.bpmn.parameters import read_parameters, read_properties
from engine.bpmn.parts import look
from engine.bpmn.policies import NO_POLICY, read_policy, read_timeout
from engine.bpmn.reading import Reading, begin, unprefixed
from engine.bpmn.scripts import inline, read_script
from engine.bpmn.spiff import read_after, read_before
from engine.bpmn.work import Work, flowable_decision, read_errors, read_listeners, read_work
from engine.bpmn.xml import ACTIVITI, FLOWABLE, is_bpmn, line_of, local, spiff_children, tag, text_of, truth, vendor
from engine.errors import Fault, InvalidDefinition

WORKING = (model.SERVICE, model.SEND, model.RULE)
NOTHING: Mapping[str, str] = {}


def processes(root: etree._Element) -> list[etree._Element]:
    """Return the executable processes of a file; in one that says of no process whether it is executable, all of them are.

    In a file of Flowable or Activiti every process is that does not say otherwise.
    """
    found = list(root.iterchildren(tag("process")))
    if found and all(node.get("isExecutable") is None for node in found):
        return found
    return [node for node in found if truth(node.get("isExecutable"), speaks_flowable(root, node))]


def speaks_flowable(*nodes: etree._Element) -> bool:
    """Say whether a namespace of Flowable or Activiti is declared."""
    return any(space in (FLOWABLE, ACTIVITI) for node in nodes for space in node.nsmap.values())


def read_process(process: etree._Element, file: str, delegates: Mapping[str, str] = NOTHING) -> model.ProcessModel:
    """Return the model of one process; refuses with `InvalidDefinition` everything that has no place in it, all at once."""
    found, faults = read(process, file, delegates)
    if faults:
        raise InvalidDefinition(faults)
    return found


def read(
    process: etree._Element, file: str, delegates: Mapping[str, str] = NOTHING, warnings: list[Fault] | None = None
) -> tuple[model.ProcessModel, list[Fault]]:
    """Return the model of one process, and what could not be read into it; what can be and should be looked at is added to `warnings`.

    `delegates` maps names of Java classes, delegate expressions and listeners to operations, or to nothing if they need not run here.
    """
    identity = process.get("id") or ""
    for names, most, zh, en in (
        (NODES, model.MAX_ELEMENTS, "元素", "elements"),
        ({"sequenceFlow"}, model.MAX_FLOWS, "连线", "sequence flows"),
    ):
        if sum(1 for _ in process.iter(*map(tag, sorted(names)))) > most:
            # looking at each would take minutes
            too_large = Fault("too-complex", f"{zh}超过 {most} 个", f"More than {most} {en}", file, line_of(process), identity)
            return model.ProcessModel(identity, None), [too_large]
    name_parts(process)
    reading = begin(process, file, delegates)
    look(process, reading)
    lanes = {
        ref.text.strip(): lane.get("name") for lane in process.iter(tag("lane")) for ref in lane.findall(tag("flowNodeRef")) if ref.text
    }
    handlers = compensations(process)
    elements, flows = {}, {}
    for node, parent in walk(process, None):
        if local(node) == "sequenceFlow":
            flows[node.get("id") or ""] = read_flow(node, reading)
        else:
            element = read_element(node, parent, lanes, handlers, reading)
            elements[element.id] = element
    users, groups = read_starters(process, reading)
    found = model.ProcessModel(
        id=identity,
        name=process.get("name"),
        elements=elements,
        flows=flows,
        title=ours(process, "title"),
        summary=read_summary(process),
        amount=ours(process, "amount"),
        currency=ours(process, "currency"),
        subject_kind=ours(process, "subjectKind"),
        business_key_prefix=ours(process, "businessKeyPrefix") or "CASE",
        version_tag=vendor(process, "versionTag"),
        initial=read_initial(process, reading),
        local=read_shared(process, reading),
        starter_users=users,
        starter_groups=groups,
        properties=read_properties(process),
        listeners=read_listeners(process, reading),
        withdraw=ours(process, "withdraw") or "always",
        revoke=ours(process, "revoke") or "never",
    )
    if warnings is not None:
        warnings.extend(dict.fromkeys(reading.warnings))
    return found, sorted(dict.fromkeys(reading.faults), key=lambda fault: fault.line or 0)


def walk(container: etree._Element, parent: str | None) -> Iterator[tuple[etree._Element, str | None]]:
    """Yield the elements and flows at every depth with the sub-process they stand in; the XML's own depth is bounded."""
    for node in container.iterchildren(etree.Element):
        name = local(node)
        if is_bpmn(node) and (name in NODES or name == "sequenceFlow"):
            yield node, parent
            if name in model.SCOPES:
                yield from walk(node, node.get("id"))


def compensations(process: etree._Element) -> dict[str, str]:
    """Return the activity that an association joins with an event, in either direction; one that is for compensation before any other."""
    root = process.getroottree().getroot()
    activities = {node.get("id") or "": node for node in process.iter(*map(tag, sorted(model.ACTIVITIES)))}
    found: dict[str, str] = {}
    for node in root.iter(tag("association")):
        ends = [unprefixed(node.get(name) or "", node) for name in ("sourceRef", "targetRef")]
        for event, activity in (ends, reversed(ends)):
            if activity in activities and (event not in found or truth(activities[activity].get("isForCompensation"), False)):
                found[event] = activity
    return found


def read_element(
    node: etree._Element, parent: str | None, lanes: Mapping[str, str | None], joined: Mapping[str, str], reading: Reading
) -> model.Element:
    identity, kind = node.get("id") or "", local(node)
    task = global_task(node, reading) if kind == model.CALL else None
    body = node if task is None else task
    kind = kind if task is None else GLOBALS[local(task)]
    table = flowable_decision(body, reading) if kind == model.SERVICE else None
    work = read_work(body, reading) if kind in WORKING and table is None else Work()
    kind = kind if table is None else model.RULE
    data = read_associations(node, reading)
    loop = read_loop(node, data, reading)
    events = read_events(node, reading)
    if kind in (model.SEND, model.RECEIVE) and (node.get("messageRef") or kind == model.RECEIVE):
        message = read_message(node, node, reading)
        events = (message if message.name else model.EventDefinition(model.MESSAGE, identity, keys=message.keys),)
    called = None
    if kind == model.CALL:
        called = read_call(node, reading, called_inputs(node, data), called_outputs(node, data))
        data.incoming, data.outgoing = [], []
    script = work.script
    if kind == model.SCRIPT:
        script = script_of(body, reading)
    return model.Element(
        id=identity,
        kind=kind,
        name=node.get("name"),
        line=line_of(node),
        documentation=text_of(node.find(tag("documentation"))) or next(map(text_of, spiff_children(node, "instructionsForEndUser")), None),
        lane=lanes.get(identity),
        parent=parent,
        default_flow=node.get("default"),
        assignment=read_assignment(body, reading) if kind == model.HUMAN else model.Assignment(),
        outcomes=read_outcomes(node),
        not_by=read_not_by(node),
        form=read_form(body, reading),
        form_key=vendor(body, "formKey") or vendor(body, "formRef"),
        schema=read_form_file(body, reading) if kind in (model.HUMAN, model.START) else None,
        sees=read_names(node, "sees"),
        writes=read_names(node, "writes"),
        script=script,
        operation=work.operation,
        inputs=(
            *read_parameters(node, "inputParameter", reading),
            *index_variable(node),
            *data.inputs(),
            *work.inputs,
            *(read_initial(node, reading) if kind in model.SCOPES else ()),
            *read_before(node, reading),
        ),
        outputs=(*read_parameters(node, "outputParameter", reading), *data.outputs(), *read_after(node, reading)),
        local=read_local(node, reading) if kind in model.SCOPES else data.results(node) if kind in model.TASKS else (),
        result_variable=None if script is not None else work.result,
        decision_ref=table[0] if table is not None else decision_of(body) if kind == model.RULE and work.operation is None else None,
        map_result=table[1] if table is not None else vendor(body, "mapDecisionResult") or "resultList",
        events=events,
        parallel_multiple=truth(node.get("parallelMultiple"), False),
        attached_to=unprefixed(node.get("attachedToRef") or "", node) or None,
        interrupting=truth(node.get("cancelActivity" if kind == model.BOUNDARY else "isInterrupting"), True),
        by_event=truth(node.get("triggeredByEvent"), False),
        compensates=truth(node.get("isForCompensation"), False),
        handler=joined.get(identity) if kind == model.BOUNDARY and any(event.kind == model.COMPENSATION for event in events) else None,
        loop=loop,
        called=called,
        instantiate=truth(node.get("instantiate"), False),
        all_events=node.get("eventGatewayType") == "Parallel",
        async_before=any(truth(flag, False) for flag in asynchronous(node, "async", "asyncBefore")),
        async_after=any(truth(flag, False) for flag in asynchronous(node, "asyncAfter", "asyncLeave")),
        triggered=truth(vendor(node, "triggerable"), False),
        skip=vendor(node, "skipExpression"),
        errors=read_errors(body, reading) if work.operation is not None else (),
        completer=vendor(body, "taskCompleterVariableName"),
        retries=read_retries(node),
        properties=read_properties(node),
        listeners=read_listeners(node, reading),
        outcome=ours(node, "outcome"),
        initiator=vendor(node, "initiator"),
        policy=read_policy(node) if kind == model.HUMAN else NO_POLICY,
        timeout=read_timeout(node) if kind == model.BOUNDARY else None,
    )


def script_of(node: etree._Element, reading: Reading) -> str:
    found = node.find(tag("script"))
    text, language = inline(found, reading) if found is not None else ("", None)
    if found is None:
        inline(node, reading)  # a script that is kept elsewhere leaves nothing here
    return read_script(text, node.get("scriptFormat") or language, vendor(node, "resultVariable"), reading, node)


def decision_of(node: etree._Element) -> str | None:
    return vendor(node, "decisionRef") or next(map(text_of, spiff_children(node, "calledDecisionId")), None)


def index_variable(node: etree._Element) -> tuple[tuple[str, model.Value], ...]:
    """Return the name that Flowable gives to the number of an instance."""
    several = node.find(tag("multiInstanceLoopCharacteristics"))
    name = vendor(several, "elementIndexVariable") if several is not None else None
    return ((name, model.Value("text", "${loopCounter}")),) if name else ()


def asynchronous(node: etree._Element, *names: str) -> list[str | None]:
    """Return the flags of an element and of the signal it throws."""
    places = [node, *node.iterchildren(tag("signalEventDefinition"))]
    return [vendor(place, name) for place in places for name in names]


def read_flow(node: etree._Element, reading: Reading) -> model.Flow:
    condition = node.find(tag("conditionExpression"))
    text = inline(condition, reading)[0] if condition is not None else None
    return model.Flow(
        id=node.get("id") or "",
        source=unprefixed(node.get("sourceRef") or "", node),
        target=unprefixed(node.get("targetRef") or "", node),
        condition=text or None,
        line=line_of(node),
        listeners=read_listeners(node, reading),
        skip=vendor(node, "skipExpression"),
    )
