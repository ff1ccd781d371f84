"""The authority matrix: up to what amount who may approve; administrators add, change and end its rules."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.listing import text
from api.pages.once import once, said
from api.security import current, needs
from engine.database import transaction
from engine.errors import Fault, InvalidVariables, NotFound
from engine.organisation import authority as room
from engine.replay import people
from models.identity import Department, Group, LegalEntity, Person
from models.organisation import AuthorityRule, Post

blueprint = Blueprint("authority_page", __name__, url_prefix="/authority")
FIELDS = ("legal_entity", "department", "expense_class", "currency", "up_to", "position")
KINDS = {"person": Person, "post": Post, "group": Group}


@blueprint.get("")
@needs("authority.read")
def index() -> ResponseReturnValue:
    """The rules that hold; with `ended=true` those that do not hold any more."""
    return page([], 200)


def page(faults: list[Fault], status: int, changed: UUID | None = None) -> ResponseReturnValue:
    """Render the matrix and its form: empty, with a rule to change, or with what was typed when there are faults."""
    ended = text("ended") == "true"
    with transaction() as session:
        rows = room.rules(session, ended=ended)
        row = session.get(AuthorityRule, changed) if changed else None
        if changed and (row is None or row.ended_at is not None):
            raise NotFound(kind="authority rule")
        names = named(session)
        by = people(session, {key for one in rows for key in (one.made_by, one.ended_by) if key})
        shown = [described(one, names) | {"by": by.get(one.ended_by or one.made_by)} for one in rows]
        value: Any = request.form if faults else form_of(row) if row else {"currency": "CNY"}
    return render_template(
        "authority.html", rules=shown, ended=ended, faults=faults, value=value, changed=changed, names=names,
    ), status  # fmt: skip


def named(session: Session) -> dict[str, dict[str, str]]:
    """Return what a rule may name, by kind: the active ones by key."""
    tables: dict[str, Any] = {"legal_entity": LegalEntity, "department": Department, **KINDS}
    return {
        kind: {row.key: row.name for row in session.execute(select(table.key, table.name).where(table.active).order_by(table.key))}
        for kind, table in tables.items()
    }


def described(row: AuthorityRule, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return a rule with names instead of keys; whose name is gone keeps its key."""
    return {
        "id": row.id, "entity": names["legal_entity"].get(row.legal_entity or "", row.legal_entity), "currency": row.currency, "up_to": row.up_to,
        "department": names["department"].get(row.department or "", row.department), "expense_class": row.expense_class, "kind": row.approver_kind,
        "approver": names[row.approver_kind].get(row.approver, row.approver), "gone": row.approver not in names[row.approver_kind],
        "position": row.position, "made_at": row.made_at, "ended_at": row.ended_at,
    }  # fmt: skip


def form_of(row: AuthorityRule) -> dict[str, Any]:
    """Return a rule as the form holds it."""
    values = {name: getattr(row, name) for name in FIELDS}
    values["up_to"] = None if row.up_to is None else room.written(row.up_to)
    return {**values, "approver": f"{row.approver_kind}:{row.approver}"}


@blueprint.get("/<uuid:rule_id>")
@needs("authority.manage")
def show(rule_id: UUID) -> ResponseReturnValue:
    """The matrix with one rule to change."""
    return page([], 200, rule_id)


@blueprint.post("")
@needs("authority.manage")
def add() -> ResponseReturnValue:
    """Make a rule."""

    def work(session: Session) -> str:
        room.add(session, typed(), by=current().key)
        return url_for("authority_page.index")

    try:
        return said(once(work), _("规则已添加，之后产生的待办按它找人。"))
    except InvalidVariables as error:
        return page(error.faults, 422)


@blueprint.post("/<uuid:rule_id>")
@needs("authority.manage")
def change(rule_id: UUID) -> ResponseReturnValue:
    """Put another rule in the place of one, which is kept as ended."""

    def work(session: Session) -> str:
        room.replace(session, rule_id, typed(), by=current().key)
        return url_for("authority_page.index")

    try:
        return said(once(work), _("规则已更改，原来的规则保留在“已停用”里。"))
    except InvalidVariables as error:
        return page(error.faults, 422, rule_id)


@blueprint.post("/<uuid:rule_id>/end")
@needs("authority.manage")
def end(rule_id: UUID) -> ResponseReturnValue:
    """Let a rule count no more."""

    def work(session: Session) -> str:
        room.end(session, rule_id, by=current().key)
        return url_for("authority_page.index")

    return said(once(work), _("规则已停用，之后产生的待办不再按它找人。"))


def typed() -> dict[str, Any]:
    """Return what was typed, with the approver's kind apart."""
    kind, _colon, approver = request.form.get("approver", "").partition(":")
    return {name: request.form.get(name, "") for name in FIELDS} | {"approver_kind": kind or "person", "approver": approver}
