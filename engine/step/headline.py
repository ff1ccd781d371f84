"""Title, summary, amount and currency of a case, evaluated at each step; an expression that fails leaves its place empty and stops nothing."""

from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bpmn.model import ProcessModel
from engine.errors import ShenpiError
from engine.execution import Execution
from engine.step.case import Case, Headline

FINEST = Decimal("0.000001")  #: what the column holds


def evaluate_headline(model: ProcessModel, execution: Execution, case: Case) -> Headline:
    """Return the headline and put the title into the case."""
    title = _text(execution, model.title)
    case.title = title or model.name or model.id
    summary = [{"label": label, "value": value} for label, source in model.summary if (value := _text(execution, source)) is not None]
    return Headline(case.title, summary, _amount(execution, model.amount), _text(execution, model.currency))


def _value(execution: Execution, source: str | None) -> Any:
    if not source:
        return None
    try:
        return execution.resolve_text(source)
    except ShenpiError:
        return None


def _text(execution: Execution, source: str | None) -> str | None:
    value = _value(execution, source)
    return None if value is None else str(value)


def _amount(execution: Execution, source: str | None) -> str | None:
    value = _value(execution, source)
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 17:
        return None
    exponent = amount.as_tuple().exponent
    return f"{amount.quantize(FINEST) if isinstance(exponent, int) and exponent < -6 else amount:f}"
