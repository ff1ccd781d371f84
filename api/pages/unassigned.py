"""A user task for which there was nobody: who must not do it by which rule, the exceptions that were asked for, and who may be named instead."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from api import problems
from api.pages.duties import barring, company_rules, exception
from engine import definitions
from engine.duties import overrides
from engine.errors import DutyConflict
from engine.replay import people
from models.duties import DutyOverride, DutyRule
from models.runtime import Incident, UserTask


def shown(
    session: Session, incidents: Iterable[Incident], typed: UUID | None = None, refused: DutyConflict | None = None
) -> dict[UUID, dict[str, Any]]:
    """Return what there is to say and do about the open incidents of user tasks without people, by their ids; others are left out.

    `conflicts` are the rules that left nobody, each with the exception that was asked for; `askable` those for which one may be asked now, by person, also
    for somebody else whom an operator wanted at the incident `typed` (`refused`); `ready` tells that every rule is set aside, so that the task goes to whom
    it was for; `others` are exceptions for others. What is asked of the database does not grow with how many they are.
    """
    rows = _waiting(session, [row for row in incidents if row.token is not None and row.resolved_at is None])
    wanted = {row.id: list(row.conflicts or ()) for row in rows}
    if refused is not None and typed in wanted:
        wanted[typed].append({name: str(refused.facts[name]) for name in ("rule", "person", "element", "zh", "en")})
    barred = [one for each in wanted.values() for one in each]
    found = overrides.at_places(session, {(row.instance_id, row.element or "") for row in rows})
    asked = [one for each in found.values() for one in each]
    keys = {one["person"] for one in barred} | {key for one in asked for key in (one.person, one.asked_by, one.settled_by) if key}
    names = people(session, keys) if keys else {}
    company = company_rules(session, {one["rule"] for one in barred})
    return {row.id: _one(session, row, wanted[row.id], found.get((row.instance_id, row.element or ""), []), names, company) for row in rows}


def _one(
    session: Session,
    incident: Incident,
    wanted: list[dict[str, str]],
    exceptions: list[DutyOverride],
    names: dict[str, dict[str, str | None]],
    company: Mapping[str, tuple[DutyRule, str | None]],
) -> dict[str, Any]:
    said = "en" if problems.language() == "en" else "zh"
    case = incident.instance
    places = {name: one.name or name for name, one in definitions.get(session, case.definition_id).model.elements.items()}
    found = {(one.rule, one.person): one for one in exceptions}

    def told(one: dict[str, str]) -> dict[str, Any]:
        row = found.get((one["rule"], one["person"]))
        why = barring(company, one["rule"], one["element"], one[said], places)
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


def _waiting(session: Session, incidents: list[Incident]) -> list[Incident]:
    """Return those at whose place in the case an open task without people stands."""
    places = {(row.instance_id, row.token) for row in incidents}
    wanted = select(UserTask.instance_id, UserTask.token).where(
        tuple_(UserTask.instance_id, UserTask.token).in_(places), UserTask.state == "open", UserTask.assignee.is_(None)
    )
    open_ = {(case, token) for case, token in session.execute(wanted)} if places else set()
    return [row for row in incidents if (row.instance_id, row.token) in open_]
