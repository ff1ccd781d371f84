"""Who is calling: a signed-in person with a session cookie, or a program with a bearer token. What they may is `engine.permissions`.

Every route declares the permission it needs (`needs`) or that it needs none (`open_to_all`); a test fails when one does neither.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import psycopg
from flask import Flask, Response, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import DBAPIError

from api import framing, lapsed, problems
from engine.database.transaction import abandon, translated
from engine.errors import NotPermitted
from engine.permissions import Actor, actor_of_account, actor_of_token, allows
from models import db

csrf = CSRFProtect()

SESSION_LIFE = timedelta(hours=12)
#: of a session that is over: with the token, whoever sends a form is told that she has to sign in
KEPT = ("language", "csrf_token")
P = ParamSpec("P")
R = TypeVar("R")


def install(app: Flask) -> None:
    """Find out who is calling before each request, and set the headers that browsers need."""
    app.config.update(
        SESSION_COOKIE_NAME="shenpi",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_LIFE,
        WTF_CSRF_TIME_LIMIT=None,
    )
    framing.install(app)
    app.before_request(identify)  # before forms are checked, for the answer to one that is refused depends on who sent it
    csrf.init_app(app)
    app.after_request(_headers)


def identify() -> Response | None:
    """Put the caller into `g.actor`, or None; a bad token is refused at once. One statement, in the transaction of the request's work."""
    g.actor = None
    if "\0" in request.path:
        return problems.problem(404, "not-found", "Nothing is there")
    if request.endpoint == "static":
        return None
    header = request.headers.get("Authorization", "")
    try:
        if header:
            scheme, _, value = header.partition(" ")
            digest = sha256(value.strip().encode()).digest()
            g.actor = actor_of_token(db.session(), digest) if scheme.lower() == "bearer" else None
            if g.actor is None:
                return problems.problem(401, "not-signed-in", "The token is unknown, expired or revoked")
        elif "account" in session:
            g.actor = actor_of_account(db.session(), UUID(session["account"]), session["generation"])
            if g.actor is None:
                kept = {name: session[name] for name in KEPT if name in session}
                session.clear()
                session.update(kept)
    except (DBAPIError, psycopg.Error) as error:
        abandon(db.session())
        raise translated(error) from error
    return None


def current() -> Actor:
    """Return the caller of a request that `needs` one."""
    actor: Actor = g.actor
    return actor


def needs(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view be called only by people with a permission: otherwise 401 (or the sign-in page) or 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if g.actor is None:
                return _sign_in_first()  # type: ignore[return-value]
            if not allows(g.actor, permission):
                raise NotPermitted(permission=permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def open_to_all(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view needs nobody to be signed in."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def _sign_in_first() -> ResponseReturnValue:
    if problems.wants_page():
        if request.method != "GET":
            return lapsed.answer()
        if request.headers.get("HX-Request") == "true":
            return lapsed.lead()
        return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")))
    return problems.problem(401, "not-signed-in", "请先登录" if problems.language() == "zh" else "Sign in first")


def _headers(response: Response) -> Any:
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; "
        f"base-uri 'self'; form-action 'self'; frame-ancestors {framing.framing().ancestors}",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
