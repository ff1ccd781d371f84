"""Coming in out of an office system: to the page that its to-do links to, signed in as whom the office system knows."""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from api import attempts, single_sign_on
from api.lapsed import safe
from api.pages.sign_in import start_session
from api.security import open_to_all
from api.single_sign_on import Door
from engine.database import transaction
from engine.errors import NotPermitted, OAError
from engine.oa.desk import talking

blueprint = Blueprint("sso", __name__, url_prefix="/sso")


@blueprint.get("/<key>")
@open_to_all
def begin(key: str) -> ResponseReturnValue:
    """Lead to the page that is wanted: at once if somebody is signed in, else by the office system; by a password where that cannot sign in any more."""
    target = safe(request.args.get("next"))
    if g.actor is not None:
        return redirect(target)
    door = find(key)
    if door is None:
        return redirect(url_for("sign_in.form", next=target))
    attempt = attempts.begin(session, key, target)
    try:
        with talking("sign-in"):
            address = door.connector.login_url(attempt.state, door.way_back, attempt.proof)
    except OAError:
        return unreachable(door, target)
    answer = redirect(address)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<key>/callback")
@open_to_all
def returned(key: str) -> ResponseReturnValue:
    """Let in whom the office system has signed in. An attempt is good once, in the browser that began it, for ten minutes."""
    attempt, door = attempts.end(session, key, request.args.get("state", "")), find(key)
    code = request.args.get("code") or request.args.get("authCode") or ""
    written = None
    if attempt is not None and door is not None:
        with transaction() as database:
            written = single_sign_on.claim(database, key, attempt.state)
    if attempt is None or door is None or written is None:
        if g.actor is not None:
            return redirect("/")
        return refused(
            _("这次登录已失效"), _("登录须在十分钟内、在同一个浏览器里完成，且每次只能用一次。请从办公系统重新打开待办，或重新登录。")
        ), 400
    if not code:
        again = url_for("sso.begin", key=key, next=attempt.target)
        return refused(_("没有登录"), _("%(name)s 没有确认您的身份，或您取消了登录。", name=door.name), again), 403
    try:
        with talking("sign-in"):
            ids = door.connector.signed_in(code, door.way_back, attempt.proof)
    except NotPermitted:
        again = url_for("sso.begin", key=key, next=attempt.target)
        return refused(_("没有登录"), _("%(name)s 没有认可这次登录。请重试。", name=door.name), again), 403
    except OAError:
        return unreachable(door, attempt.target)
    with transaction() as database:
        account = single_sign_on.enter(database, door, written, ids)
        kept = (str(account.id), account.generation) if account is not None else None
    if kept is None:
        return render_template("sso_unknown.html", name=door.name, ids=ids, next=attempt.target, language_switch=None), 403
    start_session(*kept)
    return redirect(attempt.target, 303)


def find(key: str) -> Door | None:
    with transaction() as database:
        return single_sign_on.door_of(database, key)


def refused(title: str, text: str, again: str | None = None) -> str:
    """Render why nobody came in; in no other language, for the address of this page is good once."""
    return render_template("sso_refused.html", title=title, text=text, again=again, language_switch=None)


def unreachable(door: Door, target: str) -> ResponseReturnValue:
    text = _("%(name)s 暂时没有应答。您的待办都还在；请稍后重试，或用工号和密码登录。", name=door.name)
    return refused(_("暂时无法登录"), text, url_for("sso.begin", key=door.key, next=target)), 503
