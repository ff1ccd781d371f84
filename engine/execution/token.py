"""Tokens: the library's tasks in a tree of scopes. A token stands at one element; the token it stands in holds its scope.

The library makes a task a child of the one before it, so its tree is the whole history of a case, walked again at each step. Here a task's parent is what
it is *inside of*, and a task that is completed is taken out: the tree is the present, and a step costs the same after two years as on the first day.
"""

import random
from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

if TYPE_CHECKING:
    from engine.execution.nodes import Node
    from engine.execution.program import Way
    from engine.execution.workflow import Workflow


class Token(Task):  # type: ignore[misc]
    """One token. `data` holds the variables of the scope it is; `internal_data` what must be kept of it in the saved state.

    READY is about to run, or held by an incident (`failed`); STARTED waits for somebody or something, or holds a scope.
    """

    # The library's constructor is not called: it numbers threads, reads a clock and asks the system for randomness, for each element passed.
    def __init__(
        self, workflow: "Workflow", node: "Node", scope: "Token | None", *, identity: UUID | None = None, subscribed: bool = False
    ) -> None:
        self.id = identity or UUID(int=random.getrandbits(128), version=4)
        self.workflow = workflow
        self.task_spec = node
        self.scope = scope
        self._parent = scope.id if scope is not None else None
        self._state: int = TaskState.READY
        self.subscribed = (
            subscribed  #: waits on behalf of the scope it stands in: a boundary event, an event sub-process, a branch of an event gateway
        )
        self.inner: dict[UUID, Token] = {}
        self.group: dict[UUID, Token] | None = None  #: the workflow's list of what waits for the same kind of thing
        self.live = 0  #: tokens in it that keep it from ending
        self.joins: dict[str, dict[str, list[Token]]] = {}  #: arrivals at the gateways in it: gateway -> flow -> tokens, at least one
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.prefix: str = (
            scope.prefix if scope is not None else ""
        )  #: of elements of a called process, in the record: the way of calls to it
        self.triggered = False
        self.thread_id = 0
        self.last_state_change = 0.0
        self.serial = workflow.next_serial()
        workflow.tasks[self.id] = self
        if scope is not None:
            scope.inner[self.id] = self
            if not subscribed:
                scope.live += 1

    @property
    def children(self) -> "list[Token]":
        return list(self.inner.values())

    @property
    def node(self) -> "Node":
        node: Node = self.task_spec
        return node

    @property
    def waits(self) -> dict[str, dict[str, Any]]:
        """What it waits for, by the number of the event definition; empty for a token that waits for no event."""
        found: dict[str, dict[str, Any]] = self.internal_data.get("waits", {})
        return found

    @property
    def is_body(self) -> bool:
        """Tell whether it holds the instances of a loop or multi-instance."""
        return "loop" in self.internal_data

    @property
    def is_instance(self) -> bool:
        """Tell whether it is one instance of a loop or multi-instance."""
        return "i" in self.internal_data

    @property
    def votes(self) -> bool:
        """Tell whether decisions taken in it are its own: it runs beside others of its kind, and their loop collects."""
        loop = self.node.element.loop
        return self.is_instance and loop is not None and loop.kind != "standard"

    @property
    def failed(self) -> bool:
        return "failed" in self.internal_data

    def alive(self) -> bool:
        return self.id in self.workflow.tasks

    def passed(self) -> None:
        """Note in the way of this step that the element is done."""
        self.workflow.execution.path.append(self.prefix + self.task_spec.bpmn_id)

    def took(self, way: "Way") -> None:
        """Note in the way of this step that a flow was taken; a link has none."""
        if way.flow is not None:
            self.workflow.execution.path.append(self.prefix + way.flow)

    def _set_state(self, value: int) -> None:
        self._state = value

    def variables(self) -> Mapping[str, Any]:
        """Return what is seen from here: its own names before those around it, up to the process or called process."""
        token, maps = self, []
        while token.scope is not None and not token.node.is_root:
            if token.data:
                maps.append(token.data)
            token = token.scope
        return ChainMap(*maps, token.data) if maps else token.data

    def owner(self, name: str) -> "Token":
        """Return the nearest scope that holds a name, or the process."""
        token = self
        while token.scope is not None and not token.node.is_root:
            if name in token.data:
                return token
            token = token.scope
        return token

    def place(self) -> str | None:
        """Name the scope for the record: None is the instance itself, an instance of a loop has its number."""
        if self.scope is None:
            return None
        token, names = self, []
        while token.scope is not None:
            if not token.is_body and not token.node.is_root:
                number = f"[{token.internal_data['i']}]" if token.is_instance else ""
                names.append(f"{token.node.element.id}{number}")
            token = token.scope
        return "/".join(reversed(names))
