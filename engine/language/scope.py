"""What compiled code can reach: the names it assigned, the variables it was given, the time of the step and what is left of the budget."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.language.budget import Budget
from engine.language.values import CONTAINERS, SIMPLE, copy, missing, plain


class Scope(dict[str, Any]):
    """Names assigned by a run. A name it does not hold is read from the variables, which are never written.

    With `copying`, lists and mappings are copied when first read, so that changing them in place leaves the caller's alone.
    """

    __slots__ = ("budget", "copying", "now", "read", "touched", "variables")

    def __init__(self, variables: Mapping[str, Any], now: datetime, budget: Budget, copying: bool = False) -> None:
        self.variables = variables
        self.now = now
        self.budget = budget
        self.copying = copying
        self.read: dict[str, Any] = {}
        #: by identity, the lists and mappings that were changed in place; held, so that no identity is used twice
        self.touched: dict[int, Any] = {}

    def __missing__(self, name: str) -> Any:
        if name in self.read:
            return self.read[name]
        try:
            value = self.variables[name]
        except KeyError:
            raise missing(name) from None
        if type(value) in SIMPLE:
            return value
        value = plain(value)
        if self.copying and type(value) in CONTAINERS:
            value = self.read[name] = copy(value, self.budget, Budget())
        return value

    def touch(self, value: Any) -> None:
        """Note that a list or mapping is about to be changed in place."""
        self.touched[id(value)] = value

    def is_touched(self, value: Any) -> bool:
        """Say whether a list or mapping, or one inside of it, was changed in place."""
        seen: set[int] = set()
        waiting = [value] if self.touched else []
        while waiting:
            one = waiting.pop()
            if id(one) in self.touched:
                return True
            if id(one) not in seen:
                seen.add(id(one))
                self.budget.spend(1 + (len(one) >> 3))
                waiting.extend(each for each in (one if type(one) is list else one.values()) if type(each) in CONTAINERS)
        return False
