"""Connections to office systems as administrators make them. A secret is given once and never shown again."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import keys
from engine.errors import Duplicate, Fault, InvalidVariables, NotFound
from engine.oa import vault
from engine.oa.kinds import KINDS
from engine.oa.webhook.client import checked
from models.oa import OaConnection

SHORTEST = 16  #: characters of a secret


def add(session: Session, key: str, name: str, *, kind: str, url: str, secret: str | None = None) -> tuple[OaConnection, str | None]:
    """Make an active connection; returns it with the secret that was made when none was given.

    Refuses with `Duplicate` a key that was ever taken, with `InvalidContent` what is no key, no kind, no address or too short a secret.
    """
    if session.get(OaConnection, key) is not None:
        raise Duplicate(kind="connection")
    faults = [] if keys.is_key(key) else [keys.fault_of(key)]
    if kind not in KINDS:
        faults.append(Fault("kind-unknown", "没有这种连接", "No such kind of connection", path="kind", found=kind[:100]))
    if secret is not None and len(secret) < SHORTEST:
        faults.append(Fault("secret-short", f"密钥至少 {SHORTEST} 个字符", f"A secret has at least {SHORTEST} characters", path="secret"))
    if faults:
        raise InvalidVariables(faults)
    made = secrets.token_hex(32) if secret is None else None
    row = OaConnection(
        key=key,
        kind=kind,
        name=name,
        base_url=checked(url),
        credentials=vault.seal(key, {"secret": made or secret or ""}),
        scope=dict(KINDS[kind].scope),
        active=True,
    )
    session.add(row)
    session.flush()
    return row, made


def every(session: Session) -> list[OaConnection]:
    """Return all connections by key."""
    return list(session.scalars(select(OaConnection).order_by(OaConnection.key)))


def deactivate(session: Session, key: str) -> OaConnection:
    """Send nothing more to a connection and take nothing more from it; `NotFound` for an unknown one."""
    row = session.get(OaConnection, key, with_for_update=True)
    if row is None:
        raise NotFound(kind="connection")
    row.active = False
    session.flush()
    return row
