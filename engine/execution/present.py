"""What is there after a command: who and what is waited for, in the order it began to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.bpmn.model import Element
from engine.execution.done import Call, OpenTask, WaitingMessage, WaitingSignal, WaitingTimer
from engine.execution.moving import whole
from engine.execution.token import Token
from engine.execution.workflow import Workflow


class Present:
    """The present of an execution."""

    workflow: Workflow
    calls: list[Call]

    def element_of(self, token: UUID) -> Element:
        """Return the element a token stands at."""
        element: Element = self.workflow.tasks[token].node.element
        return element

    def variables_of(self, token: UUID) -> Mapping[str, Any]:
        """Return the variables as seen from a token."""
        return self.workflow.tasks[token].variables()

    def seen_from(self, token: UUID) -> Mapping[str, Any]:
        """Return the variables as seen from a token, and what its `execution` is known by."""
        one = self.workflow.tasks[token]
        return self.workflow.execution.knowing(one, one.variables())

    def open_tasks(self) -> list[OpenTask]:
        """Return the user tasks that wait for a person."""
        return [_open(token) for token in _in_order(self.workflow.people)]

    def inside(self, token: UUID) -> set[str]:
        """Return a token and everything in it, as hexadecimal ids; nothing when it is gone."""
        found, stack = set(), [self.workflow.tasks[token]] if token in self.workflow.tasks else []
        while stack:
            one = stack.pop()
            found.add(one.id.hex)
            stack.extend(one.children)
        return found

    def beside(self, token: UUID) -> tuple[set[str], set[str]]:
        """Return the other places of a multi-instance, as hexadecimal ids, and the people who have voted in it already."""
        body = self.workflow.tasks[token].scope
        if body is None or not body.is_body:
            return set(), set()
        votes = [vote[1] for vote in body.internal_data["loop"].get("votes", [])]
        return self.inside(body.id) - {token.hex}, {vote.get("onBehalfOf") or vote["by"] for vote in votes}

    def is_instance(self, token: UUID) -> bool:
        """Tell whether a token is one of several at its element."""
        return self.workflow.tasks[token].is_instance

    def timers(self) -> list[WaitingTimer]:
        """Return the timers that wait; of several on one element the next."""
        found = []
        for token in _in_order(self.workflow.waiting):
            due = [kept["due"] for kept in token.waits.values() if "due" in kept]
            if due:
                found.append(WaitingTimer(token.id, token.node.element.id, min(due)))
        return found

    def messages(self) -> list[WaitingMessage]:
        """Return the messages that are waited for."""
        return [
            WaitingMessage(token.id, token.node.element.id, kept["name"], kept["keys"])
            for token in _in_order(self.workflow.waiting)
            for kept in token.waits.values()
            if "keys" in kept
        ]

    def signals(self) -> list[WaitingSignal]:
        """Return the signals that are waited for; those that only the case itself can throw are not among them."""
        return [
            WaitingSignal(token.id, token.node.element.id, kept["name"])
            for token in _in_order(self.workflow.waiting)
            for number, kept in token.waits.items()
            if "name" in kept and "keys" not in kept and not token.node.element.events[int(number)].inside
        ]

    def subscriptions(self) -> set[tuple[UUID, str, str]]:
        """Return every message and signal waited for: token, kind, name."""
        if not self.workflow.waiting:
            return set()
        return {(one.token, "message", one.name) for one in self.messages()} | {(one.token, "signal", one.name) for one in self.signals()}

    def continuations(self) -> list[OpenTask]:
        """Return the tokens that stand at a save point."""
        return [OpenTask(token.id, token.node.element.id, token.node.element) for token in _in_order(self.workflow.paused)]

    def pauses(self) -> dict[UUID, str]:
        """Return on which side of its element each token at a save point stands: `before` or `after`."""
        return {identity: token.internal_data["pause"] for identity, token in self.workflow.paused.items()}

    def pending_calls(self) -> set[UUID]:
        """Return the tokens of outside operations that are not answered."""
        return set(self.workflow.calls)

    def asked(self) -> list[Call]:
        """Return what the command asks of the outside: not what was interrupted before the command was over, for nobody waits for that."""
        return [call for call in self.calls if call.token in self.workflow.calls]


def _in_order(group: dict[UUID, Token]) -> list[Token]:
    return sorted(group.values(), key=lambda token: token.serial) if len(group) > 1 else list(group.values())


def _open(token: Token) -> OpenTask:
    kept = token.internal_data
    return OpenTask(
        token.id, token.node.element.id, token.node.element, kept.get("asked"), kept.get("addedBy"), "again" in whole(token).internal_data
    )
