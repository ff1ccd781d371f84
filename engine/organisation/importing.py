"""An import of the organisation, whole or not at all: first everything is compared and every fault found, then everything is written.

Nobody is deleted. Who is absent from the table of people becomes inactive only when that is asked for.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidContent
from engine.organisation.comparing import ORDER, Change, Comparison
from engine.organisation.present import Present, read_present
from engine.organisation.roster import COLUMNS, MAX_FAULTS, read_roster
from engine.organisation.sheet import read_sheets
from models.identity import Department, Group, GroupMember, Person
from models.organisation import DepartmentMember, Post, PostHolder

TABLES: Mapping[str, Any] = {"people": Person, "departments": Department, "posts": Post, "groups": Group}
#: column -> kind and field of what it refers to; those that may come later in the same import are written last
EARLY = {"legal_entity_id": ("entities", "legal_entity"), "department_id": ("departments", "department")}
LATE = {"parent_id": ("departments", "parent"), "head_id": ("people", "head")}


def import_files(
    session: Session, files: Mapping[str, bytes], *, by: str | None, dry_run: bool = False, deactivate_absent: bool = False
) -> list[Change]:  # fmt: skip
    """Bring people, departments, posts and groups to what the tables say; returns every change, and with `dry_run` makes none.

    `by` is who imports, and cannot make herself inactive. Refuses with `InvalidContent`, every fault with file, row and column, and changes nothing then.
    """
    sheets, unread = read_sheets(files)
    roster, faults = read_roster(sheets)
    faults = [*unread, *faults]
    if deactivate_absent and "people" not in roster.kinds:
        faults.append(Fault("people-missing", "没有人员表，不能停用未列出的人", "Without a table of people nobody can be absent from it"))
    readable = bool(sheets) and roster.whole and not unread
    if readable:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('organisation'))"))
        present = read_present(session)
        comparison = Comparison(present, roster)
        faults += comparison.compare(by, deactivate_absent)
    if faults:
        raise InvalidContent(in_order(faults)[:MAX_FAULTS])
    changes = [change for change in comparison.changes if change.fields or change.action == "added"]
    if not dry_run:
        Writing(session, present).write(changes)
    return changes


def in_order(faults: list[Fault]) -> list[Fault]:
    """Return faults by file and row, as somebody mends them."""
    return sorted(faults, key=lambda fault: (fault.file or "", fault.line or 0))


class Writing:
    """Writes changes; knows the id of every key."""

    def __init__(self, session: Session, present: Present) -> None:
        self.session = session
        self.ids: dict[tuple[str, str], UUID] = {
            (kind, key): row.id for kind in (*ORDER, "entities") for key, row in present.rows(kind).items()
        }

    def write(self, changes: list[Change]) -> None:
        """Write what was compared: first what others refer to, then what refers to them."""
        new: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ORDER}
        for change in changes:
            if change.action == "added":
                self.ids[change.kind, change.key] = uuid7()
                new[change.kind].append({"id": self.ids[change.kind, change.key], "key": change.key} | self._columns(change, first=True))
        for kind in ORDER:
            if new[kind]:
                self.session.execute(insert(TABLES[kind]), new[kind])
        for change in changes:
            values = self._columns(change, first=False)
            if values:
                table = TABLES[change.kind]
                statement = update(table).where(table.id == self.ids[change.kind, change.key]).values(values)
                self.session.execute(statement, execution_options={"synchronize_session": False})
            if change.kind == "people":
                self._memberships(change)
        self.session.expire_all()

    def _columns(self, change: Change, *, first: bool) -> dict[str, Any]:
        """Return the columns of a change: of what is added at first only those that refer to nothing that may not be there yet."""
        wanted = {name: value for name, (_, value) in change.fields.items()}
        added = change.action == "added"
        columns: dict[str, Any] = {}
        if first or not added:
            columns |= {name: wanted[name] for name in ("name", "active") if name in wanted}
            for name in ("email", "mobile") if change.kind == "people" else ():
                if first or name in wanted:
                    columns[name] = wanted.get(name)
        for column, (kind, name) in (EARLY if first else LATE if added else EARLY | LATE).items():
            if name in wanted:
                columns[column] = self.ids[kind, wanted[name]] if wanted[name] else None
            elif first and name in COLUMNS[change.kind]:
                columns[column] = None
        return columns

    def _memberships(self, change: Change) -> None:
        person = self.ids["people", change.key]
        for name, table, column, kind in (
            ("departments", DepartmentMember, DepartmentMember.department_id, "departments"),
            ("groups", GroupMember, GroupMember.group_id, "groups"),
        ):
            if name in change.fields:
                self.session.execute(delete(table).where(table.person_id == person))
                rows = [{"person_id": person, column.key: self.ids[kind, key]} for key in change.fields[name][1]]
                if rows:
                    self.session.execute(insert(table), rows)
        if "posts" in change.fields:
            old, wanted = (set(one or ()) for one in change.fields["posts"])
            now = read_clock(self.session)
            for held in sorted(old ^ wanted):
                post, _, entity = held.partition("@")
                place = {"post_id": self.ids["posts", post], "legal_entity_id": self.ids["entities", entity], "person_id": person}
                if held in wanted:
                    self.session.execute(insert(PostHolder).values(id=uuid7(), since=now, **place))
                else:
                    self.session.execute(update(PostHolder).filter_by(ended_at=None, **place).values(ended_at=now))
