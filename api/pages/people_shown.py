"""People as pages show them: with departments, posts, roles, groups and account. What is asked of the database does not grow with how many they are."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from models.identity import Account, Department, Group, GroupMember, LegalEntity, Person, RoleGrant
from models.organisation import DepartmentMember, Post, PostHolder


def described(session: Session, rows: Iterable[tuple[Person, str | None]]) -> list[dict[str, Any]]:
    """Return people, each given with the name of her department, with departments, posts, roles, groups and account, in the order given."""
    people = list(rows)
    wanted = [row.id for row, _department in people]
    others = _by_person(
        session,
        select(DepartmentMember.person_id, Department.id, Department.name)
        .join(DepartmentMember, DepartmentMember.department_id == Department.id)
        .where(DepartmentMember.person_id.in_(wanted))
        .order_by(Department.key),
    )
    posts = _by_person(
        session,
        select(PostHolder.person_id, Post.name, LegalEntity.name)
        .select_from(PostHolder)
        .join(PostHolder.post)
        .join(PostHolder.legal_entity)
        .where(PostHolder.person_id.in_(wanted), PostHolder.ended_at.is_(None))
        .order_by(Post.key),
    )
    roles = _by_person(session, select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.person_id.in_(wanted)).order_by(RoleGrant.role))
    groups = _by_person(
        session,
        select(GroupMember.person_id, Group.key, Group.name)
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.person_id.in_(wanted))
        .order_by(Group.key),
    )
    accounts = _by_person(session, select(Account.person_id, Account.locked).where(Account.person_id.in_(wanted)))
    return [
        {
            "key": row.key,
            "name": row.name,
            "email": row.email,
            "mobile": row.mobile,
            "department": department,
            "department_id": row.department_id,
            "departments": [name for name in (department, *(name for _id, name in others.get(row.id, ()))) if name],
            "department_ids": [str(identity) for identity, _name in others.get(row.id, ())],
            "posts": [{"name": post, "entity": entity} for post, entity in posts.get(row.id, ())],
            "active": row.active,
            "roles": [role for (role,) in roles.get(row.id, ())],
            "groups": [{"key": key, "name": name} for key, name in groups.get(row.id, ())],
            "account": row.id in accounts,
            "locked": any(locked for (locked,) in accounts.get(row.id, ())),
        }
        for row, department in people
    ]


def _by_person(session: Session, statement: Executable) -> dict[UUID, list[tuple[Any, ...]]]:
    """Return the rows of a statement, whose first column is a person's id, by that id and without it."""
    found: dict[UUID, list[tuple[Any, ...]]] = {}
    for person, *rest in session.execute(statement):
        found.setdefault(person, []).append(tuple(rest))
    return found
