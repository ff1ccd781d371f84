"""How a reader refuses a file: one fault with its place, in both languages."""

from typing import NoReturn

from engine.errors import Fault, InvoiceUnreadable


def refuse(
    code: str, zh: str, en: str, *, file: str | None = None, line: int | None = None, path: str | None = None, found: str | None = None
) -> NoReturn:
    """Raise InvoiceUnreadable with this one fault."""
    raise InvoiceUnreadable([Fault(code, zh, en, file=file, line=line, path=path, found=found)])
