"""What is likely to happen next in a case: the user tasks ahead if everybody approves, with the people as they would be asked today.

A guess for people who want to know who comes after them. It changes nothing, runs no script and no operation, and says nothing where the way depends on what
is not known yet. Decision tables are asked: they read nothing but the variables.
"""

from dataclasses import dataclass
from typing import Any

from engine.assignment import Assigned, assign
from engine.bpmn import model
from engine.bpmn.model import Element, Flow, ProcessModel
from engine.dmn import map_result
from engine.errors import ShenpiError
from engine.language import Budget, compile_expression
from engine.step import Step

MOST = 12  #: steps that are told


@dataclass(frozen=True, slots=True)
class Ahead:
    """A user task that is likely to come, and who would be asked; nobody where that cannot be told yet."""

    element: str
    name: str
    assigned: Assigned | None


def ahead(step: Step) -> list[Ahead]:
    """Return the user tasks that come next in a case if everybody approves, nearest first; one that is over has none. A case that was peeked at will do."""
    if step.case.over:
        return []
    process = step.definition.model
    variables = {**step.execution.memory.variables, "outcome": "approve"}
    open_now = [task.element for task in step.execution.open_tasks()]
    found: list[Ahead] = []
    seen, queue = set(open_now), list(open_now)
    while queue and len(found) < MOST:
        for element in following(process, queue.pop(0), variables, step):
            if element.id in seen:
                continue
            seen.add(element.id)
            _know(step, element, variables)
            if element.kind == model.HUMAN:
                found.append(Ahead(element.id, element.name or element.id, _people(step, element, variables)))
            queue.append(element.id)
    return found


def _know(step: Step, element: Element, variables: dict[str, Any]) -> None:
    """Let what is behind a decision table see what it would answer today; nothing where it reads names of its own, or cannot answer."""
    table = step.definition.decisions.get(element.decision_ref or "")
    if table is None or element.kind != model.RULE or element.result_variable is None or element.inputs:
        return
    try:
        verdict = table.decide(variables, now=step.now, zone=step.execution.zone)
        variables[element.result_variable] = map_result(verdict.results, element.map_result)
    except ShenpiError:
        return


def following(process: ProcessModel, element_id: str, variables: dict[str, Any], step: Step) -> list[Element]:
    """Return what comes behind an element on the way of approval; at the end of a sub-process, what comes behind that."""
    element = process.elements.get(element_id)
    if element is None:
        return []
    if element.kind in model.SCOPES and not element.by_event:
        begins = [one for one in process.inside(element.id) if one.kind == model.START]
        if begins:
            return begins
    flows = _taken(process, element, variables, step)
    if flows or element.parent is None:
        return [process.elements[flow.target] for flow in flows]
    return [process.elements[flow.target] for flow in process.outgoing(element.parent)]


def _taken(process: ProcessModel, element: Element, variables: dict[str, Any], step: Step) -> list[Flow]:
    flows = process.outgoing(element.id)
    conditional = [flow for flow in flows if flow.condition and flow.id != element.default_flow]
    if not conditional:
        return flows
    true = [flow for flow in conditional if _is_true(flow.condition or "", variables, step)]
    free = [flow for flow in flows if not flow.condition and flow.id != element.default_flow]
    default = [flow for flow in flows if flow.id == element.default_flow]
    taken = true + free or default
    return taken[:1] if element.kind == model.EXCLUSIVE else taken


def _is_true(condition: str, variables: dict[str, Any], step: Step) -> bool:
    try:
        return compile_expression(condition).evaluate(variables, now=step.now, budget=Budget()) is True
    except ShenpiError:
        return False


def _people(step: Step, element: Element, variables: dict[str, Any]) -> Assigned | None:
    """Return who would be asked; of a task for several people, and where it depends on what is not known, None."""
    if element.loop is not None:
        return None
    try:
        return assign(step.session, element, variables, step.now, step.execution.zone, initiator=step.case.initiator)
    except ShenpiError:
        return None
