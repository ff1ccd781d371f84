"""Who may do what: one function for REST, pages, callbacks and command line alike.

A role gives permissions; a task gives rights only to its assignee and candidates. `Actor` is the picture of a person at the time of the act.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.database.prepared import Prepared
from engine.errors import NotFound, NotPermitted


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts: key, name and department as they were then, with groups and roles."""

    key: str
    name: str
    department: str | None = None
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None  #: of an API token; None means everything the roles allow


SYSTEM = Actor("system", "系统", roles=frozenset({"system"}))

#: permission -> roles that have it; "everyone" means anybody who is signed in
PERMISSIONS: Mapping[str, frozenset[str]] = {
    "instance.start": frozenset({"initiator", "administrator"}),
    "instance.read": frozenset({"everyone"}),
    "instance.read_all": frozenset({"auditor", "operator", "administrator"}),
    "instance.withdraw": frozenset({"everyone"}),
    "instance.suspend": frozenset({"operator", "administrator"}),
    "instance.intervene": frozenset({"operator", "administrator"}),
    "instance.confirm": frozenset({"administrator"}),
    "message.send": frozenset({"operator", "administrator"}),
    "message.read": frozenset({"operator", "administrator"}),
    "task.work": frozenset({"everyone"}),
    "task.hand_over": frozenset({"administrator"}),
    "history.read": frozenset({"everyone"}),
    "history.verify": frozenset({"auditor", "administrator"}),
    "invoice.upload": frozenset({"initiator", "finance", "administrator"}),
    "invoice.read": frozenset({"everyone"}),
    "invoice.read_all": frozenset({"auditor", "finance", "archivist", "administrator"}),
    "archive.read": frozenset({"archivist", "auditor", "administrator"}),
    "definition.read": frozenset({"everyone"}),
    "definition.deploy": frozenset({"designer", "administrator"}),
    "definition.suspend": frozenset({"operator", "administrator"}),
    "incident.read": frozenset({"operator", "administrator"}),
    "incident.resolve": frozenset({"operator", "administrator"}),
    "people.read": frozenset({"everyone"}),
    "people.manage": frozenset({"administrator"}),
    "authority.read": frozenset({"auditor", "finance", "administrator"}),
    "authority.manage": frozenset({"administrator"}),
    "substitution.own": frozenset({"everyone"}),
    "substitution.read_all": frozenset({"auditor", "administrator"}),
    "substitution.manage": frozenset({"administrator"}),
    "duty.read": frozenset({"auditor", "administrator"}),
    "duty.manage": frozenset({"administrator"}),
    "duty.ask": frozenset({"everyone"}),
    "duty.override": frozenset({"administrator"}),
    "connection.manage": frozenset({"administrator"}),
    "token.manage": frozenset({"everyone"}),
}


def allows(actor: Actor, permission: str) -> bool:
    """Tell whether an actor's roles, and the scopes of the token used, give a permission."""
    roles = PERMISSIONS[permission]
    if actor.scopes is not None and permission not in actor.scopes:
        return False
    return "system" in actor.roles or "everyone" in roles or not roles.isdisjoint(actor.roles)


def require(actor: Actor, permission: str) -> None:
    """Refuse with `NotPermitted` an actor who does not have a permission."""
    if not allows(actor, permission):
        raise NotPermitted(permission=permission)


def may_work_on(actor: Actor, task: Mapping[str, Any]) -> bool:
    """Tell whether a task is an actor's to decide: assigned to her, or unassigned with her among its candidates."""
    if task["assignee"] is not None:
        return bool(task["assignee"] == actor.key)
    return actor.key in task["users"] or not actor.groups.isdisjoint(task["groups"])


