"""Write sample invoices: `python -m processes.invoice.samples.generate FOLDER [--number N]`.

N (1 by default) goes into the number of every invoice, so that another N gives invoices that are not yet known to an installation.
"""

import argparse
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from processes.invoice.invoice import Invoice, Party, Syntax
from processes.invoice.samples import cii, code, content, einvoice, facturx, ofd, pdf, ubl, xbrl
from processes.invoice.samples.parties import BUYER

ISSUE_DATE = date(2026, 11, 2)
GROSS = Decimal("10600.00")

Made = tuple[Invoice, bytes]
_Maker = Callable[[str, Party, Decimal, date], Made]


def make(
    kind: str,
    *,
    number: str | None = None,
    buyer: tuple[str, str] | None = None,
    gross: Decimal = GROSS,
    issue_date: date = ISSUE_DATE,
) -> tuple[str, bytes]:
    """Return file name and content of one sample; KeyError for a kind that is not in `KINDS`.

    `number` is the whole invoice number (20 digits for 数电票, 8 for the tax-disk kinds), `buyer` is (name, tax id), `gross` has two decimals at
    most and is in yuan, or in euro for ubl, cii and facturx.
    """
    extension = KINDS[kind][0]
    invoice, written = make_with_invoice(kind, number=number, buyer=buyer, gross=gross, issue_date=issue_date)
    return f"{kind}-{re.sub(r'[^A-Za-z0-9]+', '-', invoice.number)}.{extension}", written


def make_with_invoice(
    kind: str,
    *,
    number: str | None = None,
    buyer: tuple[str, str] | None = None,
    gross: Decimal = GROSS,
    issue_date: date = ISSUE_DATE,
) -> Made:
    """Return what the sample says and its bytes."""
    party = BUYER if buyer is None else Party(name=buyer[0], tax_id=buyer[1])
    chosen = number or default_number(kind, 1, issue_date)
    return KINDS[kind][1](chosen, party, gross.quantize(Decimal("0.01")), issue_date)


def default_number(kind: str, running: int, issue_date: date = ISSUE_DATE) -> str:
    """Return a number of the right form; the kinds never share one. 数电票: year, province 33, channel 9, sequence."""
    place = list(KINDS).index(kind)
    if kind in ("ubl", "cii", "facturx"):
        return f"SAMPLE-{issue_date.year}-{place}{running:06d}"
    if kind in ("ofd-tax-disk", "xbrl"):
        return f"{place}{running:07d}"[-8:]
    return f"{issue_date:%y}339{place:02d}{running:013d}"


def main(arguments: list[str] | None = None) -> None:
    """Write one file of every kind into a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--number", type=int, default=1, metavar="N", help="running number inside every invoice number")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        name, written = make(kind, number=default_number(kind, chosen.number))
        (chosen.folder / name).write_bytes(written)
        print(chosen.folder / name)


def _from(says: Callable[[Syntax, str, Party, Decimal, date], Invoice], syntax: Syntax, write: Callable[[Invoice], bytes]) -> _Maker:
    def made(number: str, buyer: Party, gross: Decimal, day: date) -> Made:
        invoice = says(syntax, number, buyer, gross, day)
        return invoice, write(invoice)

    return made


def _red(number: str, buyer: Party, gross: Decimal, day: date) -> Made:
    invoice = content.red(number, buyer, gross, day, blue_number=default_number("einvoice", 1, day))
    return invoice, einvoice.write(invoice)


KINDS: dict[str, tuple[str, _Maker]] = {
    "ubl": ("xml", _from(content.foreign, "ubl", ubl.write)),
    "cii": ("xml", _from(content.foreign, "cii", cii.write)),
    "facturx": ("pdf", _from(content.foreign, "facturx", facturx.write)),
    "einvoice": ("xml", _from(content.domestic, "einvoice", einvoice.write)),
    "einvoice-red": ("xml", _red),
    "ofd": ("ofd", _from(content.domestic, "ofd", ofd.write)),
    "ofd-tax-disk": ("ofd", _from(content.tax_disk, "ofd", ofd.write)),
    "xbrl": ("xml", _from(content.tax_disk, "xbrl", xbrl.write)),
    "pdf": ("pdf", _from(content.domestic, "pdf", pdf.write)),
    "photo": ("png", _from(content.domestic, "image", code.photo)),
}

if __name__ == "__main__":
    main()
