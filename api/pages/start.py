"""Beginning a case by its start form; processes that begin with a subject of their own (an invoice) have a page of their own."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from api.pages import filling
from api.pages.once import once
from api.security import current, needs
from engine import definitions, instances
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Conflict, DefinitionSuspended, Fault, InvalidVariables, NotFound, NotPermitted
from engine.instances import beginning, may_begin

blueprint = Blueprint("start", __name__, url_prefix="/processes")


@blueprint.get("/<uuid:definition_id>/start")
@needs("instance.start")
def form(definition_id: UUID) -> ResponseReturnValue:
    """The start form of a process, or only a button when it has none."""
    return page(definition_id)


@blueprint.post("/<uuid:definition_id>/start")
@needs("instance.start")
def begin(definition_id: UUID) -> ResponseReturnValue:
    """Begin a case; what was filled in stays when it does not fit."""
    found: filling.Filling | None = None

    def work(session: Session) -> str:
        assert found is not None
        step = instances.submit(session, definition_id, by=current(), values=found.values)
        return url_for("case.show", instance_id=step.case.id)

    try:
        with transaction() as session:
            element = beginning(permitted(session, definition_id).model)
            newest = definitions.latest(session, definitions.get(session, definition_id).key).id
        found = filling.read(element, None)
        if newest != definition_id:
            zh, en = "流程刚刚更新，请核对后再提交一次", "The process has a newer version; look again and send it once more"
            return page(newest, found, [Fault("definition-newer", zh, en)], 409)
        return page(definition_id, found) if found.more else once(work)
    except InvalidVariables as error:
        return page(definition_id, found, error.faults, 422)
    except (Conflict, DefinitionSuspended) as error:
        return page(definition_id, found, [Fault(error.code, error.say("zh"), error.say("en"))], 409)


def permitted(session: Session, definition_id: UUID) -> definitions.Definition:
    """Return a process that the caller may begin; `NotFound` for one that begins by events only, `NotPermitted` for one that is for others."""
    found = definitions.get(session, definition_id)
    if beginning(found.model) is None:
        raise NotFound(kind="process definition")
    if not may_begin(current(), found.model):
        raise NotPermitted(permission="instance.start")
    return found


def page(
    definition_id: UUID, found: filling.Filling | None = None, faults: list[Fault] | None = None, status: int = 200
) -> ResponseReturnValue:
    """Render the form as it is filled in so far."""
    with transaction() as session:
        definition = permitted(session, definition_id)
        element = beginning(definition.model)
        url = url_for("definitions.start_form", definition_id=definition_id)
        shown: dict[str, Any] = filling.shown(session, element, {}, found, url)
        return render_template(
            "start.html",
            process=definition,
            about=element.documentation if element else None,
            fields=element.form if element else (),
            filling=shown,
            typed=request.form,
            faults=faults or [],
            now=read_clock(session),
        ), status


def offered(session: Session) -> list[definitions.Definition]:
    """Return the processes that the caller may begin here."""
    return instances.startable(session, current())
