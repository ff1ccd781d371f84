"""A definition made ready to run: the library's specification, built once a process from our model and shared by all threads.

The specification is built by us and not by the library's parser, so nothing in a file reaches the library unchecked. It is never changed by a run.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, EndEvent, ExclusiveGateway, IntermediateCatchEvent, StartEvent, UserTask
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.specs.base import TaskSpec

from engine.bpmn import model
from engine.execution.joins import EndJoin, ParallelJoin
from engine.execution.nodes import OperationTask, Script
from engine.execution.timers import DueTimer

RESERVED = {"Start", "End"}  #: the library keeps its own nodes in the same namespace
CACHE_SIZE = 256


@dataclass(frozen=True, slots=True)
class Program:
    """What runs: the model and the library's specification of it. `hash` is that of the normalised XML."""

    hash: str
    model: model.ProcessModel
    spec: BpmnProcessSpec
    flows: dict[tuple[str, str], str]  #: (source element, target element) -> flow


_programs: OrderedDict[str, Program] = OrderedDict()
_lock = Lock()


def load_program(key: str, read: Callable[[], model.ProcessModel]) -> Program:
    """Return the program with this key, built from `read()` at its first use in this process; the least used ones are forgotten."""
    with _lock:
        program = _programs.get(key)
        if program is not None:
            _programs.move_to_end(key)
            return program
    built = build(key, read())
    with _lock:
        program = _programs.setdefault(key, built)
        while len(_programs) > CACHE_SIZE:
            _programs.popitem(last=False)
        return program


def build(key: str, process: model.ProcessModel) -> Program:
    """Build the library's specification of a checked model."""
    spec = BpmnProcessSpec(name=process.id)
    spec.end.__class__ = EndJoin
    nodes = {element.id: _node(spec, element) for element in process.elements.values()}
    entries = dict(nodes)
    for element in process.elements.values():
        events = [nodes[event.id] for event in process.of_kind(model.BOUNDARY) if event.attached_to == element.id]
        if events:
            entries[element.id] = _surround(spec, nodes[element.id], element.id, events)
    for start in process.of_kind(model.START):
        spec.start.connect(nodes[start.id])
    for element in process.elements.values():
        _connect(nodes[element.id], element, process, entries)
    for end in process.of_kind(model.END):
        nodes[end.id].connect(spec.end)
    flows: dict[tuple[str, str], str] = {}
    for flow in process.flows.values():
        flows.setdefault((flow.source, flow.target), flow.id)
    return Program(key, process, spec, flows)


def _node(spec: BpmnProcessSpec, element: model.Element) -> TaskSpec:
    name = f"{element.id} (element)" if element.id in RESERVED else element.id
    node = _create(spec, name, element)
    node.bpmn_id, node.bpmn_name = element.id, element.name
    return node


def _create(spec: BpmnProcessSpec, name: str, element: model.Element) -> TaskSpec:
    match element.kind:
        case model.START:
            return StartEvent(spec, name, event_definition=NoneEventDefinition())
        case model.END:
            return EndEvent(spec, name, event_definition=NoneEventDefinition())
        case model.HUMAN:
            return UserTask(spec, name)
        case model.SCRIPT:
            return Script(spec, name, element.script or "")
        case model.SERVICE | model.RULE:
            return OperationTask(spec, name, element)
        case model.EXCLUSIVE:
            return ExclusiveGateway(spec, name)
        case model.PARALLEL:
            return ParallelJoin(spec, name)
        case model.CATCH if element.timer is not None:
            return IntermediateCatchEvent(spec, name, event_definition=DueTimer(element.id, element.timer))
        case model.BOUNDARY if element.timer is not None:
            return BoundaryEvent(spec, name, event_definition=DueTimer(element.id, element.timer), cancel_activity=element.interrupting)
        case kind:
            raise ValueError(f"{kind} was not refused at deployment")


def _surround(spec: BpmnProcessSpec, node: TaskSpec, element_id: str, events: list[TaskSpec]) -> TaskSpec:
    """Put an activity and its boundary events between the library's split and join; returns the split, which is where flows arrive."""
    split = BoundaryEventSplit(spec, f"{element_id}.BoundaryEventSplit")
    join = BoundaryEventJoin(spec, f"{element_id}.BoundaryEventJoin", split_task=split.name, cancel=True)
    split.connect(node)
    node.connect(join)
    for event in events:
        split.connect(event)
        event.connect(join)
    return split


def _connect(node: TaskSpec, element: model.Element, process: model.ProcessModel, entries: dict[str, TaskSpec]) -> None:
    outgoing = process.outgoing(element.id)
    for flow in outgoing:
        target = entries[flow.target]
        if element.kind == model.EXCLUSIVE and flow.condition is not None and flow.id != element.default_flow:
            node.connect_outgoing_if(flow.condition, target)
        else:
            node.connect(target)


def surrounded(spec: Any) -> str | None:
    """Return the element an internal split stands for, or None for any other node."""
    return spec.outputs[0].bpmn_id if isinstance(spec, BoundaryEventSplit) else None
