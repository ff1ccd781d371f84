"""What all pages about office systems share: their tabs."""

from flask import current_app
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from engine.permissions import Actor, allows

TABS = (
    ("connections", "connections_page.index", _l("连接")),
    ("deliveries", "deliveries_page.index", _l("送达")),
    ("inbox", "inbox_page.index", _l("收件")),
    ("reconciliation", "reconciliation_page.index", _l("对账")),
    ("identities", "identities_page.index", _l("人员对应")),
    ("directory", "directory_page.index", _l("组织同步")),
    ("sign-ins", "sign_ins_page.index", _l("登录记录")),
)


def tabs(actor: Actor | None) -> list[tuple[str, str, LazyString]]:
    """Return the tabs that this application has and the actor may open: by the permission that the page itself asks for."""
    views = current_app.view_functions
    return [tab for tab in TABS if actor is not None and tab[1] in views and allows(actor, views[tab[1]].permission)]  # type: ignore[union-attr]
