"""Accounts: signing in with a password, locking out after failures, API tokens. Passwords are kept as argon2id."""

import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Duplicate, Fault, InvalidVariables, NotFound
from engine.permissions import PERMISSIONS
from models.identity import Account, ApiToken, Person
from models.sign_in import SignIn

MAX_FAILURES = 5
LOCK_OUT = timedelta(minutes=15)
MIN_PASSWORD = 10
hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Return a hash that is verified when there is no such account, so that the answer takes as long."""
    return hasher.hash(secrets.token_hex(16))


def sign_in(session: Session, key: str, password: str) -> Account | None:
    """Return the account if key and password fit and it is not locked; otherwise None, and the failure is counted.

    Five failures lock the account for 15 minutes. The caller commits in either case.
    """
    now = datetime.now(UTC)
    account = session.scalars(select(Account).join(Person).where(Person.key == key, Person.active).with_for_update(of=Account)).first()
    fits = _fits((account.password_hash if account else "") or _nobody(), password)
    if account is None or account.locked or (account.locked_until is not None and account.locked_until > now):
        return None
    if not fits:
        account.failures += 1
        if account.failures >= MAX_FAILURES:
            account.failures, account.locked_until = 0, now + LOCK_OUT
        return None
    account.failures, account.locked_until = 0, None
    if hasher.check_needs_rehash(account.password_hash):
        account.password_hash = hasher.hash(password)
    session.add(SignIn(person_id=account.person_id))
    return account


def account_of(session: Session, person: Person) -> Account | None:
    """Return the account of a person, made without a password where she had none; None for one that an administrator has locked."""
    session.refresh(person, with_for_update=True)  # two browsers of hers make one account
    account = session.scalars(select(Account).filter_by(person_id=person.id)).first()
    if account is None:
        account = Account(person_id=person.id, password_hash="", locked=False, failures=0, generation=1)
        session.add(account)
        session.flush()
    return None if account.locked else account


def _fits(stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def set_password(session: Session, key: str, password: str, *, minimum: int = MIN_PASSWORD) -> Account:
    """Make or renew the account of a person and end all her sessions; `NotFound` for an unknown person, `InvalidVariables` for a short password."""
    if len(password) < minimum:
        raise InvalidVariables(
            [Fault("password-short", f"密码至少 {minimum} 位", f"A password has at least {minimum} characters", path="password")]
        )
    person = _person(session, key)
    account = session.scalars(select(Account).filter_by(person_id=person.id)).first()
    if account is None:
        account = Account(person_id=person.id, password_hash=hasher.hash(password), locked=False, failures=0, generation=1)
        session.add(account)
    else:
        account.password_hash, account.failures, account.locked_until, account.locked = hasher.hash(password), 0, None, False
        account.generation += 1
    session.flush()
    return account


def lock(session: Session, key: str) -> None:
    """Lock an account until its password is set anew; its sessions and tokens end at once."""
    person = _person(session, key)
    account = session.scalars(select(Account).filter_by(person_id=person.id)).first()
    if account is None:
        raise NotFound(kind="account")
    account.locked, account.generation = True, account.generation + 1
    for token in session.scalars(select(ApiToken).filter_by(person_id=person.id, revoked_at=None)):
        token.revoked_at = datetime.now(UTC)


def make_token(session: Session, key: str, name: str, *, days: int = 90, scopes: Collection[str] = ()) -> tuple[ApiToken, str]:
    """Make an API token of a person and return it with its text, which is never shown again. No scopes means all her permissions."""
    unknown = [scope for scope in scopes if scope not in PERMISSIONS]
    if unknown or not 1 <= days <= 366:
        raise InvalidVariables([Fault("scope-unknown", "未知的权限范围或期限", "Unknown scope, or days not from 1 to 366", path="scopes")])
    person = _person(session, key)
    if session.scalars(select(ApiToken).filter_by(person_id=person.id, name=name, revoked_at=None)).first() is not None:
        raise Duplicate(kind="token name")
    text = f"shenpi_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        person_id=person.id,
        name=name,
        digest=sha256(text.encode()).digest(),
        scopes=list(scopes),
        expires_at=datetime.now(UTC) + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    return token, text


def _person(session: Session, key: str) -> Person:
    person = session.scalars(select(Person).filter_by(key=key)).first()
    if person is None:
        raise NotFound(kind="person")
    return person
