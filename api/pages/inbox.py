"""What office systems told us, for administrators: who pressed what, and why it was not applied."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from api.pages.deliveries import names
from api.pages.listing import next_url, rows_only, text
from api.rest.conventions import place_of
from api.security import needs
from engine import received
from engine.database import transaction

blueprint = Blueprint("inbox_page", __name__, url_prefix="/inbox")
PAGE = 30


@blueprint.get("")
@needs("connection.manage")
def index() -> ResponseReturnValue:
    """Messages, newest first, filtered as the address says."""
    state = text("state") if text("state") in received.STATES else ""
    with transaction() as session:
        found = received.search(
            session, connection=text("connection"), state=state, words=text("q"), limit=PAGE, after=place_of(text("after") or None)
        )
        shown = {"rows": found.rows, "names": names(session), "counts": received.counts(session)}
    return render_template(
        "inbox_rows.html" if rows_only() else "inbox.html", asked=request.args, states=received.STATES, state=state,
        filtered=bool(text("connection") or state or text("q")), more=next_url("inbox_page.index", str(found.after) if found.after else None), **shown,
    )  # fmt: skip
