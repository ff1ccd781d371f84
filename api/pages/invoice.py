"""One invoice: its facts, its files, pictures of them, and what the checks found."""

from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import rendering
from api.downloads import named
from api.pages import document
from api.rest.invoices import readable
from api.security import current, needs
from engine.database import transaction
from engine.errors import NotFound
from engine.permissions import may_read_instance
from models.file import StoredFile
from models.invoice import Carrier
from models.runtime import ProcessInstance

blueprint = Blueprint("invoice", __name__, url_prefix="/invoices")
#: a picture belongs to a digest, so it never changes; only the person's own browser keeps it
KEPT = "private, max-age=31536000, immutable"


@blueprint.get("/<uuid:invoice_id>")
@needs("invoice.read")
def show(invoice_id: UUID) -> ResponseReturnValue:
    """The invoice as it was read, beside the files that carry it."""
    with transaction() as session:
        row = readable(session, current(), invoice_id)
        invoice = document.view(session, row)
        case = session.get(ProcessInstance, row.case_id) if row.case_id else None
        known = case is not None and may_read_instance(session, current(), case.id)
        reference = {"id": case.id, "key": case.business_key, "status": case.status, "outcome": case.outcome} if case and known else None
    return render_template("invoice.html", invoice=invoice, case=reference)


@blueprint.get("/<uuid:invoice_id>/files/<string:sha256>")
@needs("invoice.read")
def original(invoice_id: UUID, sha256: str) -> Response:
    """The bytes as they were uploaded, always as a download."""
    content, media_type, name = stored(invoice_id, sha256)
    response = Response(content, mimetype=media_type)
    named(response, name)
    return sealed_off(response)


@blueprint.get("/<uuid:invoice_id>/files/<string:sha256>/picture")
@needs("invoice.read")
def picture(invoice_id: UUID, sha256: str) -> Response:
    """A photo as it was uploaded, to be looked at."""
    content, media_type, _ = stored(invoice_id, sha256)
    if media_type not in rendering.PICTURES:
        raise NotFound(kind="picture")
    return kept(content, media_type, sha256)


@blueprint.get("/<uuid:invoice_id>/files/<string:sha256>/pages/<int:number>.png")
@needs("invoice.read")
def page(invoice_id: UUID, sha256: str, number: int) -> Response:
    """One page of a PDF as a picture."""
    content, media_type, _ = stored(invoice_id, sha256)
    if media_type != "application/pdf":
        raise NotFound(kind="page")
    if request.if_none_match.contains(f"{sha256}-{number}"):
        return kept(b"", "image/png", f"{sha256}-{number}")
    return kept(rendering.page_png(content, number), "image/png", f"{sha256}-{number}")


def stored(invoice_id: UUID, sha256: str) -> tuple[bytes, str, str]:
    """Return bytes, type and name of a file of an invoice that is the caller's to know; `NotFound` otherwise."""
    with transaction() as session:
        readable(session, current(), invoice_id)
        return load(session, invoice_id, sha256)


def load(session: Session, invoice_id: UUID, sha256: str) -> tuple[bytes, str, str]:
    """Return bytes, type and name of a file of an invoice; `NotFound` when it is not among its files."""
    found = session.execute(
        select(StoredFile.content, StoredFile.media_type, Carrier.name)
        .join(Carrier, Carrier.sha256 == StoredFile.sha256)
        .where(Carrier.invoice_id == invoice_id, Carrier.sha256 == sha256)
    ).one_or_none()
    if found is None:
        raise NotFound(kind="file")
    return bytes(found.content), found.media_type, found.name


def kept(content: bytes, media_type: str, tag: str) -> Response:
    """Return a picture that the person's browser may keep."""
    response = make_response(content)
    response.mimetype = media_type
    response.set_etag(tag)
    response.headers["Cache-Control"] = KEPT
    response.make_conditional(request)
    return sealed_off(response)


def sealed_off(response: Response) -> Response:
    """Let nothing in an uploaded file act as a page of ours."""
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
