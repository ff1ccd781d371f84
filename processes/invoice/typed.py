"""What a person types because the carrier does not say it: a photo, a PDF print, a sheet of paper."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.errors import Fault, InvoiceUnreadable
from processes.invoice import values
from processes.invoice.formats.reading import TYPED_FIELDS
from processes.invoice.invoice import Invoice, Party, Syntax

_REQUIRED = ("number", "issueDate", "currency", "gross")
_AMOUNTS = ("net", "tax", "gross")
_LONGEST = 200
_OPTIONAL = ("code", "typeCode", "checkCode", "amountInWords", "orderReference", "remarks")

FIELDS = TYPED_FIELDS + _OPTIONAL


def complete(partial: Invoice | None, typed: Mapping[str, str], syntax: Syntax = "typed") -> Invoice:
    """Return the invoice with the typed fields (JSON paths, see `FIELDS`) added and named in `typed_fields`.

    Empty texts count as not typed. Refused with InvoiceUnreadable, all faults at once: an unknown field, a field that the carrier itself states
    otherwise, amounts and dates of the wrong form, and a missing number, date, currency or gross amount.
    """
    given = {name: " ".join(text.split()) for name, text in typed.items() if text.strip()}
    faults = [_fault(name, "unknown-field", "没有这个字段。", "There is no such field.") for name in given if name not in FIELDS]
    made = {name: _value(name, text, faults) for name, text in given.items() if name in FIELDS}
    known = {} if partial is None else {name: found for name in FIELDS if (found := _stated(partial, name)) is not None}
    for name in made.keys() & known.keys():
        if made[name] != known[name]:
            faults.append(
                _fault(name, "contradicts-carrier", f"与票面数据 {known[name]} 不一致。", f"The carrier itself says {known[name]}.")
            )
    for name in _REQUIRED:
        if name not in made and name not in known:
            faults.append(_fault(name, "field-missing", "必填。", "This is needed."))
    if faults:
        raise InvoiceUnreadable(faults)
    return _merged(partial, {name: value for name, value in made.items() if name not in known}, syntax)


def texts(invoice: Invoice) -> dict[str, str]:
    """Return what an invoice says under each field, as a person would type it."""
    found = {name: _stated(invoice, name) for name in FIELDS}
    return {name: format(value, "f") if name in _AMOUNTS else str(value) for name, value in found.items() if value is not None}


def _merged(partial: Invoice | None, made: Mapping[str, Any], syntax: Syntax) -> Invoice:
    fields = {_SNAKE.get(name, name): value for name, value in made.items() if "." not in name}
    if partial is None:
        partial = Invoice(syntax=syntax, number=fields["number"], issue_date=fields["issue_date"], currency=fields["currency"])
    fields |= {side: _party(getattr(partial, side), side, made) for side in ("seller", "buyer")}
    gross = fields.get("gross", partial.gross)
    fields |= {"payable": gross if partial.payable is None else partial.payable, "red": partial.red or (gross is not None and gross < 0)}
    return replace(partial, **fields, typed_fields=partial.typed_fields | frozenset(made))


_SNAKE = {
    "issueDate": "issue_date",
    "typeCode": "type_code",
    "checkCode": "check_code",
    "amountInWords": "amount_in_words",
    "orderReference": "order_reference",
}


def _party(party: Party, side: str, made: Mapping[str, Any]) -> Party:
    return replace(party, name=made.get(f"{side}.name", party.name), tax_id=made.get(f"{side}.taxId", party.tax_id))


def _stated(invoice: Invoice, name: str) -> Any:
    side, _, rest = name.partition(".")
    if rest:
        party: Party = getattr(invoice, side)
        return party.name if rest == "name" else party.tax_id
    return getattr(invoice, _SNAKE.get(name, name))


def _value(name: str, text: str, faults: list[Fault]) -> Any:
    if len(text) > _LONGEST:
        faults.append(_fault(name, "too-long", f"超过 {_LONGEST} 个字符。", f"More than {_LONGEST} characters."))
        return text
    try:
        if name in _AMOUNTS:
            amount = values.amount(text)
            if amount is None:
                raise ValueError(text)
            return amount
        if name == "currency" and not re.fullmatch("[A-Za-z]{3}", text):
            raise ValueError(text)
        return values.day(text) if name == "issueDate" else text.upper() if name == "currency" else text
    except ValueError:
        faults.append(_fault(name, "wrong-value", "格式不正确。", "This does not have the right form."))
        return None


def _fault(name: str, code: str, zh: str, en: str) -> Fault:
    return Fault(code, zh, en, path=name)
