"""Pictures of stored PDF pages for people to look at beside the data. Nothing of an uploaded file is ever sent to a browser as a page of ours."""

import io
import math

import pypdfium2  # type: ignore[import-untyped]

from engine.errors import NotFound
from processes.invoice.formats.pdf import PDFIUM

PAGES = 20  #: shown of one file; the download has all of them
PIXELS = 3_000_000  #: of one picture
SCALE = 2.0  #: 144 dots an inch, sharp on a phone
#: what a browser may be given as it is
PICTURES = ("image/png", "image/jpeg")


def count_pages(data: bytes) -> int:
    """Return how many pages of a PDF can be shown; 0 for one that cannot be opened."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError:
            return 0
        try:
            return min(len(document), PAGES)
        finally:
            document.close()


def page_png(data: bytes, number: int) -> bytes:
    """Return page `number` (from 1) of a PDF as PNG of at most `PIXELS`; `NotFound` for a page that is not there or cannot be drawn."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise NotFound(kind="page") from error
        try:
            if not 1 <= number <= min(len(document), PAGES):
                raise NotFound(kind="page")
            page = document[number - 1]
            width, height = page.get_size()
            if not (width > 0 and height > 0):
                raise NotFound(kind="page")
            picture = page.render(scale=min(SCALE, math.sqrt(PIXELS / (width * height)))).to_pil()
        except (pypdfium2.PdfiumError, ValueError, MemoryError) as error:
            raise NotFound(kind="page") from error
        finally:
            document.close()
    memory = io.BytesIO()
    picture.save(memory, "PNG", optimize=False)
    return memory.getvalue()
