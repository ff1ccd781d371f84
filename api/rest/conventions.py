"""What every noun of the REST interface shares: paging, ETag, and how a caller is checked.."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import orjson
from flask import Response, request
from flask_wtf.csrf import validate_csrf
from marshmallow import EXCLUDE, Schema, fields, validate
from wtforms import ValidationError

from api import problems
from api.security import needs
from engine.errors import NotPermitted
from engine.worklist import MAX_PAGE

P = ParamSpec("P")
R = TypeVar("R")


class Camel(Schema):
    """Names are camelCase outside and snake_case inside."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        head, *rest = (field_obj.data_key or field_name).split("_")
        field_obj.data_key = head + "".join(word.capitalize() for word in rest)


class Strict(Camel):
    """As `Camel`, and a name that is not expected is a fault."""

    class Meta:
        unknown = "raise"


class Paging(Camel):
    """A page of a list: at most `limit` rows after the mark `after`."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))
    after = fields.String(load_default=None, validate=validate.Length(max=500))


def route(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the permission a REST route needs; a browser session that changes something must also show its CSRF token."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if request.method not in ("GET", "HEAD", "OPTIONS") and "Authorization" not in request.headers:
                try:
                    validate_csrf(request.headers.get("X-CSRFToken") or request.form.get("csrf_token"))
                except ValidationError as error:
                    raise NotPermitted(reason="csrf") from error
            return view(*args, **kwargs)

        guarded = needs(permission)(checked)
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def etag(revision: int) -> dict[str, str]:
    """Return the headers that name a revision."""
    return {"ETag": f'"{revision}"'}


def expected_revision() -> int | None:
    """Return the revision of `If-Match`; None when it is absent or `*`. A weak or foreign tag can never match."""
    value = request.headers.get("If-Match", "").strip()
    if not value or value == "*":
        return None
    try:
        return int(value.strip('"')) if value.startswith('"') else -1
    except ValueError:
        return -1


def json_only() -> Response | None:
    """Refuse a body that is not JSON with 415."""
    if request.content_length and request.mimetype != "application/json":
        return problems.problem(415, "unsupported-media-type", "Send application/json")
    return None


def shown(body: Any, headers: dict[str, str] | None = None) -> Response:
    """Return JSON that a schema has dumped inside the transaction; flask-smorest passes a finished response on as it is."""
    return Response(orjson.dumps(body, default=str), headers=headers, mimetype="application/json")


def page_of(rows: list[Any], after: str | None) -> Response:
    """Return one page of dumped rows."""
    return shown({"items": rows, "after": after})


def multipart(name: str, *, several: bool = False) -> dict[str, Any]:
    """Return the OpenAPI text of a body that carries files under one name."""
    file: dict[str, Any] = {"type": "string", "format": "binary"}
    schema = {"type": "object", "properties": {name: {"type": "array", "items": file} if several else file}, "required": [name]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
