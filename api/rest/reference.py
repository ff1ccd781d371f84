"""The OpenAPI page, served from our own files."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_smorest import Api

from api.security import open_to_all

reference = Blueprint("reference", __name__)


def register(api: Api) -> None:
    """Add the page; the document itself is at `/api/openapi.json`."""
    api._app.register_blueprint(reference)
    reference.spec = api.spec  # type: ignore[attr-defined]


@reference.get("/api/")
@open_to_all
def page() -> ResponseReturnValue:
    """Every route with its parameters and answers, readable without script."""
    return render_template("reference.html", document=reference.spec.to_dict())  # type: ignore[attr-defined]
