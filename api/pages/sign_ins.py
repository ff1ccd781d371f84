"""Who came in (登录记录), for administrators: by which door, when, and who was turned away."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from api.pages.deliveries import names
from api.pages.listing import next_url, rows_only, text
from api.rest.conventions import place_of
from api.security import needs
from engine import sign_ins as room
from engine.database import transaction
from engine.settings import read_settings

blueprint = Blueprint("sign_ins_page", __name__, url_prefix="/sign-ins")
PAGE = 30


@blueprint.get("")
@needs("people.manage")
def index() -> ResponseReturnValue:
    """Sign-ins, newest first, filtered as the address says."""
    result = text("result") if text("result") in room.RESULTS else ""
    with transaction() as session:
        found = room.search(
            session, connection=text("connection"), result=result, words=text("q"), limit=PAGE, after=place_of(text("after") or None)
        )
        shown = {"rows": found.rows, "names": names(session), "counts": room.counts(session)}
    return render_template(
        "sign_ins_rows.html" if rows_only() else "sign_ins.html", asked=request.args, results=room.RESULTS, result=result, password=room.PASSWORD,
        days=read_settings().keep_sign_ins, filtered=bool(text("connection") or result or text("q")),
        more=next_url("sign_ins_page.index", str(found.after) if found.after else None), **shown,
    )  # fmt: skip
