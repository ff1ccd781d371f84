"""What stands around every page: navigation by what the person may do, the language switch, how amounts and times are written."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _

from api.locale import choose
from engine.permissions import Actor, allows

#: endpoint, label, icon, permission
NAVIGATION: list[tuple[str, str, str, str]] = []


def register(app: Flask) -> None:
    """Give the templates their context and filters."""
    app.context_processor(context)
    app.template_filter("money")(money)
    app.template_filter("moment")(moment)


def context() -> dict[str, Any]:
    """Return what `base.html` needs."""
    actor: Actor | None = g.get("actor")
    language = choose()
    other = "en" if language == "zh" else "zh"
    endpoints = current_app.view_functions
    nav = [
        (url_for(endpoint), _(label), request.endpoint == endpoint, icon)
        for endpoint, label, icon, permission in NAVIGATION
        if actor is not None and endpoint in endpoints and allows(actor, permission)
    ]
    back = request.full_path.rstrip("?")
    return {
        "language": "zh-CN" if language == "zh" else "en",
        "language_switch": (url_for("sign_in.language", chosen=other, next=back), "English" if other == "en" else "中文"),
        "nav": nav,
        "actor": actor,
        "person": {"name": actor.name, "department": actor.department, "url": url_for("sign_in.me")} if actor else None,
    }


def money(value: Decimal | str | None, currency: str | None = "CNY") -> str:
    """Return an amount as people write it: ¥1,234,567.80, other currencies by code."""
    if value is None or value == "":
        return "—"
    amount = Decimal(str(value))
    figures = f"{abs(amount):,.2f}"
    sign = "-" if amount < 0 else ""
    return f"{sign}¥{figures}" if currency in ("CNY", None, "") else f"{sign}{currency} {figures}"


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """Return a time in the installation's zone: 2026-11-22 09:30."""
    if value is None:
        return "—"
    zone = ZoneInfo(current_app.config["SETTINGS"].time_zone)
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
