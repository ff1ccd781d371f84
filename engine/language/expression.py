"""Expressions: conditions, assignees, due dates, cells. They read variables and change nothing."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.errors import InvalidExpression
from engine.language.budget import Budget
from engine.language.compiled import Compiled, build
from engine.language.context import CONVERTS, direct
from engine.language.juel import rewrite
from engine.language.lexer import refuse, tokens
from engine.language.running import measure, parse, translated
from engine.language.scope import Scope
from engine.language.script import compile_script
from engine.language.subset import check
from engine.language.values import SIMPLE, failure, kind, result

MARKS = ("${", "#{")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `names` are the variables it may read. Safe to share between threads.

    One that was written as `${...}` `converts` what it computes with, as JUEL does; one that `asks` wants to know what its `execution` is known by.
    """

    text: str
    names: frozenset[str]
    compiled: Compiled = field(repr=False, compare=False)
    converts: bool = False
    asks: bool = False

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

    def test(self, variables: Mapping[str, Any], *, now: datetime, budget: Budget | None = None) -> bool:
        """Return whether a condition is true. One written as `${...}` must give a boolean or its text; else it fails as `evaluate` does."""
        value = self.evaluate(variables, now=now, budget=budget)
        if type(value) is bool:
            return value
        if not self.converts:
            return bool(value)
        if type(value) is str and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise failure(f"条件的结果应为布尔值，得到 {kind(value)}", f"the condition gives a {kind(value)}, not a boolean")


def is_wrapped(text: str) -> bool:
    """Say whether the whole of a text is one `${...}` or `#{...}`."""
    stripped = text.strip()
    return stripped[:2] in MARKS and stripped.endswith("}")


def unwrapped(text: str) -> str:
    """Return what is inside of `${...}` or `#{...}`, if the whole text is one; else the text itself."""
    stripped = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if is_wrapped(stripped):
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
    converts = is_wrapped(text)
    compiled = build(tree, source, converts)
    return Expression(text, compiled.names, compiled, converts, "execution" in compiled.names)


def python_form(text: str) -> str:
    """Return an expression in Python's form, as a script may hold it in brackets, with the meaning it has by itself.

    Refuses with `InvalidExpression` as `compile_expression` does.
    """
    compile_expression(text)
    source = unwrapped(text)
    found = rewrite(tokens(source)) or source
    return f"{CONVERTS}({found}\n)" if is_wrapped(text) else found


def statement_form(text: str) -> str | None:
    """Return an expression that only sets a variable of its execution as a statement of a script, None if it is any other."""
    source = unwrapped(text)
    try:
        measure(text, "eval")
        found = f"{CONVERTS}({rewrite(tokens(source)) or source}\n)"
        return found if compile_script(found).assigned else None
    except InvalidExpression:
        return None
