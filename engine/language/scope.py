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

    __slots__ = ("budget", "copying", "now", "read", "variables")

    def __init__(self, variables: Mapping[str, Any], now: datetime, budget: Budget, copying: bool = False) -> None:
        self.variables = variables
        self.now = now
        self.budget = budget
        self.copying = copying
        self.read: dict[str, Any] = {}

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
            value = self.read[name] = copy(value, self.budget)
        return value
