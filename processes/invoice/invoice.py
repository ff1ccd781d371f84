"""What an invoice says, the same for every carrier it can arrive in.

Amounts are `Decimal` in the invoice currency, dates are the issuer's local calendar day. A field that the carrier does not state is None (or empty),
never a guess. The key of an invoice (`Invoice.identity`) follows the duplicate keys (a), (b) and (d) of the approval rules.
"""

import re
import types
import typing
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Self

from engine.errors import Fault, InvoiceUnreadable

Syntax = Literal["ubl", "cii", "facturx", "einvoice", "ofd", "xbrl", "pdf", "image", "typed"]
Kind = Literal["special", "ordinary", "toll", "rail", "air"]

_DIGITAL_NUMBER = re.compile(r"[0-9]{20}")  # 数电票: year, province, channel, sequence
_CODE = re.compile(r"[0-9]{10}|[0-9]{12}")  # 发票代码 of the old tax-disk invoices


class _Json:
    """Gives a frozen dataclass a JSON form: camelCase names, amounts as strings, dates as ISO 8601, sets as sorted lists."""

    def as_json(self) -> dict[str, Any]:
        """Return every field; `from_json` gives back an equal object."""
        return {_camel(field.name): _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the object that `as_json` wrote; a value of the wrong shape is refused with InvoiceUnreadable naming its path."""
        built: Self = _build(cls, value, "")
        return built


@dataclass(frozen=True, slots=True)
class Party(_Json):
    """A buyer or seller. `tax_id` is 统一社会信用代码 or a VAT id; `endpoint` is the electronic address or, without one, the party's own identifier."""

    name: str | None = None
    tax_id: str | None = None
    address: str | None = None
    phone: str | None = None
    bank: str | None = None
    account: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Line(_Json):
    """One line; `tax_rate` is the text as written (`0.06`, `6%`, `免税`, `***`), `tax` is None where lines carry no tax (EN 16931)."""

    number: str
    name: str | None = None
    specification: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    net: Decimal | None = None
    tax_rate: str | None = None
    tax: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TaxSubtotal(_Json):
    """One group of the VAT breakdown; `rate` is in percent."""

    category: str | None = None
    rate: Decimal | None = None
    base: Decimal | None = None
    tax: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(_Json):
    """An invoice as read; number and date are always there, everything else only where the carrier (or a person, see `typed_fields`) states it.

    `type_code` is UNTDID 1001 (380, 381, 389, ...) and only EN 16931 invoices have one; `kind` is the Chinese kind. `levies` is what the gross
    holds beside net and tax (air development fund). `red` is true for 红字 invoices, credit notes and negative totals.
    """

    syntax: Syntax
    number: str
    issue_date: date
    currency: str
    type_code: str | None = None
    kind: Kind | None = None
    code: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    levies: Decimal | None = None
    gross: Decimal | None = None
    payable: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    document_allowances: Decimal | None = None
    document_charges: Decimal | None = None
    seller: Party = Party()
    buyer: Party = Party()
    lines: tuple[Line, ...] = ()
    tax_subtotals: tuple[TaxSubtotal, ...] = ()
    amount_in_words: str | None = None
    check_code: str | None = None
    red: bool = False
    original_number: str | None = None
    order_reference: str | None = None
    remarks: str | None = None
    typed_fields: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """The key that stays the same in every carrier and syntax of this invoice.

        `cn:<20 digits>` for 数电票, `cn-old:<code>:<number>` for tax-disk invoices, else `intl:<seller>:<year>:<type>:<number>` where the seller
        is the VAT id, or the endpoint, or the name. All parts are NFKC, upper case and without blanks; the number comes last, so that no part
        can run into the next.
        """
        number = _key(self.number)
        code = _key(self.code or "")
        if _DIGITAL_NUMBER.fullmatch(number) and self.currency == "CNY":
            return f"cn:{number}"
        if _CODE.fullmatch(code):
            return f"cn-old:{code}:{number}"
        return f"intl:{self._seller_key()}:{self.issue_date.year}:{_letters(self.type_code or '380')}:{number}"

    def _seller_key(self) -> str:
        for mark, text in (("", self.seller.tax_id), ("@", self.seller.endpoint), ("=", self.seller.name)):
            if text and (letters := _letters(text)):
                return mark + letters
        return "?"

    @property
    def chinese(self) -> bool:
        """True for invoices of the Chinese tax system, whose amounts in words, tax ids and seals are checked by Chinese rules."""
        return self.identity.startswith("cn")


def normalised_name(text: str) -> str:
    """Return a party name with one width of letters and brackets, upper case, and no blanks."""
    return _key(text)


def normalised_id(text: str) -> str:
    """Return a tax id, VAT id or endpoint as letters and digits only, upper case."""
    return _letters(text)


def _key(text: str) -> str:
    # Capitals can be compatibility characters, and letters can close up where a blank stood: keying once more must change nothing.
    keyed = "".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper()).split())
    return keyed if keyed == text else _key(keyed)


def _letters(text: str) -> str:
    return "".join(character for character in _key(text) if character.isalnum())


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, _Json):
        return value.as_json()
    return value


def _build(kind: Any, value: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _build(arguments[0], value, path)
    if origin is Literal:
        return value if value in arguments else _misfit(path, " | ".join(arguments), value)
    if origin in (tuple, frozenset):
        if not isinstance(value, list | tuple):
            _misfit(path, "list", value)
        return origin(_build(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    if is_dataclass(kind):
        return _build_object(kind, value, path)
    if kind in (Decimal, date):
        return _build_text(kind, value, path)
    return value if type(value) is kind else _misfit(path, kind.__name__, value)


def _build_object(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        _misfit(path, "object", value)
    hints = typing.get_type_hints(kind)
    given = {}
    for field in fields(kind):
        name = _camel(field.name)
        if name in value:
            given[field.name] = _build(hints[field.name], value[name], f"{path}.{name}".lstrip("."))
    try:
        return kind(**given)
    except TypeError:
        return _misfit(path, "every required field", sorted(value))


def _build_text(kind: Any, value: Any, path: str) -> Any:
    try:
        made = Decimal(value) if kind is Decimal and isinstance(value, str) else date.fromisoformat(value)
    except (InvalidOperation, ValueError, TypeError):
        return _misfit(path, kind.__name__, value)
    return made if isinstance(made, date) or made.is_finite() else _misfit(path, "finite amount", value)


def _misfit(path: str, expected: str, found: object) -> typing.NoReturn:
    fault = Fault(
        "wrong-value", "内容格式不符。", "The value does not have the right form.", path=path, expected=expected, found=repr(found)[:80]
    )
    raise InvoiceUnreadable([fault])
