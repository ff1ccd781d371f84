"""Sums over an invoice: what the lines add up to, what is stated, and how far apart the two may be."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from processes.invoice.invoice import Invoice

_TOLERANCE = Decimal("0.01")
_TAX_DISK_TOLERANCE = Decimal("0.06")  # a line: the rounding that old tax-disk software left in honest invoices


@dataclass(frozen=True, slots=True)
class Sum:
    """A computed sum beside the stated one; `near` means wrong by no more than the tax-disk rounding allows."""

    zh: str
    en: str
    computed: Decimal
    stated: Decimal
    tolerance: Decimal

    @property
    def agrees(self) -> bool:
        return agree(self.computed, self.stated)

    @property
    def near(self) -> bool:
        return abs(self.computed - self.stated) <= self.tolerance


def agree(one: Decimal, other: Decimal) -> bool:
    """Return whether two amounts are equal within 0.01, compared at full precision."""
    return abs(one - other) <= _TOLERANCE


def line_sums(invoice: Invoice) -> list[Sum]:
    """Return the sums that can be formed: lines to net (with allowances and charges), and line taxes or VAT breakdown to tax."""
    tolerance = _TAX_DISK_TOLERANCE * len(invoice.lines) if invoice.code else _TOLERANCE
    found = []
    nets = _total(line.net for line in invoice.lines)
    if nets is not None and invoice.net is not None:
        computed = nets - (invoice.document_allowances or 0) + (invoice.document_charges or 0)
        found.append(Sum("金额合计", "net amount", computed, invoice.net, tolerance))
    taxes = (
        _total(subtotal.tax for subtotal in invoice.tax_subtotals) if invoice.tax_subtotals else _total(line.tax for line in invoice.lines)
    )
    if taxes is not None and invoice.tax is not None:
        found.append(Sum("税额合计", "tax amount", taxes, invoice.tax, tolerance))
    return found


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    stated = [amount for amount in amounts if amount is not None]
    return sum(stated, Decimal(0)) if stated else None
