"""Posts and who holds them; administrators make posts, appoint and dismiss."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.once import once, said
from api.security import needs
from engine.database import transaction
from engine.errors import Duplicate, Fault, InvalidVariables
from engine.organisation import posts as room
from models.identity import LegalEntity

blueprint = Blueprint("posts_page", __name__, url_prefix="/posts")


@blueprint.get("")
@needs("people.read")
def index() -> ResponseReturnValue:
    """Every post with those who hold it now."""
    return page([], 200)


def page(faults: list[Fault], status: int) -> ResponseReturnValue:
    """Render the list, with what was typed when there are faults."""
    with transaction() as session:
        shown = [
            {
                "key": row.key, "name": row.name, "active": row.active,
                "holders": [
                    {"key": one.person.key, "name": one.person.name, "active": one.person.active, "entity": one.legal_entity.name,
                     "entity_key": one.legal_entity.key, "since": one.since}
                    for one in holders
                ],
            }
            for row, holders in room.posts(session)
        ]  # fmt: skip
        entities = session.execute(select(LegalEntity.key, LegalEntity.name).where(LegalEntity.active).order_by(LegalEntity.key)).all()
    return render_template("posts.html", posts=shown, entities=entities, faults=faults, typed=request.form), status


@blueprint.post("")
@needs("people.manage")
def add() -> ResponseReturnValue:
    """Make a post."""

    def work(session: Session) -> str:
        room.add(session, request.form.get("key", ""), request.form.get("name", ""))
        return url_for("posts_page.index")

    return answered(work, _("岗位已添加。"))


@blueprint.post("/<key>/appoint")
@needs("people.manage")
def appoint(key: str) -> ResponseReturnValue:
    """Let a person hold a post."""

    def work(session: Session) -> str:
        room.appoint(session, key, person=request.form.get("person", "").strip(), legal_entity=request.form.get("entity", ""))
        return url_for("posts_page.index")

    return answered(work, _("任职已登记。"))


@blueprint.post("/<key>/dismiss")
@needs("people.manage")
def dismiss(key: str) -> ResponseReturnValue:
    """Let a person hold a post no more."""

    def work(session: Session) -> str:
        room.dismiss(session, key, person=request.form.get("person", ""), legal_entity=request.form.get("entity", ""))
        return url_for("posts_page.index")

    return answered(work, _("任职已结束，任职记录保留。"))


@blueprint.post("/<key>/activate")
@needs("people.manage")
def activate(key: str) -> ResponseReturnValue:
    """Let drawings ask for a post, or not any more."""
    active = request.form.get("active") == "true"

    def work(session: Session) -> str:
        room.set_active(session, key, active)
        return url_for("posts_page.index")

    return answered(work, _("岗位已启用。") if active else _("岗位已停用，流程不再按它找人。"))


def answered(work: object, text: str) -> ResponseReturnValue:
    """Do it once; what was wrong is told above the list."""
    try:
        return said(once(work), text)  # type: ignore[arg-type]
    except InvalidVariables as error:
        return page(error.faults, 422)
    except Duplicate as error:
        return page([Fault(error.code, error.say("zh"), error.say("en"))], 409)