_INVOLVED = text(
    """
    SELECT EXISTS (SELECT 1 FROM process_instance WHERE id = :id AND initiator = :key)
        OR EXISTS (SELECT 1 FROM user_task WHERE instance_id = :id AND (assignee = :key OR decided_by = :key))
        OR EXISTS (SELECT 1 FROM user_task t JOIN candidate c ON c.task_id = t.id
                   WHERE t.instance_id = :id AND ((c.kind = 'u' AND c.name = :key) OR (c.kind = 'g' AND c.name = ANY(:groups))))
        OR EXISTS (SELECT 1 FROM instance_copy WHERE instance_id = :id AND person = :key)
        OR EXISTS (SELECT 1 FROM history_event WHERE instance_id = :id AND actor = :key) -- somebody who acted, such as by a transfer
        -- somebody who stands in for whom the case asks or asked
        OR EXISTS (
          WITH RECURSIVE held AS (
            SELECT s.person, 1 AS depth FROM substitution s WHERE s.substitute = :key AND s.revoked_at IS NULL AND s.starts_at <= shenpi_now()
              AND (s.ends_at IS NULL OR s.ends_at > shenpi_now())
            UNION SELECT s.person, depth + 1 FROM held JOIN substitution s ON s.substitute = held.person AND s.revoked_at IS NULL
              AND s.starts_at <= shenpi_now() AND (s.ends_at IS NULL OR s.ends_at > shenpi_now()) WHERE depth < 5)
          SELECT 1 FROM held JOIN user_task t ON t.instance_id = :id AND (t.assignee = held.person OR t.decided_by = held.person OR EXISTS (
            SELECT 1 FROM candidate c WHERE c.task_id = t.id AND ((c.kind = 'u' AND c.name = held.person) OR (c.kind = 'g' AND c.name IN (
              SELECT g.key FROM person p JOIN group_member m ON m.person_id = p.id JOIN "group" g ON g.id = m.group_id WHERE p.key = held.person))))))
        -- somebody who was asked and lost the race may know what became of it, although her candidate rows are gone
        OR EXISTS (SELECT 1 FROM history_event e, LATERAL (SELECT convert_from(e.body, 'UTF8')::jsonb -> 'data' AS data) AS x
                   WHERE e.instance_id = :id AND e.type = 'task:created'
                     AND (jsonb_exists(x.data -> 'users', :key) OR jsonb_exists_any(x.data -> 'groups', :groups)))
    """
)


def may_read_instance(session: Session, actor: Actor, instance_id: UUID) -> bool:
    """Tell whether a case is an actor's to know: hers, asked of her, acted on by her, or all are by her role."""
    if allows(actor, "instance.read_all"):
        return True
    if not allows(actor, "instance.read"):
        return False
    return bool(session.execute(_INVOLVED, {"id": instance_id, "key": actor.key, "groups": list(actor.groups)}).scalar())


def require_instance(session: Session, actor: Actor, instance_id: UUID) -> None:
    """Refuse with `NotFound` a case that is not an actor's to know: she must not learn that it exists."""
    if not may_read_instance(session, actor, instance_id):
        raise NotFound(kind="process instance")


def may_read_content(session: Session, actor: Actor, instance_id: UUID) -> bool:
    """Tell whether all variables of a case are an actor's to know, and not only what her tasks show: she began it, or may read all cases."""
    if allows(actor, "instance.read_all"):
        return True
    return bool(session.execute(_INITIATOR, {"id": instance_id}).scalar() == actor.key)


_INITIATOR = text("SELECT initiator FROM process_instance WHERE id = :id")

_PICTURE = """
p.key, p.name, d.name AS department,
(SELECT array_agg(g.key) FROM group_member m JOIN "group" g ON g.id = m.group_id WHERE m.person_id = p.id) AS groups,
(SELECT array_agg(r.role) FROM role_grant r WHERE r.person_id = p.id) AS roles
"""
_BY_KEY = Prepared(f"SELECT {_PICTURE} FROM person p LEFT JOIN department d ON d.id = p.department_id WHERE p.key = %(key)s AND p.active")
_BY_TOKEN = Prepared(
    f"""SELECT {_PICTURE}, t.scopes FROM api_token t JOIN person p ON p.id = t.person_id AND p.active LEFT JOIN department d ON d.id = p.department_id
        WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND t.expires_at > now()"""
)
_BY_ACCOUNT = Prepared(
    f"""SELECT {_PICTURE} FROM account a JOIN person p ON p.id = a.person_id AND p.active LEFT JOIN department d ON d.id = p.department_id
        WHERE a.id = %(id)s AND a.generation = %(generation)s AND NOT a.locked"""
)


def load_actor(session: Session, key: str) -> Actor | None:
    """Return the picture of an active person with this key, or None."""
    return _picture(_BY_KEY.run(session, {"key": key}).fetchone())


def actor_of_token(session: Session, digest: bytes) -> Actor | None:
    """Return the active person of a valid API token with its scopes, or None; no scopes means everything her roles allow."""
    row = _BY_TOKEN.run(session, {"digest": digest}).fetchone()
    return _picture(row, row.scopes or None) if row is not None else None


def actor_of_account(session: Session, account_id: UUID, generation: int) -> Actor | None:
    """Return the active person of an account whose sessions of this generation still count, or None."""
    return _picture(_BY_ACCOUNT.run(session, {"id": account_id, "generation": generation}).fetchone())


def _picture(row: Any, scopes: Collection[str] | None = None) -> Actor | None:
    if row is None:
        return None
    groups, roles = frozenset(row.groups or ()), frozenset(row.roles or ())
    return Actor(row.key, row.name, row.department, groups, roles, None if scopes is None else frozenset(scopes))
