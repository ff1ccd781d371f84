"""What an execution remembers between steps besides the tokens, and every variable written in this step."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from engine.errors import BudgetExceeded
from engine.execution import values
from engine.execution.limits import Limits
from engine.execution.token import Token


@dataclass(frozen=True, slots=True)
class Change:
    """One variable written by one element; `scope` names where it lives when that is not the instance itself."""

    element: str | None
    name: str
    old: Any
    new: Any
    scope: str | None = None


@dataclass(slots=True)
class Memory:
    """The variables of a case, with every change of this step in order: parallel writes lose nothing silently."""

    root: Token
    limits: Limits
    rounds: dict[str, int] = field(default_factory=dict)
    #: what is known of each open or held user task, by its id; several may belong to one token; written by `engine.step`
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: decisions that can still be taken back, by the token of their user task; see `engine.execution.undo`
    undoable: dict[str, dict[str, Any]] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)  #: user tasks whose newest decision was taken before the case was put back to before them
    changes: list[Change] = field(default_factory=list)
    size: int = 0  #: bytes of the saved state, and of what was written since
    changed: bool = True  #: conditions are to be looked at
    before: list[list[Any]] = field(
        default_factory=list
    )  #: what was written: scope, name, member, whether it was there, its old and its new value
    names: dict[str, str] = field(default_factory=dict)  #: what was written since they were looked at: name -> create or update

    @property
    def variables(self) -> dict[str, Any]:
        """The instance's own variables."""
        found: dict[str, Any] = self.root.data
        return found

    def set(self, scope: Token, element: str | None, name: str, value: Any) -> None:
        """Write a variable in the nearest scope that holds it, else in the process; a value equal to the present one changes nothing and leaves no trace.

        Refuses with `BudgetExceeded` a value that is too large, or one too much.
        """
        self.write(scope.owner(name), element, name, value)

    def write(self, owner: Token, element: str | None, name: str, value: Any) -> None:
        """Write a variable of one scope."""
        old = owner.data.get(name)
        if type(old) is type(value) and old == value and name in owner.data:
            return
        self.weigh(element, name, value)
        self.changes.append(Change(element, name, old, value, owner.place()))
        self.before.append([owner.id.hex, name, None, name in owner.data, old, value])
        self.names[name] = "update" if name in owner.data else self.names.get(name, "create")
        owner.data[name] = value
        self.changed = True

    def write_member(self, owner: Token, element: str, name: str, key: str, value: Any, present: Any) -> None:
        """Write one entry of a variable that is a map; only the entry stands in the record, as `name.key`."""
        members = dict(present) if isinstance(present, dict) else {}
        self.before.append([owner.id.hex, name, key, key in members, members.get(key), value])
        self.changes.append(Change(element, f"{name}.{key}", members.get(key), value, owner.place()))
        members[key] = value
        self.names[name] = "update"
        owner.data[name] = members
        self.changed = True

    def begin_undo(self) -> int:
        """Return a mark of the present, for `undo`."""
        return len(self.before)

    def undo(self, mark: int) -> list[list[Any]]:
        """Return what was written since a mark, for `redo`."""
        return self.before[mark:]

    def redo(self, old: list[list[Any]], element: str) -> None:
        """Write old values again, the last first, where the new ones still stand; scopes that are gone are passed over."""
        tasks = self.root.workflow.tasks
        for scope, name, key, was, value, written in reversed(old):
            owner = tasks.get(UUID(scope))
            if owner is None or name not in owner.data:
                continue
            present = owner.data[name]
            if key is None:
                if present != written:
                    continue
                if was:
                    self.write(owner, element, name, value)
                else:
                    self.changes.append(Change(element, name, present, None, owner.place()))
                    del owner.data[name]
                    self.names[name], self.changed = "delete", True
            elif isinstance(present, dict) and present.get(key) == written:
                if was:
                    self.write_member(owner, element, name, key, value, present)
                else:
                    self.changes.append(Change(element, f"{name}.{key}", written, None, owner.place()))
                    owner.data[name] = {one: kept for one, kept in present.items() if one != key}
                    self.names[name], self.changed = "update", True

    def weigh(self, element: str | None, name: str, value: Any) -> None:
        """Refuse with `BudgetExceeded` a value that is larger than one may be, or makes the case larger than one may be."""
        if type(value) is str:
            size = len(value)
        elif type(value) in (dict, list, set, bytes):
            size = len(values.dumps(value))
        else:
            return
        self.size += size
        if size > self.limits.value:
            raise BudgetExceeded(element=element or "", reason=f"{name} > {self.limits.value} bytes", limit="value")
        if self.size > self.limits.variables:
            raise BudgetExceeded(element=element or "", reason=f"variables > {self.limits.variables} bytes", limit="variables")

    def enter(self, element: str) -> int:
        """Count a further round of an element and return its number, from 1."""
        self.rounds[element] = self.rounds.get(element, 0) + 1
        return self.rounds[element]
