"""The organisation as it stands, by keys: what an import is compared with, and what is exported."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.identity import Department, Group, GroupMember, LegalEntity, Person, RoleGrant
from models.organisation import DepartmentMember, Post, PostHolder


@dataclass(slots=True)
class Present:
    """Rows by key, and of each person's id the keys of what she belongs to."""

    people: dict[str, Person]
    departments: dict[str, Department]
    groups: dict[str, Group]
    posts: dict[str, Post]
    entities: dict[str, LegalEntity]
    member_of: dict[UUID, set[str]]
    works_in: dict[UUID, set[str]]  #: departments beside the primary one
    holds: dict[UUID, set[tuple[str, str]]]  #: post and legal entity
    administrators: set[str]
    named: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    def rows(self, kind: str) -> dict[str, Any]:
        """Return the rows of a kind of `engine.organisation.roster`."""
        found: dict[str, Any] = getattr(self, kind)
        return found

    def find(self, kind: str, name: str) -> Any:
        """Return the row with a key, or else the only one with a name; None when there is none, or several."""
        rows = self.rows(kind)
        if name in rows:
            return rows[name]
        if kind not in self.named:
            self.named[kind] = defaultdict(list)
            for row in rows.values():
                self.named[kind][row.name].append(row)
        found = self.named[kind].get(name, [])
        return found[0] if len(found) == 1 else None


def read_present(session: Session) -> Present:
    """Return everybody and everything, the inactive too."""
    member_of: dict[UUID, set[str]] = defaultdict(set)
    works_in: dict[UUID, set[str]] = defaultdict(set)
    holds: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    for person, key in session.execute(select(GroupMember.person_id, Group.key).join(Group)):
        member_of[person].add(key)
    for person, key in session.execute(
        select(DepartmentMember.person_id, Department.key).join(Department, Department.id == DepartmentMember.department_id)
    ):
        works_in[person].add(key)
    held = select(PostHolder.person_id, Post.key, LegalEntity.key).join(PostHolder.post).join(PostHolder.legal_entity)
    for person, post, entity in session.execute(held.where(PostHolder.ended_at.is_(None))):
        holds[person].add((post, entity))
    administrators = select(Person.key).join(RoleGrant, RoleGrant.person_id == Person.id).where(RoleGrant.role == "administrator")
    return Present(
        {row.key: row for row in session.scalars(select(Person))},
        {row.key: row for row in session.scalars(select(Department))},
        {row.key: row for row in session.scalars(select(Group))},
        {row.key: row for row in session.scalars(select(Post))},
        {row.key: row for row in session.scalars(select(LegalEntity))},
        member_of,
        works_in,
        holds,
        set(session.scalars(administrators)),
    )
