"""Events that begin something or are waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.execution import waiting
from engine.execution.nodes import Node

if TYPE_CHECKING:
    from engine.execution.token import Token


class Start(Node):
    """A start event passes; the one that an event began has happened already."""


class Boundary(Node):
    """A boundary event waits inside its activity, and goes on around it."""


class Catch(Node):
    """An intermediate event waits."""

    def enter(self, token: Token) -> bool | None:
        if not any(definition.kind in waiting.WAITABLE for definition in self.element.events):
            return True  # the other end of a link
        return True if waiting.subscribe(token) else None
