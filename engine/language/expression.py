"""Expressions: conditions, assignees, due dates, cells. They read variables and change nothing."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.language.budget import Budget
from engine.language.compiled import Compiled, build
from engine.language.context import direct
from engine.language.juel import rewrite
from engine.language.lexer import refuse, tokens
from engine.language.running import measure, parse, translated
from engine.language.scope import Scope
from engine.language.subset import check
from engine.language.values import SIMPLE, result


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `names` are the variables it may read. Safe to share between threads."""

    text: str
    names: frozenset[str]
    compiled: Compiled = field(repr=False, compare=False)

    def evaluate(self, variables: Mapping[str, Any], *, now: datetime, budget: Budget | None = None) -> Any:
        """Return the value, sharing nothing with the variables.

        Refuses with `ExecutionFailed` (facts `reason`, `line`) what these values do not allow, with `BudgetExceeded` what takes too long.
        """
        scope = Scope(variables, now, budget if budget is not None else Budget())
        try:
            scope.budget.spend(self.compiled.cost)
            value = self.compiled.run(scope)
            return value if type(value) in SIMPLE else result(value, scope.budget)
        except Exception as error:
            raise translated(error) from error.__cause__


def unwrapped(text: str) -> str:
    """Return what is inside of `${...}` or `#{...}`, if the whole text is one; else the text itself."""
    stripped = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if stripped[:2] in ("${", "#{") and stripped.endswith("}"):
        return stripped[2:-1].strip()
    return stripped


@lru_cache(maxsize=2048)
def compile_expression(text: str) -> Expression:
    """Return the expression of a text, with or without `${...}` around it. Compiled once a text and process.

    Refuses with `InvalidExpression`, listing every fault with its line, what is outside the subset.
    """
    measure(text, "eval")
    source = unwrapped(text)
    found = tokens(source)
    if not found:
        raise refuse(1, "表达式为空", "the expression is empty", code="syntax")
    # the brackets let an expression run over several lines; `tokens` has seen that its own brackets are in balance
    rewritten = rewrite(found)
    source = f"({rewritten or source}\n)"
    tree = direct(parse(source, "eval"))
    check(tree, "expression", 1 if rewritten is None else None)
    if not isinstance(tree, ast.Expression):
        raise TypeError(tree)
    compiled = build(tree, source)
    return Expression(text, compiled.names, compiled)


def python_form(text: str) -> str:
    """Return an expression in Python's form, as a script may hold it in brackets. Refuses with `InvalidExpression` as `compile_expression` does."""
    compile_expression(text)
    source = unwrapped(text)
    return rewrite(tokens(source)) or source
