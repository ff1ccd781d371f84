"""Signing in and out, one's own page, and the language switch."""

import re

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from api import accounts, single_sign_on
from api.locale import LANGUAGES
from api.security import needs, open_to_all
from engine.database import transaction

blueprint = Blueprint("sign_in", __name__)

#: browsers read a backslash as a slash, and drop control characters before they look for the host
UNSAFE = re.compile(r"[\\\x00-\x20]")


def safe(target: str | None) -> str:
    """Return a target inside this site, as it was written; anything else leads home."""
    inside = target is not None and target.startswith("/") and not target.startswith("//") and not UNSAFE.search(target)
    return target if inside and target is not None else "/"


@blueprint.get("/sign-in")
@open_to_all
def form() -> ResponseReturnValue:
    """Ask for key and password, and offer the office systems that sign people in."""
    return page(safe(request.args.get("next"))), 200


def page(target: str, **typed: str) -> str:
    with transaction() as database:
        doors = [(door.name, url_for("sso.begin", key=door.key, next=target)) for door in single_sign_on.doors(database)]
    return render_template("sign_in.html", next=target, doors=doors, **typed)


@blueprint.post("/sign-in")
@open_to_all
def enter() -> ResponseReturnValue:
    """Begin a session, or say that it did not fit; which of the two was wrong is not told."""
    key, password = request.form.get("key", "").strip(), request.form.get("password", "")
    with transaction() as database:
        account = accounts.sign_in(database, key, password)
        kept = (str(account.id), account.generation) if account else None
    if kept is None:
        return page(safe(request.form.get("next")), key=key, failed=_("账号或密码不正确，或账号已被锁定。")), 401
    start_session(*kept)
    return redirect(safe(request.form.get("next")), 303)


def start_session(account: str, generation: int) -> None:
    """Begin a session; nothing of the one before is left but the language, so that none that a stranger began is taken over."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    session.update({"account": account, "generation": generation} | ({"language": language} if language else {}))


@blueprint.post("/sign-out")
@open_to_all
def leave() -> ResponseReturnValue:
    """End this session."""
    session.clear()
    return redirect(url_for("sign_in.form"), 303)


@blueprint.get("/me")
@needs("task.work")
def me() -> ResponseReturnValue:
    """Who I am here, what I may do, and the way out."""
    return render_template("me.html")


@blueprint.get("/language/<chosen>")
@open_to_all
def language(chosen: str) -> ResponseReturnValue:
    """Switch between Chinese and English."""
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(safe(request.args.get("next")), 303)
