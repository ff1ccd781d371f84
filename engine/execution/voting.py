"""The result of a vote: of the decisions so far and of nothing else, so that votes never travel through the variables of branches."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.bpmn.policies import Vote

APPROVE, REJECT, RETURN = "approve", "reject", "return"


def result(
    vote: Vote, decisions: Sequence[Mapping[str, Any]], count: int, weights: Mapping[str, Decimal], seats: Sequence[str | None] = ()
) -> str | None:
    """Return the outcome of a vote of `count` people, None while those who have not decided can still change it.

    Whoever gives another outcome than approve, reject and return has abstained. A return ends the vote; so does a rejection with a veto. By weight, a vote
    counts what stands at the key of whom the drawing asked (`seats`), whoever decides in her place; else at that of who decided, or whom she stands in for.
    """
    outcomes = [decision["outcome"] for decision in decisions]
    if RETURN in outcomes:
        return RETURN
    if vote.veto and REJECT in outcomes:
        return REJECT
    if vote.rule == "any":
        return next((outcome for outcome in outcomes if outcome in (APPROVE, REJECT)), None if len(outcomes) < count else REJECT)
    if vote.rule == "all":
        if REJECT in outcomes:
            return REJECT
        return APPROVE if len(outcomes) == count else None
    asked = [*seats, *[None] * (len(decisions) - len(seats))]
    heads = [
        _weight(decision, weights, seat) if vote.rule == "weight" else Decimal(1) for decision, seat in zip(decisions, asked, strict=True)
    ]
    total = sum(weights.values(), Decimal(0)) if vote.rule == "weight" else Decimal(count)
    approved = sum((head for head, outcome in zip(heads, outcomes, strict=True) if outcome == APPROVE), Decimal(0))
    against = sum(heads, Decimal(0)) - approved
    needed = vote.least() * total
    if approved >= needed:
        return APPROVE
    if total - against < needed or len(outcomes) == count:
        return REJECT
    return None


def _weight(decision: Mapping[str, Any], weights: Mapping[str, Decimal], seat: str | None) -> Decimal:
    return weights[seat] if seat is not None and seat in weights else weights.get(decision.get("onBehalfOf") or decision["by"], Decimal(0))
