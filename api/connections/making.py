"""Connections made and found."""

import secrets as random
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.connections import given
from engine import keys
from engine.errors import Duplicate, Fault, InvalidVariables, NotFound
from engine.oa import vault
from models.oa import OaConnection


def add(
    session: Session,
    key: str,
    name: str,
    *,
    kind: str,
    url: str = "",
    settings: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    active: bool = True,
) -> tuple[OaConnection, str | None]:
    """Make a connection; returns it with the secret that was made for a webhook when none was given.

    Refuses with `Duplicate` a key that was ever taken, with `InvalidVariables` what is no key, no kind, no address, missing or too short.
    """
    if session.get(OaConnection, key) is not None:
        raise Duplicate(kind="connection")
    faults = [] if keys.is_key(key) else [keys.fault_of(key)]
    wanted = given.kind_of(kind)
    made = random.token_hex(32) if kind == "webhook" and not (secrets or {}).get("secret") else None
    sealed = given.read_secrets(wanted, {**(secrets or {}), **({"secret": made} if made else {})}, faults, all_of_them=True)
    values = {"name": given.name_of(name, faults), "base_url": given.url_of(wanted, url, faults)}
    values["settings"] = given.read_settings_of(wanted, settings or {}, faults)  # type: ignore[assignment]
    if faults:
        raise InvalidVariables(faults)
    row = OaConnection(key=key, kind=kind, credentials=vault.seal(key, sealed), scope={}, active=active, **values)
    session.add(row)
    session.flush()
    return row, made


def every(session: Session) -> list[OaConnection]:
    """Return all connections by key."""
    return list(session.scalars(select(OaConnection).order_by(OaConnection.key)))


def find(session: Session, key: str, *, lock: bool = False) -> OaConnection:
    """Return a connection; `NotFound` for an unknown one, also where its kind is no longer known here."""
    row = session.get(OaConnection, key.replace("\0", ""), with_for_update=True if lock else None)
    if row is None:
        raise NotFound(kind="connection")
    return row


def fault(zh: str, en: str, path: str) -> InvalidVariables:
    return InvalidVariables([Fault("refused", zh, en, path=path)])
