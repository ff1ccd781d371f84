"""Gateways: choose, split, and wait for the other tokens.

The library leaves the arrivals of a finished round in its tree and counts them again in the next, so its joins fire early in a second round of rework. Here
an arrival is a token at the gateway that remembers its flow, and is used up once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import ExecutionFailed
from engine.execution import waiting
from engine.execution.nodes import Node

if TYPE_CHECKING:
    from engine.execution.program import Way
    from engine.execution.token import Token


class Exclusive(Node):
    """The first flow in the order of the file whose condition is true, else the default."""

    def choose(self, token: Token) -> list[Way]:
        ways = self.ways
        if len(ways) == 1 and ways[0].condition is None:
            return ways
        variables = token.variables()
        for way in ways:
            if not way.is_default and way.is_open(token, variables):
                return [way]
        for way in ways:
            if way.is_default:
                return [way]
        if ways:
            raise ExecutionFailed(element=self.element.id, reason="no outgoing flow has a true condition, and none is the default")
        return ways


class Join(Node):
    """What parallel and inclusive gateways share: arrivals wait in their scope."""

    @property
    def is_join(self) -> bool:  # type: ignore[override]
        return len(self.incoming) > 1

    def enter(self, token: Token) -> bool | None:
        """Count the token in; the one that makes the gateway fire goes on for all."""
        if "flow" not in token.internal_data:
            return True
        token.workflow.wait(token)
        scope = token.scope
        assert scope is not None
        arrived = scope.joins[self.element.id]
        if len(arrived) == len(self.incoming):
            self._use_up(arrived, token)
            return True
        return None

    def resolve(self, token: Token) -> None:
        """Fire with what has arrived (a person's decision about a join that waits in vain)."""
        assert token.scope is not None
        self._use_up(token.scope.joins[self.element.id], token)

    def _use_up(self, arrived: dict[str, list[Token]], last: Token) -> None:
        workflow = last.workflow
        mine = last.internal_data["flow"]
        workflow.unjoin(last)
        for flow, tokens in list(arrived.items()):
            if flow != mine:
                workflow.remove(tokens[0])


class Parallel(Join):
    """Fires when each incoming flow has brought a token; leaves by all outgoing flows."""

    def choose(self, token: Token) -> list[Way]:
        return self.ways


class Inclusive(Join):
    """Fires when no token that is still on its way can reach a flow that has brought none (BPMN 2.0, 13.4.3); leaves by every flow whose condition is true.

    A complex gateway without an activation condition of its own is one.
    """

    def gather(self, scope: Token, token: Token) -> bool:
        arrived = scope.joins[self.element.id]
        empty = [flow for flow in self.incoming if flow not in arrived]
        filled = list(arrived)
        for other in scope.inner.values():
            if other.subscribed or (other.node is self and other.internal_data.get("pause") != "before"):
                continue
            if other.node is self:  # it stands at the save point before the gateway
                reaches = frozenset({other.internal_data["flow"]})
            else:
                reaches = self.program.upstream(self, other.node)
            if any(flow in reaches for flow in empty) and not any(flow in reaches for flow in filled):
                return False
        first = next(iter(arrived.values()))[0]
        self._use_up(arrived, first)
        first.workflow.guard(first, first.complete)
        return True


class EventBased(Node):
    """Waits for the first of the events behind it."""

    def enter(self, token: Token) -> bool | None:
        token.workflow.wait(token, choice=1)
        waiting.subscribe_choices(token)
        return None

    def choose(self, token: Token) -> list[Way]:
        return []
