"""Invoices in OFD: the invoice XML or XBRL among the attachments, else the tagged texts of the pages (read by ofdkit), with seal and QR code."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import ofdkit  # type: ignore[import-untyped]

from engine.errors import Fault, InvoiceUnreadable
from processes.invoice import limits, seals, values
from processes.invoice.formats import detect, image, qr, tax_disk
from processes.invoice.formats.reading import Reading, missing_fields
from processes.invoice.invoice import Invoice, Kind, Line, Party
from processes.invoice.ofd_package import OfdPackage, open_package
from processes.invoice.refusal import refuse
from processes.invoice.seals import SealReport

_MEDIA = "application/ofd"
_PRINTED = ("net", "tax", "gross", "seller.name", "buyer.name")  # what the tags of the pages may leave out, and approval needs


def read(data: bytes, name: str, trusted: Sequence[bytes] = ()) -> Reading:
    """Return what the OFD says; a ZIP without OFD.xml, a broken one, and invoice data with faults are refused."""
    package = open_package(data, name)
    if package is None:
        refuse("not-ofd", "压缩包不是 OFD 文件，请解压后逐个上传。", "The ZIP is no OFD file; unpack it and upload each file.", file=name)
    seal = seals.check_package(package, trusted)
    found = _from_attachments(package)
    invoice, graph_code, parts = found if found else (_from_tags(package), None, ())
    code = qr.first(_picture_codes(package)) or qr.first([graph_code] if graph_code else [])
    if invoice is None:
        note = Fault("not-an-invoice", "OFD 文件有效，但不含发票数据。", "A sound OFD file, but it holds no invoice data.", file=name)
        return Reading(_MEDIA, "ofd", seal=seal, qr=code, notes=(note, *seal.notes))
    seal = _blame_added(seal, parts)
    missing = () if found else missing_fields(invoice, _PRINTED)
    return Reading(_MEDIA, "ofd", replace(invoice, syntax="ofd"), missing, seal, code, seal.notes)


def _from_attachments(package: OfdPackage) -> tuple[Invoice, str | None, tuple[str, ...]] | None:
    """Return the invoice, the QR text it repeats, and the parts that led to it."""
    for part in package.attachments():
        if not package.parts[part][:64].lstrip(detect.BLANK).startswith(b"<"):
            continue
        root = package.xml(part)
        if detect.is_known(root) and (invoice := detect.read_root(root)) is not None:
            return invoice, root.text("GraphCode"), (part, *_documents(package))
    return None


def _roots(package: OfdPackage) -> Iterator[str]:
    return (root for body in package.bodies() if (root := package.find(body.text("DocRoot"))))


def _documents(package: OfdPackage) -> Iterator[str]:
    """The parts that lead to the attachments."""
    for root in _roots(package):
        yield root
        listing = package.find(package.xml(root).text("Attachments"), root)
        if listing:
            yield listing


def _blame_added(seal: SealReport, parts: tuple[str, ...]) -> SealReport:
    """A part that the data came from and no seal covers was put in after sealing: that is as wrong as a changed one."""
    added = tuple(part for part in parts if part in seal.uncovered and part not in seal.wrong)
    return replace(seal, wrong=seal.wrong + added) if added else seal


def _from_tags(package: OfdPackage) -> Invoice | None:
    pages = sum(1 for root in _roots(package) for _ in package.xml(root).all("Pages/Page"))
    if pages > limits.OFD_PAGES:
        refuse("ofd-too-long", f"OFD 超过 {limits.OFD_PAGES} 页。", f"The OFD has more than {limits.OFD_PAGES} pages.", file=package.file)
    sound, faults = _well_formed(package)
    try:
        found = ofdkit.extract_invoice(sound)
    except Exception as error:  # a third party's reader on a stranger's bytes: whatever it raises, the file is unreadable
        refuse("ofd-broken", f"OFD 内容损坏：{error}", f"The OFD content is broken: {error}", file=package.file)
    if found is None or not found.invoice_number:
        if faults:
            raise InvoiceUnreadable(faults)
        return None
    sink = _Sink(package.file)
    gross = sink.amount(found.total_amount, "TaxInclusiveTotalAmount")
    code = found.invoice_code
    invoice = Invoice(
        syntax="ofd",
        number=found.invoice_number,
        issue_date=sink.day(found.issue_date),
        currency="CNY",
        kind=_kind(found.invoice_type) or tax_disk.kind_of(code),
        code=code,
        net=sink.amount(found.amount_without_tax, "TaxExclusiveTotalAmount"),
        tax=sink.amount(found.tax_amount, "TaxTotalAmount"),
        gross=gross,
        payable=gross,
        seller=_party(found.seller),
        buyer=_party(found.buyer),
        lines=tuple(_line(sink, item, place) for place, item in enumerate(found.items[: limits.INVOICE_LINES], start=1)),
        check_code=(found.check_code or "").replace(" ", "") or None,
        red=gross is not None and gross < 0,
        remarks=found.note,
    )
    if sink.faults:
        raise InvoiceUnreadable(faults + sink.faults)
    return invoice


def _well_formed(package: OfdPackage) -> tuple[bytes, list[Fault]]:
    """Pack only the parts that are sound XML: ofdkit mends broken ones with patterns that long blanks can keep busy for hours."""
    faults: list[Fault] = []
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in package.parts.items():
            if content[:64].lstrip(detect.BLANK).startswith(b"<"):
                try:
                    package.xml(name)
                    archive.writestr(name, content)
                except InvoiceUnreadable as error:
                    faults += error.faults
    return written.getvalue(), faults


def _kind(title: str | None) -> Kind | None:
    return "special" if "专用" in (title or "") else "ordinary" if "普通" in (title or "") else None


def _party(found: ofdkit.Party) -> Party:
    return Party(name=found.name, tax_id=found.tax_id, address=found.address_phone, bank=found.bank_account)


def _line(sink: "_Sink", item: ofdkit.LineItem, place: int) -> Line:
    return Line(
        number=str(place),
        name=item.name,
        specification=item.specification,
        unit=item.unit,
        quantity=sink.printed(item.quantity),
        unit_price=sink.printed(item.unit_price),
        net=sink.printed(item.amount),
        tax_rate=item.tax_rate,
        tax=sink.printed(item.tax_amount),
    )


class _Sink:
    """Reads printed texts; what is wrong in the header is a fault, what is odd in a line is only left out."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def amount(self, text: str | None, field: str) -> Decimal | None:
        try:
            return values.amount(text) if text else None
        except ValueError:
            self.faults.append(
                Fault("not-an-amount", "金额不是数字。", "This is not an amount.", file=self.file, path=field, found=(text or "")[:80])
            )
            return None

    def day(self, text: str | None) -> date:
        try:
            return values.day(text or "")
        except ValueError:
            self.faults.append(
                Fault(
                    "not-a-date",
                    "开票日期缺失或无效。",
                    "The date of issue is missing or wrong.",
                    file=self.file,
                    path="IssueDate",
                    found=text,
                )
            )
            return date.min

    @staticmethod
    def printed(text: str | None) -> Decimal | None:
        try:
            return values.amount(text) if text else None
        except ValueError:
            return None


def _picture_codes(package: OfdPackage) -> Iterator[str]:
    """Yield the texts of the invoice codes in the pictures of the file."""
    pictures = [name for name in package.parts if name.lower().endswith((".png", ".jpg", ".jpeg", ".bmp", ".gif"))]
    for name in pictures[: limits.OFD_IMAGES]:
        try:
            found = image.read_code(package.parts[name])
        except ValueError:
            continue
        if found is not None:
            yield found.text
