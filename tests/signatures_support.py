"""Pictures that are, or are not, handwritten signatures."""

from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw


def picture(width: int = 600, height: int = 200, *, drawn: bool = True, kind: str = "PNG", **more: Any) -> bytes:
    """Return what a pad would send."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    if drawn:
        ImageDraw.Draw(image).line([(2, 2), (width // 2, height - 3), (width - 3, 3)], fill=(22, 32, 46, 255), width=4)
    out = BytesIO()
    (image if kind == "PNG" else image.convert("RGB")).save(out, kind, **more)
    return out.getvalue()


def moving() -> bytes:
    """Return a PNG with two frames."""
    second = Image.new("RGBA", (600, 200), (9, 9, 9, 255))
    return picture(save_all=True, append_images=[second])


def as_base64(content: bytes) -> str:
    return b64encode(content).decode()


def as_address(content: bytes) -> str:
    """Return a picture as a browser's canvas does."""
    return f"data:image/png;base64,{as_base64(content)}"
