"""Taking a decision back while nothing has come of it (拿回): what the last steps of people made, kept with the state until somebody acts on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.errors import Refused
from engine.execution import moving, waiting
from engine.execution.token import Token

if TYPE_CHECKING:
    from engine.execution.run import Execution

STAYS = ("back", "addedBy", "again")  #: what is known of a user task besides its decision
GONE = "something has come of the decision already"


@contextmanager
def remembered(execution: Execution, task: Token, before: int | None) -> Iterator[None]:
    """Keep what a decision leads to, unless it leads to something that cannot be taken back: an operation, a message, a called process, an end."""
    workflow = execution.workflow
    serial = workflow.next_serial()
    scope = task.scope
    assert scope is not None
    others = workflow.tasks.keys() - {token.id for token in _subtree(task)}
    kept: dict[str, Any] = {"element": task.node.element.id, "scope": scope.id.hex, "data": dict(task.data)}
    more = {name: task.internal_data[name] for name in STAYS if name in task.internal_data}
    if more:
        kept["more"] = more
    if task.is_instance:
        kept |= {"i": task.internal_data["i"], "voted": list(task.internal_data.get("voted", []))}
    yield
    asked = execution.calls or execution.done or execution.thrown or execution.entered or execution.failures
    # where another token went too (a join that fired, a scope that ended) it cannot be put back
    if before is None or asked or execution.finished or task.alive() or not others <= workflow.tasks.keys():
        return
    made = [token for token in workflow.tasks.values() if token.serial > serial and not token.subscribed]
    if any(token.id in workflow.paused for token in made):
        return
    kept["made"] = [token.id.hex for token in made]
    kept["old"] = execution.memory.undo(before)
    if not made and "i" not in kept:  # a branch that ended: only its newest decision can be taken back, or the state would grow for ever
        for identity, other in list(execution.memory.undoable.items()):
            if not other["made"] and "i" not in other and (other["element"], other["scope"]) == (kept["element"], kept["scope"]):
                del execution.memory.undoable[identity]
    execution.memory.undoable[task.id.hex] = kept


def _subtree(token: Token) -> Iterator[Token]:
    yield token
    for child in token.children:
        yield from _subtree(child)


def forget(execution: Execution) -> None:
    """Drop what cannot be taken back any more: somebody has acted on what it made, or the case went elsewhere."""
    tasks = execution.workflow.tasks
    for identity, kept in list(execution.memory.undoable.items()):
        made = [tasks.get(UUID(token)) for token in kept["made"]]
        if UUID(kept["scope"]) not in tasks or any(token is None or token.failed for token in made):
            del execution.memory.undoable[identity]


def moved(execution: Execution, scope: Token) -> None:
    """The case was put elsewhere by hand: a decision that led to nothing in this scope, and so could be taken back at any time, is over."""
    for identity, kept in list(execution.memory.undoable.items()):
        if not kept["made"] and "i" not in kept and UUID(kept["scope"]) == scope.id:
            del execution.memory.undoable[identity]


def touch(execution: Execution, token: UUID) -> None:
    """Note that somebody acted on an open task: the decision that led to it stands."""
    for identity, kept in list(execution.memory.undoable.items()):
        if token.hex in kept["made"]:
            del execution.memory.undoable[identity]


def take_back(execution: Execution, identity: str, who: str) -> None:
    """Remove what a decision made and let its user task wait again, with the variables as they were where nobody has written them since."""
    forget(execution)
    kept = execution.memory.undoable.pop(identity, None)
    if kept is None:
        raise Refused(reason=GONE)
    workflow = execution.workflow
    scope = workflow.tasks[UUID(kept["scope"])]
    made = [workflow.tasks[UUID(token)] for token in kept["made"]]
    body = scope if "i" in kept else None
    if body is not None and not body.is_body:
        raise Refused(reason=GONE)
    for token in made:
        if token.alive():
            moving.mark(workflow, token, "taken-back")
            if body is not None and token.scope is body:
                body.internal_data["loop"]["next"] -= 1
                _count(body, "nrOfActiveInstances", -1)
            workflow.remove(token)
    program = scope.node.program
    node = program.nodes[kept["element"]]
    token = Token(workflow, node, scope)
    token.data = dict(kept["data"])
    token.internal_data.update(kept.get("more", {}))
    if body is not None:
        _vote_again(body, token, kept)
    execution.memory.redo(kept["old"], kept["element"])
    owner = execution.voting_scope(token)
    if owner is not token:  # a vote inside of an instance that goes on
        unvote(owner, kept["element"])
    workflow.wait(token, person=1, asked=who)
    if not token.is_instance:
        waiting.subscribe_boundaries(token)
    workflow.go()


def _count(body: Token, name: str, more: int) -> None:
    """Count the instances of a multi-instance; a loop that repeats has no such numbers."""
    if name in body.data:
        body.data[name] += more


def unvote(owner: Token, element: str) -> None:
    """Do not count the newest decision of an element, of which there is to be another, in the instance that it was taken in."""
    voted = owner.internal_data.get("voted", [])
    newest = next((number for number in reversed(range(len(voted))) if voted[number][0] == element), None)
    if newest is not None:
        del voted[newest]


def _vote_again(body: Token, token: Token, was: dict[str, Any]) -> None:
    """Let an instance of a loop be open again: its vote is not counted, its result is not collected."""
    number = token.internal_data["i"] = was["i"]
    for name in ("outcome", "decisions"):
        token.data.pop(name, None)
    kept = body.internal_data["loop"]
    for vote in was["voted"]:
        counted = next((one for one in kept.get("votes", []) if one[:2] == vote[:2]), None)
        if counted is not None:
            kept["votes"].remove(counted)
    kept["done"] -= 1
    token.data["loopCounter"] = was["i"]
    if "loopCounter" in body.data:
        body.data["loopCounter"] = kept["done"]
    _count(body, "nrOfCompletedInstances", -1)
    _count(body, "nrOfActiveInstances", 1)
    kept.get("out", {}).pop(str(number), None)
    body.workflow.execution.memory.changed = True
