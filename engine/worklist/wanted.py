"""What somebody looks for among tasks, and in which order."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.worklist.paging import patterns

Sort = Literal["due", "amount", "age"]
SORTS: tuple[Sort, ...] = ("due", "amount", "age")
PERIODS = ("overdue", "today", "week")

#: a task came back when it was made by the step of a return
RETURNED = """({task}.origin = 'return' OR EXISTS (
  SELECT 1 FROM user_task r WHERE r.instance_id = {task}.instance_id AND r.outcome = 'return' AND r.ended_at = {task}.created_at))"""
#: everything of a task and its case that words may be found in
TEXTS = """concat_ws(E'\\n', {task}.title, {task}.name, wi.business_key, wp.name,
  (SELECT string_agg(s ->> 'value', E'\\n') FROM jsonb_array_elements(wi.summary) AS s))"""
CASE = """JOIN process_instance wi ON wi.id = w.instance_id JOIN process_definition wf ON wf.id = wi.definition_id
  LEFT JOIN person wp ON wp.key = wi.initiator"""
BELOW = """(WITH RECURSIVE below AS (
  SELECT d.id, 0 AS depth FROM department d WHERE d.key = :department
  UNION SELECT d.id, depth + 1 FROM below JOIN department d ON d.parent_id = below.id WHERE depth < 50) SELECT id FROM below)"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for among tasks; empty means everything. Times are UTC, amounts inclusive."""

    words: str | None = None
    department: str | None = None  #: key, of the case's initiator; those below it included
    definition: str | None = None  #: key of the process
    least: str | None = None
    most: str | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    returned: bool = False
    only: tuple[UUID, ...] | None = None  #: none but these tasks
    case: UUID | None = None  #: none but tasks of this case

    def values(self) -> dict[str, Any]:
        """Return the parameters of the conditions."""
        found: dict[str, Any] = {
            name: value
            for name in ("department", "definition", "least", "most", "due_from", "due_until", "case")
            if (value := getattr(self, name)) not in (None, "")
        }
        if self.only is not None:
            found["only"] = list(self.only)
        if self.words and (words := patterns(self.words)):
            found["words"] = words
        return found

    def conditions(self, at: str, task: str = "w") -> tuple[list[str], bool]:
        """Return the conditions on a row of a list (`at`, which has the times and the amount) with its task, and whether they look at its case."""
        values = self.values()
        found = [TIMES[name].format(at=at) for name in TIMES if name in values]
        if self.only is not None:
            found.append(("x.task_id" if at == "x" else f"{at}.id") + " = ANY(CAST(:only AS uuid[]))")
        found += [AMOUNTS[name].format(at=at) for name in AMOUNTS if name in values]
        of_task = [RETURNED.format(task=task)] if self.returned else []
        of_task += [f"{task}.instance_id = CAST(:case AS uuid)"] if self.case else []
        of_case = [CASES[name].format(task=task) for name in CASES if name in values]
        return [*found, *of_task, *of_case], bool(of_task or of_case)


TIMES = {"due_from": "{at}.due_key >= CAST(:due_from AS timestamptz)", "due_until": "{at}.due_key < CAST(:due_until AS timestamptz)"}
AMOUNTS = {"least": "{at}.amount >= CAST(:least AS numeric)", "most": "{at}.amount <= CAST(:most AS numeric)"}
CASES = {
    "definition": "wf.key = :definition",
    "department": f"wp.department_id = ANY(ARRAY{BELOW})",
    "words": TEXTS + " ILIKE ALL(CAST(:words AS text[]))",
}


def due_within(period: str, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime]:
    """Return from when until when a task is due that is overdue, due today, or due in this week (Monday to Sunday), on the clock of a zone."""
    if period == "overdue":
        return None, now
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=today.weekday()) if period == "week" else today
    return first.astimezone(UTC), (first + timedelta(days=7 if period == "week" else 1)).astimezone(UTC)
