"""A handwritten signature (手写签名): the picture that a pad draws, a PNG of limited size. What is anything else, or empty, is no signature."""

from base64 import b64decode
from binascii import Error
from io import BytesIO
from struct import Struct

from PIL import Image

from engine.errors import Fault, InvalidVariables

MOST_BYTES = 200_000
MOST_WIDTH, MOST_HEIGHT = 2400, 1200
LEAST = 16  #: pixels in either direction
NAME = "手写签名.png"
PNG = b"\x89PNG\r\n\x1a\n"
SIZE = Struct(">II")
HEAD = "data:image/png;base64,"


def decode(text: str) -> bytes:
    """Return the picture that a caller sent as base64, with or without the head that a browser gives it. Refuses with `InvalidVariables` what is none."""
    try:
        return b64decode(text.removeprefix(HEAD), validate=True)
    except (Error, ValueError):
        raise _refused("signature-invalid", "签名不是 base64 的 PNG 图片", "The signature is no PNG in base64") from None


def check(content: bytes) -> None:
    """Refuse with `InvalidVariables` what is no whole PNG, is too large or too small, moves, or has nothing drawn on it."""
    if len(content) > MOST_BYTES:
        raise _refused("signature-size", f"签名图片超过 {MOST_BYTES // 1000} kB", f"The signature is larger than {MOST_BYTES} bytes")
    width, height = SIZE.unpack(content[16:24].ljust(SIZE.size))  # nothing is unpacked before it is known to be small
    if content.startswith(PNG) and not (LEAST <= width <= MOST_WIDTH and LEAST <= height <= MOST_HEIGHT):
        zh, en = (
            f"签名图片须为 {LEAST} 到 {MOST_WIDTH}×{MOST_HEIGHT} 像素",
            f"The signature has {LEAST} to {MOST_WIDTH} x {MOST_HEIGHT} pixels",
        )
        raise _refused("signature-size", zh, en)
    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as picture:
            still = getattr(picture, "n_frames", 1) == 1
            empty = picture.convert("RGBA").getcolors(1) is not None
    except (OSError, ValueError, SyntaxError):
        raise _refused("signature-invalid", "签名不是完整的 PNG 图片", "The signature is no whole PNG") from None
    if not still:
        raise _refused("signature-invalid", "签名不能是动画", "A signature does not move")
    if empty:
        raise _refused("signature-empty", "签名是空白的，请签名", "The signature is empty: sign it")


def _refused(code: str, zh: str, en: str) -> InvalidVariables:
    return InvalidVariables([Fault(code, zh, en, path="signature")])
