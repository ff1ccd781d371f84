"""What an execution remembers between steps besides the tokens: the variables, and how often each element was entered."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One variable written by one element."""

    element: str | None
    name: str
    old: Any
    new: Any


@dataclass(slots=True)
class Memory:
    """One map of variables per instance, with every change of this step in order: parallel writes lose nothing silently."""

    variables: dict[str, Any] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  #: what is known of each open user task, by its token; written by `engine.step`
    changes: list[Change] = field(default_factory=list)

    def set(self, element: str | None, name: str, value: Any) -> None:
        """Write a variable; a value equal to the present one changes nothing and leaves no trace."""
        old = self.variables.get(name)
        if name in self.variables and type(old) is type(value) and old == value:
            return
        self.changes.append(Change(element, name, old, value))
        self.variables[name] = value

    def set_member(self, element: str, name: str, key: str, value: Any) -> None:
        """Write one entry of a variable that is a map; only the entry stands in the record, as `name.key`."""
        present = self.variables.get(name)
        members = dict(present) if isinstance(present, dict) else {}
        self.changes.append(Change(element, f"{name}.{key}", members.get(key), value))
        members[key] = value
        self.variables[name] = members

    def enter(self, element: str) -> int:
        """Count a further round of an element and return its number, from 1."""
        self.rounds[element] = self.rounds.get(element, 0) + 1
        return self.rounds[element]
