"""Evaluating what a drawing says, as seen from a token, at the recorded time and within the budget of the step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.model import Mapping as Handed
from engine.bpmn.model import Value
from engine.execution.token import Token
from engine.execution.values import clean
from engine.language import Budget, compile_expression, compile_script, compile_template


class Evaluating:
    """What an execution can evaluate."""

    now: datetime
    budget: Budget

    def test(self, text: str, variables: Mapping[str, Any]) -> bool:
        """Return whether a condition is true."""
        return bool(compile_expression(text).evaluate(variables, now=self.now, budget=self.budget))

    def run_script(self, script: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a script assigns."""
        return compile_script(script).run(variables, now=self.now, budget=self.budget)

    def value_of(self, text: str, token: Token) -> Any:
        """Return the value of a text with `${...}` as seen from a token; a text without is itself."""
        return compile_template(text).evaluate(token.variables(), now=self.now, budget=self.budget)

    def text(self, text: str, token: Token) -> str:
        """Return a name or code."""
        if "{" not in text:
            return text
        return str(self.value_of(text, token))

    def value(self, source: str, token: Token) -> Any:
        """Return the value of a variable's name or an expression."""
        return compile_expression(source).evaluate(token.variables(), now=self.now, budget=self.budget)

    def give(self, token: Token, value: Value) -> Any:
        """Return what a parameter is given."""
        if value.kind == "list":
            return [self.give(token, item) for _, item in value.items]
        if value.kind == "map":
            return {key: self.give(token, item) for key, item in value.items}
        if value.kind == "script":
            return clean(self.run_script(value.text, token.variables()).get("result"))
        return clean(self.value_of(value.text, token))

    def map(self, mapping: Handed, token: Token) -> dict[str, Any]:
        """Return the variables that one mapping hands over."""
        variables = token.variables()
        if mapping.all:
            variables = token.data if mapping.local else variables
            return {name: clean(variables[name]) for name in variables if name not in ("decisions", "outcome")}
        target = mapping.target or mapping.source or ""
        if mapping.expression is not None:
            return {target: clean(self.value(mapping.expression, token))}
        return {target: clean(variables.get(mapping.source or ""))}
