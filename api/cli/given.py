"""What `shenpi demo` submits: a sample of ours, or a file of a stranger with what a person reads off it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from engine.errors import InvoiceUnreadable
from processes.invoice import formats, typed
from processes.invoice.formats import Reading
from processes.invoice.invoice import Invoice
from processes.invoice.samples.generate import KINDS, make, make_with_invoice

PRINTS = ("pdf", "photo")  #: kinds of samples whose fields a person types, and whose original comes later


@dataclass(frozen=True, slots=True)
class Given:
    """A file, what is typed for it, and the electronic original that follows a print before it can be filed."""

    name: str
    data: bytes
    fields: Mapping[str, str] = field(default_factory=dict)
    original: tuple[str, bytes] | None = None
    buyer: Invoice | None = None  #: whose buyer is to be made a legal entity first


def sample(kind: str, number: str) -> Given:
    """Return a fresh sample; a print comes with the generator's values and its original."""
    name, data = make(kind, number=number)
    if kind not in PRINTS:
        return Given(name, data)
    reading = formats.read(data, name)
    invoice, _ = make_with_invoice(kind, number=number)
    return Given(name, data, asked(reading, invoice), make("einvoice", number=number))


def from_file(path: Path, fields: Mapping[str, str], original: Path | None) -> Given:
    """Return a file with the fields given. A print of our own needs none; of a stranger's, those that are needed and not given are named."""
    data = path.read_bytes()
    try:
        reading = formats.read(data, path.name)
        own = None if fields or not reading.missing else recognised(reading, data)
        if own is not None:
            number, gross, day = own.number, own.gross, own.issue_date
            assert gross is not None
            return Given(path.name, data, asked(reading, own), make("einvoice", number=number, gross=gross, issue_date=day), own)
        invoice = typed.complete(reading.invoice, fields, reading.syntax) if fields else reading.invoice
    except InvoiceUnreadable as error:
        raise click.ClickException("; ".join(str(fault) for fault in error.faults)) from error
    if reading.missing and not fields:
        flags = " ".join(f"--field {name}=..." for name in reading.missing)
        raise click.ClickException(f"{path.name} 需要手工填写 / needs what it does not say: {flags}")
    if invoice is None:
        raise click.ClickException("; ".join(str(note) for note in reading.notes) or f"{path.name}: 不是发票 / no invoice")
    if not invoice.buyer.name:
        raise click.ClickException(f"{path.name}: 没有购买方信息 / the file names no buyer: --field buyer.name=...")
    return Given(path.name, data, fields, (original.name, original.read_bytes()) if original else None, invoice)


def recognised(reading: Reading, data: bytes) -> Invoice | None:
    """Return what a sample of ours says, known by its bytes; None for a stranger's file."""
    code = reading.invoice
    if code is None or code.gross is None:
        return None
    for kind in PRINTS:
        invoice, written = make_with_invoice(kind, number=code.number, gross=code.gross, issue_date=code.issue_date)
        if written == data:
            return invoice
    return None


def asked(reading: Reading, invoice: Invoice) -> dict[str, str]:
    """Return what a person types of an invoice: what the file does not say itself."""
    said = typed.texts(invoice)
    return {name: said[name] for name in reading.missing if name in said}


def field_of(text: str) -> tuple[str, str]:
    """Return name and value of `--field NAME=VALUE`; a usage error names the fields there are."""
    name, sign, value = text.partition("=")
    if not sign or name not in typed.FIELDS:
        raise click.BadParameter(f"{text!r}: NAME=VALUE, NAME one of {', '.join(typed.FIELDS)}", param_hint="--field")
    return name, value


__all__ = ["KINDS", "Given", "field_of", "from_file", "sample"]
