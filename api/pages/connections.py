"""Connections to office systems, for administrators: added by steps, tested, measured, changed, switched on and off."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import connections
from api.callbacks import connectors
from api.connections.changing import MODULES
from api.connections.given import TARGETS, kind_of, secrets_of, settings_of
from api.pages.once import once, said
from api.security import current, needs
from engine import checks
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.deliveries import measuring, searching
from engine.errors import Duplicate, Fault, InvalidContent, ShenpiError
from engine.oa import vault
from engine.oa.contract import Capabilities, Connector
from engine.oa.kinds import KINDS
from engine.oa.opening import opened
from models.identity import Person
from models.oa import OaConnection

blueprint = Blueprint("connections_page", __name__, url_prefix="/connections")
REFRESH = 1  #: seconds between two looks at a test under way


@blueprint.get("")
@needs("connection.manage")
def index() -> ResponseReturnValue:
    """All connections: whether they are on, answer, and deliver in time."""
    with transaction() as session:
        counts = searching.counts(session)
        shown = [summary(session, row, counts) for row in connections.every(session)]
    return render_template("connections.html", connections=shown)


def summary(session: Session, row: OaConnection, counts: dict[str, Any]) -> dict[str, Any]:
    """Return what the list says of a connection."""
    kind = KINDS.get(row.kind)
    return {
        "key": row.key, "name": row.name, "kind": kind, "kind_name": row.kind, "active": row.active, "health": checks.latest(session, row.key).get("health"),
        "day": measuring.measure(session, row, "day"), "count": counts[row.key], "off": [name for name in MODULES if not row.scope.get(name, True)],
    }  # fmt: skip


@blueprint.get("/new")
@needs("connection.manage")
def new() -> ResponseReturnValue:
    """First which kind, then what it needs."""
    return new_page(request.args.get("kind", ""))


def new_page(name: str, faults: list[Fault] | None = None, status: int = 200) -> ResponseReturnValue:
    """Render the kinds, or the form of one."""
    kind = KINDS.get(name)
    return render_template(
        "connection_new.html", kinds=KINDS, kind=kind, kind_name=name, secrets=secrets_of(kind) if kind else {}, faults=faults or [],
        settings=settings_of(kind) if kind else {}, targets=TARGETS, typed=request.form,
    ), status  # fmt: skip


def typed(prefix: str) -> dict[str, str]:
    """Return the fields of the form below a prefix, by their names."""
    return {name[len(prefix) :]: value.replace("\0", "") for name, value in request.form.items() if name.startswith(prefix)}


@blueprint.post("/new")
@needs("connection.manage")
def add() -> ResponseReturnValue:
    """Make a connection that is off; next come the addresses to enter at the vendor, the tests and the switch."""
    kind = request.form.get("kind", "")
    made: str | None = None

    def work(session: Session) -> str:
        nonlocal made
        row, made = connections.add(
            session, request.form.get("key", "").strip(), request.form.get("name", ""), kind=kind, url=request.form.get("url", ""),
            settings=typed("setting."), secrets=typed("secret."), active=False,
        )  # fmt: skip
        return url_for("connections_page.show", key=row.key)

    try:
        answer = said(once(work), _("已添加，还没有启用。"))
    except Duplicate:
        return new_page(kind, [Fault("duplicate", "这个编码已经用过", "This key is taken", path="key")], 409)
    except InvalidContent as error:
        return new_page(kind, error.faults, 422)
    return shown_once(answer, made)


def shown_once(answer: Any, secret: str | None) -> Any:
    """Put a secret that was made onto the page that follows, this once."""
    if secret:
        flash(_("签名密钥（只显示这一次，请现在抄给对方）：%(secret)s", secret=secret), "warning")
    return answer


@blueprint.get("/<key>")
@needs("connection.manage")
def show(key: str) -> ResponseReturnValue:
    """One connection."""
    return page(key)


def page(key: str, faults: list[Fault] | None = None, status: int = 200) -> ResponseReturnValue:
    """Render a connection, with what was typed when there are faults."""
    with transaction() as session:
        row = connections.find(session, key)
        kind = kind_of(row.kind)
        connection, connector, broken = reached(row)
        shown = {
            "row": row, "kind": kind, "health": checks.latest(session, key), "now": read_clock(session), "scope": scope_of(row),
            "kept": set(connection.credentials) if connection else set(), "sealed": is_newest(row),
            "callbacks": {door: connection.callback(door) for door in kind.doors} if connection else {},
            "limits": kind.limits(connection) if connection else {}, "windows": {name: measuring.measure(session, row, name) for name in measuring.WINDOWS},
            "calls": measuring.calls(session, key), "errors": measuring.last_errors(session, key), "count": searching.counts(session)[key],
            "people": session.execute(select(Person.key, Person.name).where(Person.active).order_by(Person.key).limit(500)).all(),
            "me": current().key,
        }  # fmt: skip
        session.expunge_all()
    capabilities = connector.capabilities() if connector else Capabilities()
    return render_template(
        "connection.html", capabilities=capabilities.as_json() if connector else {}, tests=checks.possible(connector), broken=broken, faults=faults or [],
        secrets=secrets_of(kind), settings=settings_of(kind), targets=TARGETS, modules=MODULES, typed=request.form if faults else None, refresh=REFRESH,
        **shown,
    ), status  # fmt: skip


def reached(row: OaConnection) -> tuple[Any, Connector | None, str]:
    """Return a connection with its connector; and why there is none, where its credentials or its address are no longer good."""
    try:
        connection = opened(row)
    except ShenpiError as error:
        return None, None, str(error)
    try:
        return connection, connectors.get(connection), ""
    except ShenpiError as error:
        return connection, None, str(error)


def scope_of(row: OaConnection) -> dict[str, bool]:
    return {name: bool(row.scope.get(name, True)) for name in MODULES}


def is_newest(row: OaConnection) -> bool:
    return row.credentials is None or vault.is_newest(row.credentials)


def changed(key: str, work: Any, text: str) -> ResponseReturnValue:
    """Do it once; a refusal is the page with the reasons and what was typed."""

    def inside(session: Session) -> str:
        work(session)
        return url_for("connections_page.show", key=key)

    try:
        return said(once(inside), text)
    except InvalidContent as error:
        return page(key, error.faults, 422)


@blueprint.post("/<key>")
@needs("connection.manage")
def change(key: str) -> ResponseReturnValue:
    """Change name, address and settings."""
    values = request.form.get("name", ""), request.form.get("url", ""), typed("setting.")
    return changed(key, lambda session: connections.change(session, key, *values), _("设置已保存，马上生效。"))


@blueprint.post("/<key>/secrets")
@needs("connection.manage")
def secrets(key: str) -> ResponseReturnValue:
    """Replace secrets; the former one of a webhook stays valid until it is taken away."""
    made: list[str] = []

    def work(session: Session) -> None:
        _row, new = connections.replace_secrets(session, key, typed("secret."), make=request.form.get("make") == "true")
        made.extend([new] if new else [])

    return shown_once(changed(key, work, _("新密钥已生效。")), made[0] if made else None)


@blueprint.post("/<key>/secrets/<name>/take-away")
@needs("connection.manage")
def take_away(key: str, name: str) -> ResponseReturnValue:
    """Take away a former secret."""
    return changed(key, lambda session: connections.take_away(session, key, name), _("已取走，不再有效。"))


@blueprint.post("/<key>/active")
@needs("connection.manage")
def activate(key: str) -> ResponseReturnValue:
    """Switch on or off."""
    on = request.form.get("active") == "true"
    text = _("已启用。进行中的流程会补送过去。") if on else _("已停用：不再发送，也不再接收；停用期间的变化会在启用时补送。")
    return changed(key, lambda session: connections.set_active(session, key, on), text)


@blueprint.post("/<key>/scope")
@needs("connection.manage")
def scope(key: str) -> ResponseReturnValue:
    """Say what the connection is for."""
    chosen = {name: name in request.form.getlist("module") for name in MODULES}
    return changed(key, lambda session: connections.set_scope(session, key, chosen), _("用途已保存。"))


@blueprint.post("/<key>/checks")
@needs("connection.manage")
def check(key: str) -> ResponseReturnValue:
    """Have a worker test the connection."""
    what, person = request.form.get("what", ""), request.form.get("person", "").replace("\0", "").strip()
    return changed(key, lambda session: checks.ask(session, key, what, by=current(), person=person), _("正在测试，结果马上显示在下面。"))


@blueprint.get("/<key>/checks")
@needs("connection.manage")
def results(key: str) -> ResponseReturnValue:
    """The newest results of all tests, for the page to look again while one is under way."""
    with transaction() as session:
        row = connections.find(session, key)
        shown = {"row": row, "health": checks.latest(session, key), "now": read_clock(session)}
        shown["people"] = session.execute(select(Person.key, Person.name).where(Person.active).order_by(Person.key).limit(500)).all()
        tests = checks.possible(reached(row)[1])
        session.expunge_all()
    return render_template("connection_checks.html", tests=tests, refresh=REFRESH, me=current().key, **shown)
