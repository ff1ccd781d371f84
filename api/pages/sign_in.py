"""Signing in and out, one's own page, and the language switch."""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from api import accounts, lapsed, problems, single_sign_on
from api.lapsed import safe
from api.locale import LANGUAGES
from api.security import needs, open_to_all
from engine.database import transaction

blueprint = Blueprint("sign_in", __name__)


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


@blueprint.errorhandler(CSRFError)
def again(error: CSRFError) -> ResponseReturnValue:
    """Ask once more when the page stood open for too long; nothing that was typed is lost but the password."""
    if not problems.wants_page():
        return problems.http(error)
    if request.endpoint == "sign_in.enter":
        text = _("登录页打开得太久，或者浏览器没有保存 cookie。请再登录一次。")
        return page(safe(request.form.get("next")), key=request.form.get("key", ""), failed=text), 401 if g.actor is None else 400
    return lapsed.answer() if g.actor is not None else redirect(url_for("sign_in.form"), 303)


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
