"""What an input entry asks of a value: equal, ordered, between, any or none of several.

A test answers True, False, or None where a null leaves the question open; only True lets a rule match (DMN 1.3, chapter 10, three-valued logic).
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from engine.dmn.kinds import kind
from engine.errors import ExecutionFailed
from engine.language import Budget, Expression
from engine.language.values import NUMBERS

SIGNS: dict[str, Callable[[Any, Any], Any]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a test may look at beside the value of its own column."""

    variables: Mapping[str, Any]
    now: datetime
    budget: Budget
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any

    def get(self, facts: Facts) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Local:
    """A date and time without a zone: it is in that of the case."""

    value: datetime

    def get(self, facts: Facts) -> Any:
        return self.value.replace(tzinfo=facts.zone)


@dataclass(frozen=True, slots=True)
class Computed:
    expression: Expression

    def get(self, facts: Facts) -> Any:
        return self.expression.evaluate(facts.variables, now=facts.now, budget=facts.budget)


Operand = Constant | Local | Computed


@dataclass(frozen=True, slots=True)
class Anything:
    def matches(self, value: Any, facts: Facts) -> bool | None:
        return True


@dataclass(frozen=True, slots=True)
class Equal:
    operand: Operand

    def matches(self, value: Any, facts: Facts) -> bool | None:
        wanted = self.operand.get(facts)
        if type(wanted) is list:
            return any(alike(value, one) for one in wanted)
        return alike(value, wanted)


@dataclass(frozen=True, slots=True)
class Ordered:
    sign: str
    operand: Operand

    def matches(self, value: Any, facts: Facts) -> bool | None:
        return compare(value, self.sign, self.operand.get(facts))


@dataclass(frozen=True, slots=True)
class Between:
    low: Ordered
    high: Ordered

    def matches(self, value: Any, facts: Facts) -> bool | None:
        above, below = self.low.matches(value, facts), self.high.matches(value, facts)
        return False if above is False or below is False else None if above is None or below is None else True


@dataclass(frozen=True, slots=True)
class AnyOf:
    tests: tuple["Test", ...]

    def matches(self, value: Any, facts: Facts) -> bool | None:
        unknown = False
        for test in self.tests:
            found = test.matches(value, facts)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False


@dataclass(frozen=True, slots=True)
class NoneOf:
    tests: AnyOf

    def matches(self, value: Any, facts: Facts) -> bool | None:
        found = self.tests.matches(value, facts)
        return None if found is None else not found


Test = Anything | Equal | Ordered | Between | AnyOf | NoneOf


def alike(value: Any, wanted: Any) -> bool:
    return kind(value) == kind(wanted) and bool(value == wanted)


def compare(value: Any, sign: str, bound: Any) -> bool | None:
    """Return whether a value lies on the right side of a bound; None if one of them is null. Refuses different kinds with `ExecutionFailed`."""
    if type(value) in NUMBERS and type(bound) in NUMBERS:
        return bool(SIGNS[sign](value, bound))
    if value is None or bound is None:
        return None
    if kind(value) != kind(bound) or kind(value) not in ("number", "string", "date", "dateTime"):
        zh, en = f"{kind(value)} 与 {kind(bound)} 不能比较大小", f"{kind(value)} and {kind(bound)} have no order"
        raise ExecutionFailed(element="", reason=f"{zh} / {en}")
    return bool(SIGNS[sign](value, bound))
