"""Everything that is sealed, sealed again with the newest key; what was plain before it could be sealed, too."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.oa import vault
from models.oa import OaConnection, OaToken


def rekey(session: Session, *, only_plain: bool = False) -> int:
    """Seal all credentials and tokens with the newest key; returns how many were not. With `only_plain` only what is not sealed at all."""
    number = 0
    plain = func.substring(OaConnection.credentials, 1, 1) == vault.PLAIN
    wanted = select(OaConnection).where(OaConnection.credentials.is_not(None)).with_for_update()
    for row in session.scalars(wanted.where(plain) if only_plain else wanted):
        if row.credentials is not None and not vault.is_newest(row.credentials):
            row.credentials = vault.seal(row.key, vault.unseal(row.key, row.credentials))
            number += 1
    for token in () if only_plain else session.scalars(select(OaToken).with_for_update()):
        if not vault.is_newest(token.sealed):
            token.sealed = vault.seal(token.connection, vault.unseal(token.connection, token.sealed))
            number += 1
    session.flush()
    return number
