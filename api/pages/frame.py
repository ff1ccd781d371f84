"""What stands around every page: navigation by what the person may do, the language switch, how amounts, times and states are written."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from api.locale import choose
from api.pages import words
from api.pages.offices import tabs
from engine import alerts
from engine.database import transaction
from engine.errors import ShenpiError
from engine.permissions import Actor, allows
from processes.invoice.words import write

#: endpoint, label, icon, permission
NAVIGATION = [
    ("todos.index", _l("待办"), "checklist", "task.work"),
    ("submit.form", _l("提交发票"), "camera", "invoice.upload"),
    ("cases.mine", _l("我发起"), "send", "instance.read"),
    ("cases.index", _l("全部流程"), "list", "instance.read_all"),
    ("archive_page.index", _l("归档"), "archive", "archive.read"),
    ("incidents_page.index", _l("异常"), "alert-triangle", "incident.read"),
    ("processes.index", _l("流程定义"), "route", "definition.read"),
    ("people_page.index", _l("人员"), "users", "people.read"),
    ("connections_page.index", _l("办公系统"), "plug-connected", "connection.manage"),
]

#: blueprints whose pages stand below another's entry
BELOW = {
    "task": "todos", "bulk": "todos",
    "posts_page": "people_page", "organisation_page": "people_page", "authority_page": "people_page", "duties_page": "people_page",
    "deliveries_page": "connections_page", "inbox_page": "connections_page", "identities_page": "connections_page", "directory_page": "connections_page",
    "reconciliation_page": "connections_page",
}  # fmt: skip


def register(app: Flask) -> None:
    """Give the templates their context and filters."""
    app.context_processor(context)
    app.after_request(keep_private)
    for filter_ in (money, moment, capital, duration, brief, day, due, words.offices.reason):
        app.add_template_filter(filter_)
    app.jinja_env.globals.update(
        words=words,
        decision=words.cases.decision,
        decided=words.cases.decided,
        case_sign=words.cases.case_sign,
        new_key=lambda: str(uuid4()),
        may=may,
        open_alerts=open_alerts,
    )


def context() -> dict[str, Any]:
    """Return what `base.html` needs."""
    actor: Actor | None = g.get("actor")
    language = choose()
    other = "en" if language == "zh" else "zh"
    endpoints = current_app.view_functions
    nav = [
        (url_for(endpoint), str(label), is_at(endpoint), icon)
        for endpoint, label, icon, permission in NAVIGATION
        if actor is not None and endpoint in endpoints and allows(actor, permission)
    ]
    back = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return {
        "office_tabs": tabs(actor),
        "language": "zh-CN" if language == "zh" else "en",
        "zh": language == "zh",
        "language_switch": (url_for("sign_in.language", chosen=other, next=back), "English" if other == "en" else "中文"),
        "nav": nav,
        "actor": actor,
        "person": {"name": actor.name, "department": actor.department, "url": url_for("sign_in.me")} if actor else None,
    }


def is_at(endpoint: str) -> bool:
    """Tell whether this request is at an entry of the navigation or at a page below it."""
    home = BELOW.get(request.blueprint or "", request.blueprint)
    return request.endpoint == endpoint or (home != "cases" and endpoint == f"{home}.index")


def keep_private(response: Response) -> Response:
    """Let no shared cache keep a page, and let a browser ask again before it shows one."""
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.update(("HX-Request", "Cookie"))
    return response


def may(permission: str) -> bool:
    """Tell a template whether the caller has a permission."""
    actor: Actor | None = g.get("actor")
    return actor is not None and allows(actor, permission)


def open_alerts() -> list[Any]:
    """Return what administrators must know on every page; nothing for others, and nothing where the database cannot be asked."""
    if not may("connection.manage"):
        return []
    try:
        with transaction() as session:
            return alerts.shown(session)
    except ShenpiError:
        return []


def money(value: Decimal | str | None, currency: str | None = "CNY") -> str:
    """Return an amount as people write it: ¥1,234,567.80, other currencies by code."""
    if value is None or value == "":
        return "—"
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    figures = f"{abs(amount):,.2f}"
    sign = "-" if amount < 0 else ""
    return f"{sign}¥{figures}" if currency in ("CNY", None, "") else f"{sign}{currency} {figures}"


def capital(value: Decimal | None, currency: str | None = "CNY") -> str:
    """Return a yuan amount in capitals (大写); nothing for other currencies and for what cannot be written so."""
    if value is None or currency not in ("CNY", None, ""):
        return ""
    try:
        return write(Decimal(value))
    except ValueError:
        return ""


def zone() -> ZoneInfo:
    """Return the installation's time zone."""
    return ZoneInfo(current_app.config["SETTINGS"].time_zone)


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """Return a time in the installation's zone: 2026-11-22 09:30."""
    if value is None:
        return "—"
    return value.astimezone(zone()).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def day(value: datetime | None) -> str:
    """Return the day of a time in the installation's zone."""
    return moment(value)[:10]


def duration(span: timedelta | None) -> str:
    """Return a span in words, two units at most."""
    if span is None:
        return "—"
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _("%(d)s 天 %(h)s 小时", d=days, h=hours) if hours else _("%(d)s 天", d=days)
    if hours:
        return _("%(h)s 小时 %(m)s 分钟", h=hours, m=rest) if rest else _("%(h)s 小时", h=hours)
    return _("%(m)s 分钟", m=minutes) if minutes else _("不到 1 分钟")


def brief(span: timedelta | None) -> str:
    """Return a span in words; below two minutes in seconds."""
    if span is None:
        return "—"
    seconds = max(0.0, span.total_seconds())
    if seconds < 10:
        return _("%(s)s 秒", s=f"{seconds:.1f}")
    return _("%(s)s 秒", s=round(seconds)) if seconds < 120 else duration(span)


def due(value: datetime | None, now: datetime) -> dict[str, str] | None:
    """Return a due time in words and how urgent it is: `late`, `soon` (today) or `later`; None where nothing is due."""
    if value is None:
        return None
    local, today = value.astimezone(zone()), now.astimezone(zone())
    if value <= now:
        return {"kind": "late", "icon": "alert-triangle", "text": _("已逾期 %(span)s", span=duration(now - value))}
    if local.date() == today.date():
        return {"kind": "soon", "icon": "clock", "text": _("今天 %(time)s 到期", time=local.strftime("%H:%M"))}
    if local.date() == today.date() + timedelta(days=1):
        return {"kind": "later", "icon": "clock", "text": _("明天 %(time)s 到期", time=local.strftime("%H:%M"))}
    return {"kind": "later", "icon": "clock", "text": _("%(time)s 到期", time=moment(value))}
