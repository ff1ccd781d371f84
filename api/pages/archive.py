"""The archive: items with their codes and retention, what the four-nature check found, metadata, and the sealed package."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from api.downloads import named
from api.pages.listing import next_url, rows_only, text
from api.pages.words.cases import ITEMS
from api.rest.archive import zipped
from api.security import current, needs
from engine.database import transaction
from engine.errors import NotFound
from engine.permissions import may_read_instance
from engine.worklist import like, mark, place
from models.archive import ArchiveItem
from models.invoice import Invoice
from models.runtime import ProcessInstance
from processes.archive.metadata import LABELS
from processes.archive.retention import TERMS

blueprint = Blueprint("archive_page", __name__, url_prefix="/archive")
PAGE = 30
NATURES = {"真实性": "Authenticity", "完整性": "Integrity", "可用性": "Usability", "安全性": "Security"}


@blueprint.get("")
@needs("archive.read")
def index() -> ResponseReturnValue:
    """Items, newest first, searched by code, title and state."""
    wanted, state = text("q"), text("state")
    start = place(text("after", 500) or None, 2)
    statement = select(ArchiveItem).order_by(ArchiveItem.created_at.desc(), ArchiveItem.id.desc()).limit(PAGE + 1)
    if wanted:
        statement = statement.where(or_(ArchiveItem.title.ilike(like(wanted)), ArchiveItem.code.ilike(like(wanted))))
    if state in ITEMS:
        statement = statement.where(ArchiveItem.state == state)
    if start:
        statement = statement.where(tuple_(ArchiveItem.created_at, ArchiveItem.id) < tuple_(start[0], UUID(start[1])))
    with transaction() as session:
        rows = session.scalars(statement).all()
        shown = [summary(row) for row in rows[:PAGE]]
        after = mark(rows[PAGE - 1].created_at, rows[PAGE - 1].id) if len(rows) > PAGE else None
        counts = {row[0]: row[1] for row in session.execute(select(ArchiveItem.state, func.count()).group_by(ArchiveItem.state))}
    more = next_url("archive_page.index", after)
    return render_template(
        "archive_rows.html" if rows_only() else "archive.html", items=shown, q=wanted, state=state, counts=counts, more=more
    )


def summary(row: ArchiveItem) -> dict[str, Any]:
    """Return an item as a list shows it."""
    return {
        "id": row.id, "title": row.title, "code": row.code, "state": row.state, "retention": row.retention, "keep_until": row.keep_until,
        "created_at": row.created_at, "business_key": row.request.get("businessKey"), "years": TERMS.get(row.retention or ""),
        "failed": sum(check["severity"] in ("block", "warn") for check in as_findings(row.checks)),
    }  # fmt: skip


def as_findings(checks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results of the four-nature check in the form in which findings are shown."""
    kinds = {"ok": "ok", "not-checked": "info"}
    return [
        {
            "rule": check.get("code", ""), "severity": kinds.get(check.get("result", ""), check.get("level", "warn")), "zh": check.get("zh", ""),
            "en": check.get("en", ""), "evidence": check.get("evidence") or [], "nature": check.get("nature", ""),
        }
        for check in checks
    ]  # fmt: skip


def by_nature(findings: list[dict[str, Any]]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the findings of each nature, with its name in both languages."""
    names = list(dict.fromkeys([*NATURES, *(finding["nature"] for finding in findings)]))
    grouped = [(name, NATURES.get(name, name), [finding for finding in findings if finding["nature"] == name]) for name in names]
    return [group for group in grouped if group[2]]


@blueprint.get("/<uuid:item_id>")
@needs("archive.read")
def show(item_id: UUID) -> ResponseReturnValue:
    """One item with everything that is known of it."""
    with transaction() as session:
        row = get(session, item_id)
        item = summary(row)
        package = row.package
        shown = {
            "natures": by_nature(as_findings(row.checks)),
            "metadata": described(row.metadata_),
            "documents": row.metadata_.get("documents") or row.request.get("documents", []),
            "agents": [agent | {"actedAt": datetime.fromisoformat(agent["actedAt"])} for agent in row.metadata_.get("agents") or []],
            "package": {"digest": package.digest, "files": package.files, "bytes": package.bytes, "sealed_at": package.sealed_at} if package else None,
            "cases": [case for case in (reference(session, row.source_instance_id), reference(session, row.filing_instance_id)) if case],
            "invoice_id": row.source_id if row.source_kind == "invoice" and session.get(Invoice, row.source_id) is not None else None,
        }  # fmt: skip
    return render_template("archive_item.html", item=item, **shown)


def get(session: Session, item_id: UUID) -> ArchiveItem:
    """Return an item; `NotFound` when there is none."""
    row = session.get(ArchiveItem, item_id)
    if row is None:
        raise NotFound(kind="archive item")
    return row


def described(metadata: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return name, Chinese label and text of everything that is one text, in the order of the standard."""
    names = [name for name in LABELS if name in metadata] + [name for name in metadata if name not in LABELS]
    texts = [(name, metadata[name]) for name in names]
    return [(name, LABELS.get(name, name), str(value)) for name, value in texts if isinstance(value, str | int) and value != ""]


def reference(session: Session, instance_id: UUID | None) -> dict[str, Any] | None:
    """Return a case to lead to, if it is the caller's to know."""
    row = session.get(ProcessInstance, instance_id) if instance_id else None
    if row is None:
        return None
    known = may_read_instance(session, current(), row.id)
    return {
        "id": row.id if known else None,
        "key": row.business_key,
        "status": row.status,
        "outcome": row.outcome,
        "name": row.definition.name,
    }


@blueprint.get("/<uuid:item_id>/package")
@needs("archive.read")
def package(item_id: UUID) -> Response:
    """The sealed package as a ZIP of its BagIt folder."""
    with transaction() as session:
        row = get(session, item_id)
        if row.package is None:
            raise NotFound(kind="archive package")
        folder = Path(current_app.config["SETTINGS"].archive_folder) / row.package.path
        name = (row.code or str(row.id)).replace("·", "_")
    return named(Response(zipped(folder), mimetype="application/zip"), f"{name}.zip")
