"""Exceptions from the separation of duties at one task: what bars the caller, what she may ask for, and what became of what was asked."""

from typing import Any
from uuid import UUID

from flask import request
from flask_babel import get_locale
from sqlalchemy import Row
from sqlalchemy.orm import Session

from api.pages.duties import barring, company_rules, exception
from api.security import current
from engine import definitions, tasks
from engine.duties import overrides
from engine.errors import DutyConflict
from engine.replay import people
from engine.step import Step
from models.runtime import ProcessInstance


def shown(step: Step, row: Row[Any], *, mine: bool, refused: DutyConflict | None = None) -> dict[str, Any]:
    """Return what the page of an open task says of exceptions.

    `barred` tells whether a rule keeps the caller from deciding; `askable` are the exceptions she may ask for now: those she needs herself, else the one that
    `refused` what she wanted for somebody else; `asked` are those that were asked for by her or for her.
    """
    session = step.session
    instance = session.get_one(ProcessInstance, row.instance_id)
    places = {name: one.name or name for name, one in definitions.get(session, instance.definition_id).model.elements.items()}
    zh = str(get_locale() or "zh").startswith("zh")
    own = [(one.rule, one.person, one.zh if zh else one.en) for one in tasks.barred(step, row.id, by=current())] if mine else []
    wanted = own
    if refused is not None and not own:
        wanted = [(refused.facts["rule"], refused.facts["person"], refused.facts["zh" if zh else "en"])]
    found = overrides.at(session, row.instance_id, row.element, known_to=current().key)
    open_ = {(one.rule, one.person) for one in found if one.state != "refused"}
    company = company_rules(session, {rule for rule, _who, _why in wanted})
    names = people(
        session, {key for one in found for key in (one.person, one.asked_by, one.settled_by) if key} | {who for _rule, who, _why in wanted}
    )
    return {
        "barred": bool(own),
        "askable": [
            {"rule": rule, "person": who, "who": names.get(who), "mine": who == current().key,
             "why": barring(company, rule, row.element, why, places)}
            for rule, who, why in wanted
            if (rule, who) not in open_
        ],
        "asked": [
            exception(session, one, instance.business_key, instance.definition_id, names) | {"mine": one.person == current().key}
            for one in found
        ],
    }  # fmt: skip


def ask(session: Session, instance_id: UUID, element: str) -> None:
    """Ask for the exceptions that a form names, each with the one reason given. Refuses as `engine.duties.overrides.ask` does."""
    for rule, who in zip(request.form.getlist("rule"), request.form.getlist("person"), strict=False):
        overrides.ask(
            session, instance_id, by=current(), rule=rule, person=who, element=element, reason=request.form.get("reason", "")
        )  # fmt: skip
