"""Multi-instance and standard loops: a body token holds one token for each instance.

Each instance has its own names (`loopCounter`, the element variable, its decision); the body counts and collects, so nothing travels through branch copies.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.model import Loop
from engine.bpmn.policies import Vote
from engine.errors import BudgetExceeded, ExecutionFailed, Refused
from engine.execution import compensation, moving, voting
from engine.execution.token import Token
from engine.execution.values import clean

if TYPE_CHECKING:
    from engine.execution.nodes import Node


def begin(body: Token, loop: Loop) -> bool | None:
    """Make a token the body of its loop and begin the first instances. True: there is nothing to do; None: it waits for its instances."""
    kept: dict[str, Any] = {"done": 0, "next": 0}
    if loop.kind == "standard":
        kept["count"] = _maximum(body, loop)
        items: list[Any] = []
    else:
        items, kept["count"] = _instances(body, loop)
        if loop.kind == "sequential" and items:
            kept["items"] = items
    if loop.kind == "parallel":
        body.workflow.require_room(body.node.element.id, kept["count"])
    body.workflow.wait(body, loop=kept)
    if loop.kind == "standard":
        body.data["loopCounter"] = 0
        if kept["count"] == 0 or (loop.test_before and not _condition(body, loop)):
            return True
        _next(body, loop, None)
        return None
    body.data.update(nrOfInstances=kept["count"], nrOfCompletedInstances=0, nrOfActiveInstances=0)
    if kept["count"] == 0:
        _collect(body, loop)
        return True
    for index in range(kept["count"] if loop.kind == "parallel" else 1):
        _next(body, loop, items[index] if items else None)
    return None


def _maximum(body: Token, loop: Loop) -> int | None:
    if loop.maximum is None:
        return None if loop.condition else 1
    return _whole(body, body.workflow.execution.value_of(loop.maximum, body), "loopMaximum")


def _instances(body: Token, loop: Loop) -> tuple[list[Any], int]:
    """Return the items of a collection, or none, and how many instances there are; refuses with `ExecutionFailed` or `BudgetExceeded` on the element."""
    execution, element = body.workflow.execution, body.node.element.id
    items: list[Any] = []
    if loop.collection is not None:
        value = execution.value(loop.collection, body)
        if isinstance(value, dict):
            value = list(value)
        if not isinstance(value, list | tuple | set):
            raise ExecutionFailed(element=element, reason=f"{loop.collection} is no list")
        items = sorted(value, key=repr) if isinstance(value, set) else list(value)
        if body.node.element.policy.vote is not None and all(isinstance(item, str) for item in items):
            items = list(dict.fromkeys(items))  # who is named twice has one vote
        count = len(items)
    else:
        count = _whole(body, execution.value_of(loop.cardinality or "", body), "loopCardinality")
    if count > execution.limits.instances:
        raise BudgetExceeded(element=element, reason=f"more than {execution.limits.instances} instances", limit="instances")
    return items, count


def _whole(body: Token, value: Any, what: str) -> int:
    try:
        number = int(value) if not isinstance(value, bool) else -1
        if number < 0 or str(number) != str(value).strip():
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise ExecutionFailed(element=body.node.element.id, reason=f"{what} is {str(value)[:50]!r}, not a whole number from 0") from None
    return number


def _next(body: Token, loop: Loop, item: Any) -> Token:
    kept = body.internal_data["loop"]
    token = body.workflow.spawn(body.node, body)
    token.internal_data["i"] = kept["next"]
    token.data["loopCounter"] = kept["next"]
    if loop.element_variable:
        token.data[loop.element_variable] = clean(item)
    if loop.output_element is not None and loop.output_element.isidentifier():
        token.data.setdefault(loop.output_element, None)  # it belongs to the instance (BPMN 2.0, table 10.29)
    kept["next"] += 1
    if "nrOfActiveInstances" in body.data:
        body.data["nrOfActiveInstances"] += 1
        body.workflow.execution.memory.changed = True
    return token


def instance_ended(token: Token) -> None:
    """One instance is done: collect its result, then go on with the next, or end the loop."""
    body = token.scope
    assert body is not None
    node: Node = token.node
    loop = node.element.loop
    assert loop is not None
    workflow, kept = token.workflow, body.internal_data["loop"]
    if loop.output_collection is not None and loop.output_element is not None and "waived" not in token.internal_data:
        kept.setdefault("out", {})[str(token.internal_data["i"])] = clean(workflow.execution.value(loop.output_element, token))
    if "voted" in token.internal_data:
        seat = token.data.get(loop.element_variable or "")
        kept.setdefault("votes", []).extend([*vote, seat] if isinstance(seat, str) else vote for vote in token.internal_data["voted"])
        kept["outcome"] = token.data["outcome"]
    if "passed" not in token.internal_data:  # it may have paused behind itself
        token.passed()
    body.internal_data["passed"] = 1
    compensation.remember(token)
    workflow.remove(token, TaskState.COMPLETED)
    kept["done"] += 1
    if "nrOfInstances" in body.data:
        body.data["nrOfCompletedInstances"] += 1
        body.data["nrOfActiveInstances"] -= 1
        workflow.execution.memory.changed = True
    workflow.guard(body, lambda: _after(body, loop))


def again(body: Token) -> None:
    """Look again at a loop whose condition failed, after somebody has put it right."""
    loop = body.node.element.loop
    assert loop is not None
    _after(body, loop)


def _after(body: Token, loop: Loop) -> None:
    kept = body.internal_data["loop"]
    vote = body.node.element.policy.vote
    if vote is not None and kept.get("votes"):
        found = voting.result(
            vote,
            [one[1] for one in kept["votes"]],
            kept["count"],
            _weights(body, vote),
            [one[2] if len(one) > 2 else None for one in kept["votes"]],
        )
        if found is not None:
            kept["outcome"] = found
            end(body, loop)
            return
    if loop.condition is not None and loop.kind != "standard":
        _show(body, loop)
        if _condition(body, loop):
            end(body, loop)
            return
    if loop.kind == "standard":
        body.data["loopCounter"] = kept["done"]
        enough = kept["count"] is not None and kept["done"] >= kept["count"]
        if enough or (loop.condition is not None and not _condition(body, loop)):
            end(body, loop)
        else:
            _next(body, loop, None)
    elif kept["done"] == kept["count"]:
        end(body, loop)
    elif kept["next"] < kept["count"] and loop.kind == "sequential":
        _next(body, loop, kept["items"][kept["next"]] if "items" in kept else None)


def _weights(body: Token, vote: Vote) -> dict[str, Decimal]:
    """Return how much each person weighs; refuses with `ExecutionFailed` on the element what is no map of numbers."""
    if vote.weights is None:
        return {}
    value = body.workflow.execution.value_of(vote.weights, body)
    try:
        if not isinstance(value, dict):
            raise TypeError
        found = {str(person): Decimal(str(weight)) for person, weight in value.items() if not isinstance(weight, bool)}
    except (TypeError, InvalidOperation):
        raise ExecutionFailed(element=body.node.element.id, reason=f"{vote.weights} gives no map of persons to weights") from None
    if not all(weight.is_finite() and weight >= 0 for weight in found.values()) or not any(found.values()):
        raise ExecutionFailed(element=body.node.element.id, reason="weights are numbers from 0, at least one of them above")
    return found


def add(token: Token, item: Any) -> Token:
    """Add an instance with an item of its own to the running loop of a token, and return it. Refuses with `Refused` one that is not parallel."""
    body = token.scope
    loop = token.node.element.loop
    if not token.is_instance or body is None or loop is None or loop.kind != "parallel" or loop.element_variable is None:
        raise Refused(reason="the step does not run once for each person")
    kept = body.internal_data["loop"]
    body.workflow.require_room(token.node.element.id, 1)
    if kept["count"] + 1 > body.workflow.execution.limits.instances:
        raise Refused(reason="the step has as many instances as it may")
    vote = token.node.element.policy.vote
    if vote is not None and vote.rule == "weight" and item not in _weights(body, vote):
        raise Refused(reason="this person has no weight in the vote")
    kept["count"] += 1
    body.data["nrOfInstances"] += 1
    return _next(body, loop, item)


def take_out(token: Token) -> None:
    """Take an instance out of its loop as if it had never been one. Refuses with `Refused` the only one that is left."""
    body = token.scope
    loop = token.node.element.loop
    if not token.is_instance or body is None or loop is None or loop.kind != "parallel":
        raise Refused(reason="the step does not run once for each person")
    kept = body.internal_data["loop"]
    if kept["count"] < 2:
        raise Refused(reason="somebody must remain to decide")
    workflow = body.workflow
    moving.mark(workflow, token, "removed")
    workflow.remove(token)
    kept["count"] -= 1
    body.data["nrOfInstances"] -= 1
    body.data["nrOfActiveInstances"] -= 1
    workflow.execution.memory.changed = True
    workflow.guard(body, lambda: _after(body, loop))


def _condition(body: Token, loop: Loop) -> bool:
    return loop.condition is None or body.workflow.execution.test(loop.condition, body)


def _show(body: Token, loop: Loop) -> None:
    """Let the completion condition see what has been collected so far."""
    kept = body.internal_data["loop"]
    if loop.output_collection is not None:
        body.data[loop.output_collection] = collected(kept)
    if kept.get("votes"):
        body.data["decisions"] = _with_votes(body, kept)
        body.data["outcome"] = kept["outcome"]


def collected(kept: dict[str, Any]) -> list[Any]:
    """Return the results in the order of their instances."""
    out = kept.get("out", {})
    return [out[number] for number in sorted(out, key=int)]


def _with_votes(body: Token, kept: dict[str, Any]) -> dict[str, Any]:
    around = body.scope.variables().get("decisions") if body.scope is not None else None
    found: dict[str, Any] = dict(around) if isinstance(around, dict) else {}
    return found | grouped(kept["votes"])


def grouped(votes: list[list[Any]]) -> dict[str, list[Any]]:
    """Return the decisions of all instances by element, in the order they were taken."""
    found: dict[str, list[Any]] = {}
    for element, decision, *_ in votes:
        found.setdefault(element, []).append(decision)
    return found


def _collect(body: Token, loop: Loop) -> None:
    """Write what was collected around the loop."""
    execution, kept = body.workflow.execution, body.internal_data["loop"]
    element, around = body.node.element.id, body.scope
    assert around is not None
    body.data = {}
    if loop.output_collection is not None:
        execution.memory.set(around, element, loop.output_collection, collected(kept))
    for name, decisions in grouped(kept.get("votes", [])).items():
        execution.decide_around(around, element, name, decisions)
    if kept.get("votes"):
        execution.memory.write(execution.voting_scope(around), element, "outcome", kept["outcome"])


def end(body: Token, loop: Loop) -> None:
    """The loop is done: what still runs in it is taken away."""
    for token in body.children:
        if not token.subscribed and token.alive():
            moving.mark(body.workflow, token, "decided")
            body.workflow.remove(token)
    _collect(body, loop)
    body.complete()
