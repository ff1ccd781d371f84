"""The QR code on Chinese invoices: `01,<type>,<code>,<number>,<amount>,<yyyymmdd>,<check code>,<crc>[,]`.

The last field is CRC-16/BUYPASS (polynomial 0x8005, initial value 0, nothing reflected, no final xor) as four hex digits over all text up to and
including the comma before it. The amount is the net one on old tax-disk invoices and the gross one on 数电票 (types 31 and 32) and on travel receipts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import zxingcpp
from PIL import Image

from processes.invoice.invoice import Invoice, Kind, Syntax

# Types seen: 01 04 08 10 11 14 on old invoices, 31 32 on 数电票, 51 rail, 61 air.
_KINDS: dict[str, Kind] = {
    "01": "special", "08": "special", "31": "special", "04": "ordinary", "10": "ordinary", "11": "ordinary", "32": "ordinary",
    "14": "toll", "51": "rail", "61": "air",
}  # fmt: skip
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_AMOUNT = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class QR:
    """A read code; `crc_right` False means that it was altered or misread. Fields that are empty or of the wrong form are None."""

    text: str
    type_code: str
    code: str | None
    number: str | None
    amount: Decimal | None
    issue_date: date | None
    check_code: str | None
    crc: str
    crc_right: bool

    @property
    def amount_is(self) -> Literal["net", "gross"]:
        """Which amount of the invoice the code repeats."""
        return "net" if self.code else "gross"

    @property
    def kind(self) -> Kind | None:
        return _KINDS.get(self.type_code)

    def as_invoice(self, syntax: Syntax) -> Invoice | None:
        """Return what the code tells of the invoice, or None when it names no number and date."""
        if self.number is None or self.issue_date is None:
            return None
        amounts = {self.amount_is: self.amount, "payable": self.amount if self.amount_is == "gross" else None}
        return Invoice(
            syntax=syntax,
            number=self.number,
            issue_date=self.issue_date,
            currency="CNY",
            kind=self.kind,
            code=self.code,
            check_code=self.check_code,
            red=self.amount is not None and self.amount < 0,
            **amounts,  # type: ignore[arg-type]
        )


def crc16(text: str) -> str:
    """Return CRC-16/BUYPASS of the UTF-8 text as four upper-case hex digits."""
    crc = 0
    for byte in text.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x8005 if crc & 0x8000 else crc << 1) & 0xFFFF
    return f"{crc:04X}"


def parse(text: str) -> QR | None:
    """Return the code of an invoice, or None when the text is some other code."""
    fields = text.strip().rstrip(",").split(",")
    if len(text) > 400 or len(fields) != 8 or fields[0] != "01":
        return None
    _, type_code, code, number, amount, day, check_code, crc = (field.strip() for field in fields)
    covered = text.strip().rstrip(",").rpartition(",")[0] + ","
    return QR(
        text=text.strip(),
        type_code=type_code,
        code=code if re.fullmatch(r"[0-9]{10,12}", code) else None,
        number=number if re.fullmatch(r"[0-9]{1,20}", number) else None,
        amount=Decimal(amount) if _AMOUNT.fullmatch(amount) else None,
        issue_date=_day(day),
        check_code=check_code or None,
        crc=crc,
        crc_right=crc16(covered) == crc.upper(),
    )


def find(image: Image.Image) -> QR | None:
    """Return the first invoice code in a picture."""
    return first(code.text for code in zxingcpp.read_barcodes(_flat(image), formats=_FORMATS))


def first(texts: Iterable[str]) -> QR | None:
    """Return the first of the texts that is the code of an invoice."""
    return next((found for text in texts if (found := parse(text)) is not None), None)


def _flat(image: Image.Image) -> Image.Image:
    """Grey on white: a transparent background would be read as black."""
    if image.mode in ("RGBA", "LA", "PA", "P"):
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("L")
    return image.convert("L")


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
