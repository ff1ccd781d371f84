"""What every noun of the REST interface shares: schemas, paging, ETag, and how a caller and a body are checked before anything is read."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import orjson
from flask import Response, request
from flask_smorest import Blueprint
from flask_wtf.csrf import validate_csrf
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from wtforms import ValidationError as CsrfError

from api import problems
from api.rest.arguments import Parser
from api.security import needs
from engine.errors import Fault, InvalidContent, NotPermitted
from engine.worklist import MAX_PAGE

Blueprint.ARGUMENTS_PARSER = Parser()  # before any view is decorated
MAX_JSON = 1024 * 1024  #: bytes of a body that is no upload
TAG = re.compile(r'"([0-9]{1,9})"')

P = ParamSpec("P")
R = TypeVar("R")


class Camel(Schema):
    """Names are camelCase outside and snake_case inside."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        head, *rest = (field_obj.data_key or field_name).split("_")
        field_obj.data_key = head + "".join(word.capitalize() for word in rest)

    @pre_load
    def refuse_broken_text(self, data: Any, **_: Any) -> Any:
        """Refuse what neither PostgreSQL nor hashing can carry, wherever it stands."""
        if isinstance(data, Mapping):
            broken = {name: ["NUL or a broken character"] for name, value in data.items() if is_broken(name) or is_broken(value)}
            if broken:
                raise ValidationError({str(name).encode(errors="replace").decode(): text for name, text in broken.items()})
        return data


def is_broken(value: Any) -> bool:
    """Tell whether a text anywhere inside has a NUL or half a surrogate pair."""
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, str):
            if "\0" in here or any("\ud800" <= char <= "\udfff" for char in here):
                return True
        elif isinstance(here, Mapping):
            stack += [*here, *here.values()]
        elif isinstance(here, list | tuple):
            stack += here
    return False


class Strict(Camel):
    """As `Camel`, and a name that is not expected is a fault."""

    class Meta:
        unknown = "raise"


class Paging(Camel):
    """A page of a list: at most `limit` rows after the mark `after`."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))
    after = fields.String(load_default=None, validate=validate.Length(max=500))


class Moment(fields.AwareDateTime):
    """A time with its zone, read as UTC; one that UTC's calendar does not have is refused."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(*args, **kwargs).astimezone(UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=str(args[0]), obj_type=self.OBJ_TYPE) from error


def route(permission: str, *, files: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the permission a REST route needs; it stands above every other decorator, so that a stranger is told nothing about the content.

    A browser session that changes something must also show its CSRF token. A body is JSON of at most `MAX_JSON` bytes, or else `files`.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not files:
                request.max_content_length = MAX_JSON
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                if "Authorization" not in request.headers:
                    require_csrf()
                if not files and (refused := json_only()):
                    return refused  # type: ignore[return-value]
            return view(*args, **kwargs)

        guarded = needs(permission)(checked)
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def require_csrf() -> None:
    """Refuse with `NotPermitted` a browser's request that does not show the token of its session."""
    try:
        validate_csrf(request.headers.get("X-CSRFToken") or request.form.get("csrf_token"))
    except CsrfError as error:
        raise NotPermitted(reason="csrf") from error


def etag(revision: int) -> dict[str, str]:
    """Return the headers that name a revision."""
    return {"ETag": f'"{revision}"'}


def expected_revision() -> int | None:
    """Return the revision of `If-Match`; None when it is absent or `*`. A weak or foreign tag can never match."""
    value = request.headers.get("If-Match", "").strip()
    if not value or value == "*":
        return None
    found = TAG.fullmatch(value)
    return int(found[1]) if found else -1


def place_of(after: str | None) -> UUID | None:
    """Read the mark of a list whose order is its id; `InvalidContent` for one that is none of ours."""
    try:
        return UUID(after) if after else None
    except ValueError as error:
        raise InvalidContent([Fault("after-invalid", "翻页标记无效", "The paging mark is not valid", path="after")]) from error


def json_only() -> Response | None:
    """Refuse a body that is not JSON with 415."""
    sent = request.content_length or "Transfer-Encoding" in request.headers
    if sent and request.mimetype != "application/json":
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
