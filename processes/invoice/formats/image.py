"""Photos and scans: only the QR code is read; everything else a person types, and the electronic or paper original must still come."""

import io

from PIL import Image

from engine.errors import Fault
from processes.invoice import limits
from processes.invoice.formats import qr
from processes.invoice.formats.qr import QR
from processes.invoice.formats.reading import Reading, missing_fields
from processes.invoice.refusal import refuse


def read(data: bytes, name: str, media_type: str) -> Reading:
    """Return what the QR code tells, if there is one; a broken or too large picture is refused."""
    try:
        code = read_code(data)
    except ValueError as error:
        refuse("image-broken", f"图片无法读取：{error}", f"The picture cannot be read: {error}", file=name)
    invoice = code.as_invoice("image") if code else None
    return Reading(media_type, "image", invoice, missing_fields(invoice), qr=code, notes=code_notes(code, name), original=False)


def read_code(data: bytes) -> QR | None:
    """Return the invoice code in a picture; ValueError when it is no picture or larger than the limit."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > limits.IMAGE_PIXELS:
                raise ValueError(f"more than {limits.IMAGE_PIXELS} pixels")
            picture.thumbnail((limits.IMAGE_SIDE, limits.IMAGE_SIDE))
            return qr.find(picture)
    except Exception as error:  # every decoder of Pillow raises its own errors on a stranger's bytes
        raise ValueError(str(error)[:200] or type(error).__name__) from error


def code_notes(code: QR | None, file: str) -> tuple[Fault, ...]:
    """Return the notes that tell a person what was not found or does not fit."""
    if code is None:
        return (
            Fault(
                "no-invoice-data",
                "未找到电子数据或二维码，请手工填写。",
                "No invoice data and no invoice code were found; please type them.",
                file=file,
            ),
        )
    if not code.crc_right:
        return (
            Fault(
                "qr-crc-wrong",
                "二维码校验位不符，可能被改动或误读。",
                "The check of the code is wrong: it was altered or misread.",
                file=file,
                found=code.crc,
            ),
        )
    return ()
