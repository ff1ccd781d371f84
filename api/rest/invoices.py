"""Invoices: upload, list, show."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import fields
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from api import problems
from api.downloads import named
from api.idempotency import once
from api.rest.conventions import Camel, Paging, multipart, page_of, route, shown
from api.security import current
from engine.database import transaction
from engine.errors import NotFound
from engine.permissions import Actor, allows, may_read_instance
from engine.worklist import mark, place
from models.file import StoredFile
from models.invoice import Carrier, Invoice
from processes.invoice.intake import submit

blueprint = Blueprint("invoices", __name__, url_prefix="/invoices", description="Invoices")

STATUS = {
    "new": 201,
    "again": 201,
    "corrected": 200,
    "attached": 200,
    "exists": 200,
    "contradicts": 409,
    "incomplete": 422,
    "tampered": 422,
    "unreadable": 422,
    "not-an-invoice": 422,
}


class CarrierView(Camel):
    sha256 = fields.String()
    name = fields.String()
    role = fields.String()
    syntax = fields.String()
    created_at = fields.AwareDateTime()


class ChangeView(Camel):
    at = fields.AwareDateTime()
    why = fields.String()
    by = fields.String()
    sha256 = fields.String()
    case_id = fields.UUID(allow_none=True)
    differences = fields.List(fields.Dict())


class InvoiceView(Camel):
    id = fields.UUID()
    number = fields.String()
    seller_name = fields.String(allow_none=True)
    buyer_name = fields.String(allow_none=True)
    issue_date = fields.Date(allow_none=True)
    currency = fields.String()
    gross = fields.Decimal(as_string=True, allow_none=True)
    case_id = fields.UUID(allow_none=True)
    original_missing = fields.Boolean()
    created_at = fields.AwareDateTime()


class InvoiceDetail(InvoiceView):
    content = fields.Dict()
    findings = fields.List(fields.Dict())
    carriers = fields.List(fields.Nested(CarrierView))
    changes = fields.List(fields.Nested(ChangeView))


class Invoices(Camel):
    items = fields.List(fields.Nested(InvoiceView))
    after = fields.String(allow_none=True)


@blueprint.route("", methods=["POST"])
@route("invoice.upload", files=True)
@blueprint.doc(requestBody=multipart("file"))
@blueprint.response(201)
def upload() -> Response:
    """Take in one file, with fields a person typed where the file does not say them.

    201 for a new case, 200 when the invoice is known (the file is attached, was there, or corrected what was typed), 409 when it contradicts what is
    kept, with both values in `faults`, 422 with the reason otherwise.
    """
    file = request.files.get("file")
    if request.mimetype != "multipart/form-data" or file is None:
        return problems.problem(415, "unsupported-media-type", "Send one file as multipart/form-data under the name file")
    data, name = file.stream.read(), (file.filename or "unnamed").replace("\\", "/").rsplit("/", 1)[-1]
    file.stream.seek(0)
    typed = {key: value for key, value in request.form.items() if key not in ("csrf_token", "idempotency_key") and value.strip()}
    largest: int = current_app.config["SETTINGS"].max_upload
    if len(data) > largest:
        return problems.problem(413, "too-large", f"A file has at most {largest} bytes")

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        found = submit(session, name, data, by=current(), fields=typed)
        headers = {"Location": f"/api/v1/invoices/{found.invoice_id}"} if found.invoice_id else {}
        body = found.as_json()
        status = STATUS[found.result]
        if status >= 400:
            detail = found.faults[0].zh if found.faults else found.result
            body |= {
                "type": f"/problems/invoice-{found.result}",
                "title": found.result,
                "status": status,
                "code": f"invoice-{found.result}",
                "detail": detail,
            }
        return body, status, headers

    return once(work)


@blueprint.route("", methods=["GET"])
@route("invoice.read")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Invoices)
def index(paging: dict[str, Any]) -> Any:
    """Invoices, newest first: all for finance, archivists, auditors and administrators, one's own for everybody else."""
    start = place(paging["after"], 2)
    statement = select(Invoice).order_by(Invoice.created_at.desc(), Invoice.id.desc()).limit(paging["limit"] + 1)
    if not allows(current(), "invoice.read_all"):
        statement = statement.where(Invoice.submitted_by == current().key)
    if start:
        statement = statement.where(tuple_(Invoice.created_at, Invoice.id) < tuple_(start[0], UUID(start[1])))
    with transaction() as session:
        rows = session.scalars(statement).all()
        page = rows[: paging["limit"]]
        after = mark(page[-1].created_at, page[-1].id) if len(rows) > paging["limit"] else None
        return page_of(InvoiceView(many=True).dump(page), after)


def readable(session: Session, actor: Actor, invoice_id: UUID) -> Invoice:
    """Return an invoice that is an actor's to know: hers, of a case of hers, or all are by her role; `NotFound` otherwise."""
    row = session.get(Invoice, invoice_id)
    if row is None:
        raise NotFound(kind="invoice")
    own = row.submitted_by == actor.key or allows(actor, "invoice.read_all")
    if not own and not (row.case_id and may_read_instance(session, actor, row.case_id)):
        raise NotFound(kind="invoice")
    return row


@blueprint.route("/<uuid:invoice_id>", methods=["GET"])
@route("invoice.read")
@blueprint.response(200, InvoiceDetail)
def show(invoice_id: UUID) -> Any:
    """One invoice as it is kept, with what the checks found, the files that carry it, and what was kept before."""
    with transaction() as session:
        row = readable(session, current(), invoice_id)
        return shown(InvoiceDetail().dump(row))


@blueprint.route("/<uuid:invoice_id>/files/<string:sha256>", methods=["GET"])
@route("invoice.read")
def original(invoice_id: UUID, sha256: str) -> Response:
    """The bytes of one file as they were uploaded; always a download, never shown as a page of ours."""
    with transaction() as session:
        readable(session, current(), invoice_id)
        carrier = session.scalars(select(Carrier).filter_by(invoice_id=invoice_id, sha256=sha256)).first()
        if carrier is None:
            raise NotFound(kind="file")
        file = session.get_one(StoredFile, sha256)
        content, media_type, name = file.content, file.media_type, carrier.name
    response = Response(content, mimetype=media_type)
    named(response, name)
    response.headers["Content-Security-Policy"] = "sandbox"
    return response
