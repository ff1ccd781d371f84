"""Connections changed: settings, secrets, what they are for, and whether they are on."""

import secrets as random
from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.connections import given
from api.connections.making import fault, find
from engine import jobs
from engine.errors import Fault, InvalidVariables, Unavailable
from engine.oa import vault
from models.desk import OaDirectory
from models.oa import OaConnection, OaToken

MODULES = ("tasks", "notices", "requests", "people", "sign_in")


def change(session: Session, key: str, name: str, url: str, settings: Mapping[str, str]) -> OaConnection:
    """Give a connection another name, address and settings; a setting that is left out has its default again. Refuses as `add` does.

    One that leads to another host than before forgets its secrets and is off until they are given again: nobody has them sent to a host of his choice.
    """
    row = find(session, key, lock=True)
    kind = given.kind_of(row.kind)
    faults: list[Fault] = []
    found = given.name_of(name, faults), given.url_of(kind, url, faults), given.read_settings_of(kind, settings, faults)
    if faults:
        raise InvalidVariables(faults)
    before = hosts(row)
    row.name, row.base_url, row.settings = found
    if not hosts(row) <= before:
        row.credentials, row.active = None, False
    _forget_tokens(session, row)
    session.flush()
    return row


def replace_secrets(session: Session, key: str, secrets: Mapping[str, str], *, make: bool = False) -> tuple[OaConnection, str | None]:
    """Replace the secrets that are given; of one that has a former one beside it, the old stays valid as that until it is taken away.

    With `make` a webhook's new secret is made, and returned once.
    """
    row = find(session, key, lock=True)
    kind = given.kind_of(row.kind)
    faults: list[Fault] = []
    made = random.token_hex(32) if make and row.kind == "webhook" else None
    new = given.read_secrets(kind, {**secrets, **({"secret": made} if made else {})}, faults, all_of_them=False)
    if not new and not faults:
        faults.append(Fault("field-missing", "请填写新的密钥", "A new secret is needed", path=next(iter(given.secrets_of(kind)), "secret")))
    if faults:
        raise InvalidVariables(faults)
    kept = known(row)
    former = {f"former_{name}": kept[name] for name in new if f"former_{name}" in given.secrets_of(kind) and kept.get(name)}
    row.credentials = vault.seal(row.key, {**kept, **former, **new})
    _forget_tokens(session, row)
    session.flush()
    return row, made


def known(row: OaConnection) -> dict[str, str]:
    """Return the secrets that are kept; none where no key opens them any more, for then new ones are what helps."""
    try:
        return vault.unseal(row.key, row.credentials)
    except Unavailable:
        return {}


def hosts(row: OaConnection) -> set[str]:
    """Return where a connection's requests, and with them its secrets, go to."""
    listed = [row.base_url, *(str(value) for name, value in row.settings.items() if name.endswith("_url") and value)]
    return {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, listed)}


def take_away(session: Session, key: str, name: str) -> OaConnection:
    """Take away a secret that is not required, such as a former one: from now on it is not valid any more."""
    row = find(session, key, lock=True)
    field = given.secrets_of(given.kind_of(row.kind)).get(name)
    if field is None or field.required:
        raise fault("这一项不能取走", "This one cannot be taken away", name[:100])
    kept = vault.unseal(row.key, row.credentials)
    kept.pop(name, None)
    row.credentials = vault.seal(row.key, kept)
    session.flush()
    return row


def set_active(session: Session, key: str, active: bool) -> OaConnection:
    """Switch a connection on or off: off, nothing more is sent to it and nothing more is taken from it; on, what waits goes out.

    Refuses with `InvalidVariables` to switch on one that lacks a secret it needs.
    """
    row = find(session, key, lock=True)
    if active:
        kept = known(row)
        missing = [name for name, field in given.secrets_of(given.kind_of(row.kind)).items() if field.required and not kept.get(name)]
        if missing:
            raise fault("请先填写密钥", "Its secret is needed first", missing[0])
    row.active = active
    session.flush()
    if active:
        jobs.enqueue(session, jobs.CATCH_UP, jobs.arguments(connection=key))
    return row


def set_scope(session: Session, key: str, modules: Mapping[str, bool]) -> OaConnection:
    """Say what a connection is for; modules that are not named stay as they are."""
    row = find(session, key, lock=True)
    unknown = [name for name in modules if name not in MODULES]
    if unknown:
        raise fault("没有这个模块", "No such module", unknown[0][:100])
    scope = {name: bool(row.scope.get(name, True)) for name in MODULES} | dict(modules)
    row.scope = {name: False for name, on in scope.items() if not on}
    session.flush()
    if row.active and scope["tasks"]:
        jobs.enqueue(session, jobs.CATCH_UP, jobs.arguments(connection=key))
    return row


def set_nightly(session: Session, key: str, nightly: bool) -> OaDirectory:
    """Say whether our organisation is brought to this office system's each night."""
    find(session, key, lock=True)
    row = session.get(OaDirectory, key) or OaDirectory(connection=key)
    row.nightly = nightly
    session.add(row)
    session.flush()
    return row


def _forget_tokens(session: Session, row: OaConnection) -> None:
    """A token of before may be another application's."""
    session.execute(delete(OaToken).where(OaToken.connection == row.key))
