"""What people do at user tasks, as commands to a case in memory: decide, return, jump, take back, add and remove instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.bpmn import model
from engine.errors import Refused, TaskClosed
from engine.execution import loops, moving, undo
from engine.execution.memory import Memory
from engine.execution.token import Token
from engine.execution.values import clean
from engine.execution.workflow import Workflow


class Approving:
    """The part of `engine.execution.run.Execution` that user tasks are decided and moved by."""

    workflow: Workflow
    memory: Memory

    def complete(self, token: UUID, decision: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Complete a user task: its values, its decision and `outcome` become variables, and the instance goes on.

        In a multi-instance the decision belongs to its instance, and the loop collects them. Refuses with `TaskClosed` a token that is not open any more.
        """
        before = self.memory.begin_undo()
        self.decide(token, decision, values)
        self.conclude(token, before)

    def decide(self, token: UUID, decision: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Write what was decided at a user task that others have to sign before the instance goes on. Refuses as `complete` does."""
        task = self._waiting(self.workflow.people, token)
        element = task.node.element.id
        if "decided" in task.internal_data:  # a signer decides otherwise: it is one vote all the same
            undo.unvote(self.voting_scope(task), element)
        for name in sorted(values):  # the record sorts its keys, and a re-execution must write in the same order
            self.memory.set(task, element, name, clean(values[name], name))
        self.decide_around(task, element, element, clean(dict(decision)))
        self.memory.write(self.voting_scope(task), element, "outcome", decision["outcome"])
        if task.node.element.completer is not None:
            self.memory.set(task, element, task.node.element.completer, decision["by"])
        task.internal_data["decided"] = decision["outcome"]
        self.memory.stale.discard(element)

    def conclude(self, token: UUID, before: int | None = None) -> None:
        """Let the instance go on from a user task that is decided; `outcome` is that of its decision, whatever was decided elsewhere meanwhile.

        Refuses with `TaskClosed` a token that is not open any more.
        """
        task = self._waiting(self.workflow.people, token)
        self.memory.write(self.voting_scope(task), task.node.element.id, "outcome", task.internal_data["decided"])
        with undo.remembered(self.workflow.execution, task, before):
            self._finish(task, self.workflow.people)

    def return_to(self, token: UUID, target: str, *, straight_back: bool = False, who: str | None = None) -> None:
        """Cancel what is open between a user task and an earlier one, and begin there again.

        With `straight_back`, whoever completes it leads straight back to here, and `who` is asked again. Refuses with `TaskClosed`, and with `Refused` a step
        that does not lead here, or a way straight back into a block of branches.
        """
        task = self._waiting(self.workflow.people, token)
        current, place = moving.find(task, target)
        gone = moving.back(current, place)
        if straight_back and (len(gone) > 1 or place.through or current.node is place.node or current.node.element.kind != model.HUMAN):
            raise Refused(reason="there is no way straight back from that step")
        placed = self.put(place, gone, "returned")
        if straight_back:
            placed.internal_data["back"] = [current.node.element.id, who]
        self.workflow.go()

    def jump(self, target: str) -> None:
        """Cancel everything that is open in the process, and begin at any of its user tasks (an administrator's means). Refuses as `return_to` does."""
        root = self.workflow.root
        place = moving.anywhere(root, target)
        moving.require_joins(place, [])
        self.put(place, [token for token in root.children if not token.subscribed], "jumped")
        self.workflow.go()

    def put(self, place: moving.Place, gone: list[Token], reason: str) -> Token:
        """Begin anew at a place; what was decided from there on does not speak for anybody any more, and what came of nothing cannot be taken back."""
        undo.moved(self.workflow.execution, place.scope)
        self.memory.stale |= moving.ahead(place) & set(self.memory.rounds)
        token = moving.put(self.workflow, place, gone, reason)
        token.internal_data["again"] = 1
        return token

    def take_back(self, token: UUID, who: str) -> None:
        """Let a user task that was decided be open again for who decided it, while nothing has come of it. Refuses with `Refused` when something has."""
        undo.take_back(self.workflow.execution, token.hex, who)

    def may_take_back(self, token: UUID) -> bool:
        """Tell whether `take_back` would not be refused."""
        undo.forget(self.workflow.execution)
        return token.hex in self.memory.undoable

    def made_by(self, token: UUID) -> list[str]:
        """Return the tokens that a decision made which can still be taken back, as hexadecimal ids."""
        found: list[str] = self.memory.undoable.get(token.hex, {}).get("made", [])
        return found

    def leads_back(self, token: UUID, target: str) -> bool:
        """Tell whether `return_to` would not be refused."""
        try:
            moving.back(*moving.find(self._waiting(self.workflow.people, token), target))
        except Refused:
            return False
        return True

    def add_instance(self, token: UUID, item: Any, who: str) -> None:
        """Let somebody add an instance to the multi-instance that a user task runs in (加签). Refuses with `Refused` one that is not parallel."""
        loops.add(self._waiting(self.workflow.people, token), clean(item)).internal_data["addedBy"] = who
        self.workflow.go()

    def remove_instance(self, token: UUID) -> None:
        """Take an instance out of the multi-instance that a user task runs in (减签); the others decide. Refuses with `Refused` the only one."""
        loops.take_out(self._waiting(self.workflow.people, token))
        self.workflow.go()

    def voting_scope(self, token: Token) -> Token:
        """Return where a decision is written: the instance of a multi-instance it was taken in, else the process."""
        while token.scope is not None and not token.node.is_root and not token.votes:
            token = token.scope
        return token

    def decide_around(self, token: Token, by: str, element: str, decision: Any) -> None:
        """Write a decision, and note it for the loop it was taken in."""
        owner = self.voting_scope(token)
        self.memory.write_member(owner, by, "decisions", element, decision, owner.variables().get("decisions"))
        if owner.votes:
            owner.internal_data.setdefault("voted", []).append([element, decision])

    def _waiting(self, group: dict[UUID, Token], token: UUID) -> Token:
        found = group.get(token)
        if found is None:
            raise TaskClosed(state="canceled")
        return found

    def _finish(self, task: Token, group: dict[UUID, Token]) -> None:
        group.pop(task.id, None)
        for name in ("person", "call"):
            task.internal_data.pop(name, None)
        self.workflow.guard(task, task.complete)
        self.workflow.go()
