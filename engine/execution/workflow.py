"""The library's workflow with our tree of tokens and our loop."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import model
from engine.errors import BpmnError, BudgetExceeded, ExecutionFailed, InvalidContent, ShenpiError
from engine.execution import conditions, throwing
from engine.execution.token import Token

if TYPE_CHECKING:
    from engine.execution.program import Program
    from engine.execution.run import Execution


class Workflow(BpmnWorkflow):  # type: ignore[misc]
    """One instance in memory, for one step: tokens by id in the order they came, those that are ready, and those that wait for somebody."""

    def __init__(self, program: Program, execution: Execution) -> None:
        super().__init__(program.spec, script_engine=execution, deserializing=True)
        self.execution = execution
        self.tasks: dict[UUID, Token] = {}
        self.agenda: deque[Token] = deque()
        self.touched: dict[UUID, Token] = {}  #: scopes that lost a token
        self.people: dict[UUID, Token] = {}  #: user tasks that wait for a person
        self.calls: dict[UUID, Token] = {}  #: outside operations that are not answered
        self.waiting: dict[UUID, Token] = {}  #: tokens that wait for an event
        self.paused: dict[UUID, Token] = {}  #: tokens at a save point
        self.gathering: dict[UUID, Token] = {}  #: scopes in which a gateway holds arrivals
        self.passed = 0
        self._serial = 0

    @property
    def root(self) -> Token:
        root: Token = self.task_tree
        return root

    def next_serial(self) -> int:
        self._serial += 1
        return self._serial

    # --- the tree

    def require_room(self, element: str, count: int) -> None:
        """Refuse with `BudgetExceeded` more tokens at once than one case may hold."""
        limit = self.execution.limits.tokens
        if len(self.tasks) + count > limit:
            raise BudgetExceeded(element=element, reason=f"more than {limit} tokens", limit="tokens")

    def spawn(self, node: Any, scope: Token, flow: str | None = None) -> Token:
        """Put a token on an element; it runs when its turn comes."""
        token = Token(self, node, scope)
        if flow is not None and node.is_join:
            token.internal_data["flow"] = flow
        self.agenda.append(token)
        return token

    def remove(self, token: Token, state: int = TaskState.CANCELLED) -> None:
        """Take a token out, with everything inside of it; what waited is forgotten, its scope is looked at again."""
        scope = token.scope
        if scope is not None:
            del scope.inner[token.id]
            if not token.subscribed:
                scope.live -= 1
                self.touched[scope.id] = scope
            if "flow" in token.internal_data:
                self.unjoin(token)
        stack = [token]
        while stack:
            one = stack.pop()
            one._state = state
            del self.tasks[one.id]
            if one.group is not None:
                one.group.pop(one.id, None)
            if one.inner:
                stack.extend(one.inner.values())

    def clear(self, scope: Token, keep: Token | None = None) -> None:
        """Take out everything in a scope, except one token and the boundary events of its activity."""
        for token in scope.children:
            attached = token.subscribed and token.node.element.kind == model.BOUNDARY  # it belongs to the activity, not to what is inside
            if token is not keep and not attached and token.alive():
                self.remove(token)

    def rejoin(self, token: Token) -> None:
        """Count a token among the arrivals of its gateway."""
        assert token.scope is not None
        arrived = token.scope.joins.setdefault(token.node.element.id, {}).setdefault(token.internal_data["flow"], [])
        if token not in arrived:
            arrived.append(token)
        self.gathering[token.scope.id] = token.scope

    def unjoin(self, token: Token) -> None:
        """Take a token out of the arrivals of its gateway."""
        assert token.scope is not None
        flows, flow = token.scope.joins.get(token.node.element.id, {}), token.internal_data.pop("flow")
        arrived = flows.get(flow, [])
        if token in arrived:
            arrived.remove(token)
            if not arrived:
                del flows[flow]

    def register(self, token: Token) -> None:
        """Note what a waiting token waits for, by what is kept in it."""
        internal = token.internal_data
        if "failed" in internal or token._state == TaskState.READY:
            return
        token.group = None
        if "person" in internal:
            token.group = self.people
        elif "call" in internal:
            token.group = self.calls
        elif "waits" in internal:
            token.group = self.waiting
        elif internal.get("pause") in ("before", "after"):
            token.group = self.paused
        elif "flow" in internal:
            self.rejoin(token)
        if token.group is not None:
            token.group[token.id] = token

    def wait(self, token: Token, **kept: Any) -> None:
        """Leave a token where it is, with what is to be kept of it."""
        token.internal_data.update(kept)
        token._state = TaskState.STARTED
        self.register(token)

    # --- the loop

    def go(self) -> None:
        """Run everything that can run, until only people, jobs, events or incidents are left.

        First what happened, then the scopes that ended, then the next token: an event that is ready fires before what it interrupts goes on.
        """
        memory = self.execution.memory
        while True:
            if memory.changed:
                memory.changed = False
                conditions.look(self)
            elif self.touched:
                _, scope = self.touched.popitem()
                self._look_at(scope)
            elif self.agenda:
                if not self._next():
                    return
            elif not self._gather():
                return

    def _next(self) -> bool:
        token = self.agenda.popleft()
        if token._state != TaskState.READY or token.failed or not token.alive():
            return True
        self.passed += 1
        limit = self.execution.limits.elements
        if self.passed > limit:
            error = BudgetExceeded(element=token.node.element.id, reason=f"more than {limit} elements in one step", limit="elements")
            self.hold_for(token, error)
            return False
        self.run(token)
        return True

    def run(self, token: Token) -> None:
        """Let the library run a token; what goes wrong is thrown to whoever catches it, or held as an incident."""
        self.guard(token, token.run)

    def guard(self, token: Token, act: Any) -> None:
        """Do something for a token; a BPMN error goes to the nearest handler, any other leaves the token where it is for a person to look at."""
        try:
            act()
        except BpmnError as error:
            if token.alive() and not throwing.throw_error(self, token, error.error_code, error.message, of_activity=True):
                self.hold_for(token, error)
        except ShenpiError as error:
            if token.alive():
                self.hold_for(token, error)

    def hold_for(self, token: Token, error: ShenpiError) -> None:
        """Keep an element where it is for what went wrong there, said in both languages; the language of expressions does not know where its texts stand."""
        english = str(error)
        if error.facts.get("element") == "":
            error.facts["element"] = token.node.element.id
            english = error.say("en")
        chinese = "；".join(fault.zh for fault in error.faults) if isinstance(error, InvalidContent) else error.say("zh")
        self.hold(token, error.code, english, chinese)

    def hold(self, token: Token, code: str, message: str, message_zh: str | None = None) -> None:
        """Keep a failed element where it is: the other branches go on, and a person will look. One that is held already stays so."""
        if token.failed:
            return
        if token.group is not None:
            token.group.pop(token.id, None)
        token._state = TaskState.READY
        token.internal_data["failed"] = code
        self.execution.note_failure(token, code, message, message_zh)

    # --- scopes that may have ended

    def _look_at(self, scope: Token) -> None:
        if scope.live == 0 and scope.alive():
            if scope.is_body or "queue" in scope.internal_data:
                return
            self.guard(scope, lambda: scope.node.ended(scope))

    def _gather(self) -> bool:
        """Nothing else can run: let inclusive gateways fire that nothing can reach any more; tells whether one did.

        A join that can never get what it waits for is an incident on it, not a silent end.
        """
        for scope in sorted(self.gathering.values(), key=lambda one: one.serial):
            if not scope.alive():
                del self.gathering[scope.id]
                continue
            for flows in sorted(scope.joins.values(), key=_age):
                arrived = [token for tokens in flows.values() for token in tokens if not token.failed]
                if arrived and arrived[0].node.gather(scope, arrived[0]):
                    return True
            if not any(tokens for flows in scope.joins.values() for tokens in flows.values()):
                del self.gathering[scope.id]
                continue
            arrivals = (token for flows in scope.joins.values() for tokens in flows.values() for token in tokens)
            stuck = sorted(arrivals, key=lambda token: token.serial)
            if scope.live == len(stuck) and not any(token.failed for token in stuck):
                error = ExecutionFailed(element=stuck[0].node.element.id, reason="a token waits for flows that cannot bring one any more")
                self.hold(stuck[0], "join-starved", str(error), error.say("zh"))
        return False


def _age(flows: dict[str, list[Token]]) -> int:
    """Order gateways by the token that waits there longest, whatever was done in between in memory."""
    return min((token.serial for tokens in flows.values() for token in tokens), default=0)
