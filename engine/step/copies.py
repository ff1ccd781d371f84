"""Copies of a case for people who need only know (抄送)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from engine import jobs
from engine.assignment import Asked
from engine.errors import Refused, ShenpiError
from engine.language import Budget, compile_template

if TYPE_CHECKING:
    from engine.step.move import Step

MAX_COPIES = 200  #: in one step

# keys of persons, and of groups whose members are meant
_PEOPLE = text(
    """
    SELECT p.key FROM person p WHERE p.active AND p.key = ANY(:names)
    UNION SELECT p.key FROM group_member m JOIN "group" g ON g.id = m.group_id JOIN person p ON p.id = m.person_id WHERE p.active AND g.key = ANY(:names)
    ORDER BY 1 LIMIT :most
    """
)


def people_of(step: Step, names: Iterable[str]) -> list[str]:
    """Return the active people that these keys of persons and groups mean; one more than may have a copy where there are too many."""
    return list(step.session.scalars(_PEOPLE, {"names": sorted(set(names)), "most": MAX_COPIES + 1}))


def send(step: Step, people: list[str], by: str | None, element: str | None = None) -> None:
    """Give people a copy, and tell them; whoever has one keeps the one she has. Refuses with `Refused` more people than one step may tell."""
    if not people:
        return
    if len(people) > MAX_COPIES:
        raise Refused(reason="a copy goes to 200 people at most")
    step.document.copies.extend(
        {"person": person, "by": by} for person in people if person not in {row["person"] for row in step.document.copies}
    )
    event = step.recorder.record("instance:copied", actor=by, element=element, data={"to": people})
    key = f"{step.case.id}:{event.number}"
    step.document.wake.append(jobs.wake(jobs.NOTICE, key=key, kind="copy", instance=step.case.id, people=people, text=""))


def send_drawn(step: Step, element: str, wanted: str, variables: Mapping[str, Any]) -> None:
    """Give a copy to whom the drawing names. What it names wrongly stands in the record and holds nobody up: a copy decides nothing."""
    try:
        asked = Asked(step.session, variables, step.case.initiator)
        found = compile_template(wanted).evaluate(asked, now=step.now, budget=Budget())
        listed = found if isinstance(found, list) else str(found or "").split(",")
        send(step, people_of(step, (str(name).strip() for name in listed)), None, element)
    except ShenpiError as error:
        step.recorder.record(
            "instance:copied", element=element, data={"to": [], "failed": error.code}, personal={"message": str(error)[:500]}
        )
