"""Evaluating what a drawing says, as seen from a token, at the recorded time and within the budget of the step."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.model import Mapping as Handed
from engine.bpmn.model import Value
from engine.errors import VariableMissing
from engine.execution.operations import Operations
from engine.execution.token import Token
from engine.execution.values import clean
from engine.language import Budget, compile_expression, compile_script, compile_template

SKIPPING = ("_FLOWABLE_SKIP_EXPRESSION_ENABLED", "_ACTIVITI_SKIP_EXPRESSION_ENABLED")


class Evaluating:
    """What an execution can evaluate."""

    now: datetime
    budget: Budget
    operations: Operations

    def test(self, text: str, token: Token, variables: Mapping[str, Any] | None = None) -> bool:
        """Return whether a condition is true as seen from a token; `variables` are those seen from there, if they are known already."""
        expression = compile_expression(text)
        seen = token.variables() if variables is None else variables
        return expression.test(self.knowing(token, seen) if expression.asks else seen, now=self.now, budget=self.budget)

    def look(self, text: str, token: Token) -> bool:
        """Return whether a condition that is waited for is true; one about a variable that nobody has set is not, yet."""
        try:
            return self.test(text, token)
        except VariableMissing:
            return False

    def skips(self, text: str, token: Token) -> bool:
        """Return whether something is passed over: only in a case that says by its variables that it is looked at (Flowable's rule)."""
        variables = token.variables()
        return any(variables.get(name) in (True, "true") for name in SKIPPING) and self.test(text, token, variables)

    def run_script(self, script: str, token: Token) -> dict[str, Any]:
        """Return what a script assigns."""
        found, seen = compile_script(script), token.variables()
        return found.run(self.knowing(token, seen) if found.asks else seen, now=self.now, budget=self.budget)

    def value_of(self, text: str, token: Token) -> Any:
        """Return the value of a text with `${...}` as seen from a token; a text without is itself."""
        found, seen = compile_template(text), token.variables()
        return found.evaluate(self.knowing(token, seen) if found.asks else seen, now=self.now, budget=self.budget)

    def text(self, text: str, token: Token) -> str:
        """Return a name or code."""
        if "{" not in text:
            return text
        return str(self.value_of(text, token))

    def value(self, source: str, token: Token) -> Any:
        """Return the value of a variable's name or an expression."""
        found, seen = compile_expression(source), token.variables()
        return found.evaluate(self.knowing(token, seen) if found.asks else seen, now=self.now, budget=self.budget)

    def knowing(self, token: Token, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return variables beside what `execution` is known by at a token."""
        case = self.operations.known()
        one = token
        while one.scope is not None and not one.node.is_root:
            one = one.scope
        key = one.internal_data.get("businessKey", case["businessKey"])  # a called process may have been given one of its own
        known = {
            "processInstanceId": case["id"],
            "processBusinessKey": key,
            "businessKey": key,
            "currentActivityId": token.node.element.id,
        }
        return ChainMap({"execution": known}, variables)  # type: ignore[arg-type]  # nothing is written into it

    def give(self, token: Token, value: Value) -> Any:
        """Return what a parameter is given."""
        if value.kind == "list":
            return [self.give(token, item) for _, item in value.items]
        if value.kind == "map":
            return {key: self.give(token, item) for key, item in value.items}
        if value.kind == "script":
            return clean(self.run_script(value.text, token).get("result"))
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
