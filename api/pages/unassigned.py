"""A user task for which there was nobody: who must not do it by which rule, the exceptions that were asked for, and who may be named instead."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import problems
from api.pages.duties import barring, exception
from engine import definitions
from engine.duties import overrides
from engine.errors import DutyConflict
from engine.replay import people
from models.runtime import Incident, UserTask


def shown(session: Session, incident: Incident, refused: DutyConflict | None = None) -> dict[str, Any] | None:
    """Return what there is to say and do about an open incident of a user task without people; None of any other.

    `conflicts` are the rules that left nobody, each with the exception that was asked for; `askable` those for which one may be asked now, by person, also
    for somebody else whom an operator wanted (`refused`); `ready` tells that every rule is set aside, so that the task goes to whom it was for; `others` are
    exceptions for others.
    """
    if incident.token is None or incident.resolved_at is not None or not _waits(session, incident.instance_id, incident.token):
        return None
    said = "en" if problems.language() == "en" else "zh"
    case = incident.instance
    places = {name: one.name or name for name, one in definitions.get(session, case.definition_id).model.elements.items()}
    wanted = list(incident.conflicts or ())
    if refused is not None:
        wanted.append({name: str(refused.facts[name]) for name in ("rule", "person", "element", "zh", "en")})
    found = {(one.rule, one.person): one for one in overrides.at(session, incident.instance_id, incident.element or "")}
    keys = {one["person"] for one in wanted} | {key for row in found.values() for key in (row.person, row.asked_by, row.settled_by) if key}
    names = people(session, keys)

    def told(one: dict[str, str]) -> dict[str, Any]:
        row = found.get((one["rule"], one["person"]))
        why = barring(session, one["rule"], one["element"], one[said], places)
        asked = exception(session, row, case.business_key, case.definition_id, names) if row else None
        return {**one, "who": names.get(one["person"]), "why": why, "asked": asked}

    conflicts = [told(one) for one in wanted]
    drawn = conflicts[: len(incident.conflicts or ())]
    named = {(one["rule"], one["person"]) for one in wanted}
    return {
        "conflicts": conflicts,
        "askable": _by_person([one for one in conflicts if one["asked"] is None or one["asked"]["state"] == "refused"]),
        "ready": [one["who"] for one in drawn[:1]] if drawn and all(one["asked"] and one["asked"]["state"] == "approved" for one in drawn) else [],
        "others": [
            {"key": row.person, **exception(session, row, case.business_key, case.definition_id, names)} for key, row in found.items() if key not in named
        ],
    }  # fmt: skip


def _by_person(conflicts: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {person: [one for one in conflicts if one["person"] == person] for person in dict.fromkeys(one["person"] for one in conflicts)}


def _waits(session: Session, instance_id: UUID, token: UUID) -> bool:
    """Tell whether an open task without people stands at a place of a case."""
    found = select(UserTask.id).filter_by(instance_id=instance_id, token=token, state="open", assignee=None)
    return session.execute(found.limit(1)).first() is not None
