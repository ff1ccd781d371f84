"""Scripts: assignments, choices and loops over the variables of a process. What they assign is returned, never written."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.language.budget import Budget
from engine.language.compiled import Compiled, build
from engine.language.context import direct
from engine.language.lexer import tokens
from engine.language.running import measure, parse, translated
from engine.language.scope import Scope
from engine.language.subset import check
from engine.language.values import result


@dataclass(frozen=True, slots=True)
class Script:
    """A compiled script; `names` are the variables it may read, `assigned` the names it may set. Safe to share between threads."""

    text: str
    names: frozenset[str]
    assigned: frozenset[str]
    compiled: Compiled = field(repr=False, compare=False)
    asks: bool = False  #: it wants to know what its `execution` is known by

    def run(self, variables: Mapping[str, Any], *, now: datetime, budget: Budget | None = None) -> dict[str, Any]:
        """Return the names that were assigned, and those whose list or mapping was changed in place, with their new values.

        The variables given are untouched, and share nothing with what is returned. Refuses with `ExecutionFailed` (facts `reason`, `line`)
        what these values do not allow, with `BudgetExceeded` what takes too long or grows too large.
        """
        scope = Scope(variables, now, budget if budget is not None else Budget(), copying=self.compiled.changes)
        try:
            scope.budget.spend(self.compiled.cost)
            self.compiled.run(scope)
            return outcome(scope)
        except Exception as error:
            raise translated(error) from error.__cause__


def outcome(scope: Scope) -> dict[str, Any]:
    """Return what a run changed."""
    changed = {name: result(value, scope.budget) for name, value in scope.items()}
    for name, value in scope.read.items():
        if name not in scope and scope.is_touched(value):
            changed[name] = result(value, scope.budget)
    return changed


@lru_cache(maxsize=1024)
def compile_script(text: str) -> Script:
    """Return the script of a text, compiled once a text and process.

    Refuses with `InvalidExpression`, listing every fault with its line, what is outside the subset.
    """
    measure(text, "exec")
    tokens(text)
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    tree = direct(parse(source, "exec"))
    check(tree, "script")
    if not isinstance(tree, ast.Module):
        raise TypeError(tree)
    compiled = build(tree, source)
    return Script(text, compiled.names, compiled.assigned, compiled, "execution" in compiled.names)
