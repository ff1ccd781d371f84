"""The archive: items with their codes and checks, and their packages as a download."""

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, current_app
from flask_smorest import Blueprint
from marshmallow import fields
from sqlalchemy import select, tuple_

from api.downloads import named
from api.rest.conventions import Camel, Paging, page_of, route, shown
from engine.database import transaction
from engine.errors import NotFound
from engine.worklist import mark, place
from models.archive import ArchiveItem

blueprint = Blueprint("archive", __name__, url_prefix="/archive-items", description="Archive items and packages")


class PackageView(Camel):
    digest = fields.String()
    files = fields.Integer()
    bytes = fields.Integer()
    sealed_at = fields.AwareDateTime()


class ItemView(Camel):
    id = fields.UUID()
    archival_code = fields.String(attribute="code", allow_none=True)
    title = fields.String()
    state = fields.String()
    retention = fields.String(allow_none=True)
    keep_until = fields.Date(allow_none=True)
    source_instance_id = fields.UUID()
    filing_instance_id = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime()
    package = fields.Nested(PackageView, allow_none=True)


class ItemDetail(ItemView):
    metadata = fields.Dict(attribute="metadata_")
    checks = fields.List(fields.Dict())


class Items(Camel):
    items = fields.List(fields.Nested(ItemView))
    after = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@route("archive.read")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Items)
def index(paging: dict[str, Any]) -> Any:
    """Archive items, newest first."""
    start = place(paging["after"], 2)
    statement = select(ArchiveItem).order_by(ArchiveItem.created_at.desc(), ArchiveItem.id.desc()).limit(paging["limit"] + 1)
    if start:
        statement = statement.where(tuple_(ArchiveItem.created_at, ArchiveItem.id) < tuple_(start[0], UUID(start[1])))
    with transaction() as session:
        rows = session.scalars(statement).all()
        page = rows[: paging["limit"]]
        after = mark(page[-1].created_at, page[-1].id) if len(rows) > paging["limit"] else None
        return page_of(ItemView(many=True).dump(page), after)


@blueprint.route("/<uuid:item_id>", methods=["GET"])
@route("archive.read")
@blueprint.response(200, ItemDetail)
def show(item_id: UUID) -> Any:
    """One item with its metadata and what the four-nature check found."""
    with transaction() as session:
        row = session.get(ArchiveItem, item_id)
        if row is None:
            raise NotFound(kind="archive item")
        return shown(ItemDetail().dump(row))


@blueprint.route("/<uuid:item_id>/package", methods=["GET"])
@route("archive.read")
def package(item_id: UUID) -> Response:
    """The sealed package as a ZIP of its BagIt folder."""
    with transaction() as session:
        row = session.get(ArchiveItem, item_id)
        if row is None or row.package is None:
            raise NotFound(kind="archive package")
        folder = Path(current_app.config["SETTINGS"].archive_folder) / row.package.path
        name = (row.code or str(row.id)).replace("·", "_")
    return named(Response(zipped(folder), mimetype="application/zip"), f"{name}.zip")


def zipped(folder: Path) -> bytes:
    """Return a folder as ZIP, uncompressed, so that any tool opens it; `NotFound` when it is gone from the disk."""
    if not folder.is_dir():
        raise NotFound(kind="archive package")
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, Path(folder.name) / path.relative_to(folder))
    return memory.getvalue()
