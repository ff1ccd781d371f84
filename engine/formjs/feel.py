"""Conditions of forms: the part of FEEL that forms use, evaluated as the viewer in the browser evaluates it.

What FEEL calls null decides here: a missing name is null, so is a comparison with it, and the viewer hides what is true or null. The language of drawings
refuses such things, so its evaluator would see another form than the person did; syntax and three-valued logic are FEEL's (DMN 1.3, 10.3), and where the
viewer's own evaluator (feelin) differs from the standard, it is followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.formjs.syntax import Node, Reader, refused
from engine.formjs.values import FUNCTIONS, both, calculate, compare, equal, in_range, item, member

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression; `names` are the top-level names it may read."""

    text: str
    names: frozenset[str]
    tree: Node = field(repr=False, compare=False)

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """Return the value for these names; null for what FEEL gives none. Never raises."""
        return value_of(self.tree, names)

    def holds(self, names: Mapping[str, Any]) -> bool:
        """Tell whether it holds as a condition of the viewer, which reads it as a unary test of nothing: what is null holds, too."""
        tree, negated = self.tree, False
        while tree[:2] == ("call", "not"):
            tree, negated = tree[2], not negated
        value = value_of(tree, names)
        return (value is True or value is None) is not negated


@lru_cache(maxsize=2048)
def compile_condition(text: str) -> Condition:
    """Return the condition of a text that begins with `=`. Refuses with `InvalidExpression` what is outside of the subset."""
    if len(text) > LONGEST:
        raise refused(f"更长于 {LONGEST} 字", f"it is longer than {LONGEST} characters")
    reader = Reader(text.removeprefix("="))
    tree = reader.expression(0)
    if reader.tokens:
        raise reader.unexpected()
    return Condition(text, frozenset(reader.names), tree)


def value_of(node: Node, names: Mapping[str, Any]) -> Any:
    """Return the value of a piece of syntax; the depth is bounded by the reader's."""
    kind = node[0]
    if kind == "value":
        return node[1]
    if kind == "name":
        return names.get(node[1])
    if kind == "if":
        return value_of(node[2] if value_of(node[1], names) is True else node[3], names)
    if kind == "list":
        return [value_of(each, names) for each in node[1:]]
    if kind == "member":
        return member(value_of(node[1], names), node[2])
    if kind == "call":
        return FUNCTIONS[node[1]][1]([value_of(each, names) for each in node[2:]])
    if kind == "compare":
        return compare(node[1], value_of(node[2], names), value_of(node[3], names))
    left, right = value_of(node[1], names), value_of(node[2], names)
    if kind in ("and", "or"):
        return both(left, right, kind == "or")
    if kind == "range":
        return in_range(left, right, value_of(node[3], names))
    if kind == "within":
        return both(compare(">=", left, right), compare("<=", left, value_of(node[3], names)), False)
    if kind == "in":
        return any(equal(left, each) is True for each in right)
    if kind == "item":
        return item(left, right)
    return calculate(kind, left, right)
