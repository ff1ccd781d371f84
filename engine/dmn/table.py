"""A decision table: which rules match, and what comes of them under its hit policy (DMN 1.3, 8.2.8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from engine.dmn.kinds import convert
from engine.dmn.unary import Computed, Facts, Operand, Test
from engine.errors import ExecutionFailed
from engine.language import Budget
from engine.language.values import ARITHMETIC, NUMBERS


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is looked at."""

    id: str
    label: str
    expression: Computed
    kind: str | None


@dataclass(frozen=True, slots=True)
class Output:
    """A column that is given. `default` is what it gives when no rule matches."""

    name: str
    label: str
    kind: str | None
    default: Operand | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    tests: tuple[Test, ...]
    entries: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a table said, and the ids of the rules that said it, in the order of the table."""

    rules: tuple[str, ...]
    results: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision table. `hit_policy` is one of U F A R C, C# C+ C< C>. Safe to share between threads."""

    id: str
    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...] = field(repr=False)
    hit_policy: str = "U"

    def decide(self, variables: Mapping[str, Any], *, now: datetime, budget: Budget | None = None, zone: tzinfo = UTC) -> Verdict:
        """Return the verdict on these variables. Dates and times without a zone are in `zone`.

        Refuses with `ExecutionFailed` (facts `reason`, `decision`, perhaps `rules` or `column`) values that do not fit their column, a second matching
        rule under U, different outputs under A, and an aggregation over what is no number.
        """
        facts = Facts(variables, now, budget if budget is not None else Budget(), zone)
        try:
            values = [convert(column.expression.get(facts), column.kind, column.label, facts.zone) for column in self.inputs]
            matched = self.matching(values, facts)
            results = [self.result(rule.entries, facts) for rule in matched]
            return self.settled(matched, results, facts)
        except ExecutionFailed as error:
            error.facts.setdefault("decision", self.id)
            raise

    def matching(self, values: list[Any], facts: Facts) -> list[Rule]:
        found: list[Rule] = []
        for rule in self.rules:
            facts.budget.spend(1 + len(values))
            if all(test.matches(value, facts) for test, value in zip(rule.tests, values, strict=True)):
                found.append(rule)
                if self.hit_policy == "F":
                    break
        return found

    def result(self, entries: tuple[Operand, ...], facts: Facts) -> dict[str, Any]:
        return {
            output.name: convert(entry.get(facts), output.kind, output.label, facts.zone)
            for output, entry in zip(self.outputs, entries, strict=True)
        }

    def settled(self, matched: list[Rule], results: list[dict[str, Any]], facts: Facts) -> Verdict:
        rules = tuple(rule.id for rule in matched)
        if not matched and any(output.default for output in self.outputs):
            return Verdict((), [{output.name: output.default.get(facts) if output.default else None for output in self.outputs}])
        if self.hit_policy == "U" and len(matched) > 1:
            raise conflict("规则重叠", "rules overlap in a table where only one may match", rules)
        if self.hit_policy == "A" and results:
            if any(result != results[0] for result in results):
                raise conflict("匹配的规则结论不同", "matching rules disagree", rules)
            return Verdict(rules, results[:1])
        if len(self.hit_policy) > 1:
            return Verdict(rules, self.aggregated([result[self.outputs[0].name] for result in results]))
        return Verdict(rules, results)

    def aggregated(self, values: list[Any]) -> list[dict[str, Any]]:
        """Return the one result of C#, C+, C< or C>; a count of nothing is 0, the others of nothing are nothing."""
        if self.hit_policy == "C#":
            return [{self.outputs[0].name: len(values)}]
        if not values:
            return []
        if any(type(value) not in NUMBERS for value in values):
            raise conflict("只能对数字汇总", "only numbers can be aggregated", ())
        if self.hit_policy == "C+":
            total: Any = 0
            for value in values:
                total = total + value if type(total) is int and type(value) is int else ARITHMETIC.add(total, value)
            return [{self.outputs[0].name: total}]
        return [{self.outputs[0].name: min(values) if self.hit_policy == "C<" else max(values)}]


def conflict(zh: str, en: str, rules: tuple[str, ...]) -> ExecutionFailed:
    named = f" ({', '.join(rules)})" if rules else ""
    return ExecutionFailed(element="", reason=f"{zh} / {en}{named}", rules=list(rules))
