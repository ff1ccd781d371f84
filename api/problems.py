"""Errors to HTTP: the one place that knows both, RFC 9457 `application/problem+json` for programs and a page for people.

No traceback ever reaches a client. Each answer carries a reference that also stands in the log.
"""

import logging
import secrets
from itertools import islice
from typing import Any

import orjson
from flask import Flask, Response, g, has_request_context, render_template, request
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from api import lapsed
from engine import errors

log = logging.getLogger("shenpi.api")

STATUS: dict[type[Exception], int] = {
    errors.NotFound: 404,
    errors.NotPermitted: 403,
    errors.StaleRevision: 412,
    errors.TooSoon: 429,
    errors.InvalidContent: 422,
    errors.Refused: 409,
    errors.Conflict: 409,
    errors.ExecutionFailed: 422,
    errors.OAError: 502,
    errors.Unavailable: 503,
    errors.ShenpiError: 500,
}
MOST_FAULTS = 200
#: what is said to Chinese callers in the place of Werkzeug's sentences
SAID = {
    400: "请求有误，无法读取", 403: "没有权限", 404: "没有这个地址", 405: "这个地址不支持这种请求", 406: "没有所要求的格式", 408: "请求超时",
    413: "内容过大", 414: "地址过长", 415: "不支持这种内容类型", 422: "内容不符合要求", 429: "请求过于频繁，请稍后再试", 431: "请求头过大",
}  # fmt: skip
#: marshmallow's sentences
SHORT = {
    "Missing data for required field.": "缺少必填项", "Unknown field.": "未知的字段", "Field may not be null.": "不能为空", "Not a valid string.": "须为文字",
    "Not a valid integer.": "须为整数", "Not a valid number.": "须为数字", "Not a valid boolean.": "须为 true 或 false", "Not a valid UUID.": "不是有效的编号",
    "Not a valid date.": "不是有效的日期", "Not a valid datetime.": "不是有效的时间", "Not a valid list.": "须为列表", "Not a valid mapping type.": "须为对象",
    "Invalid input type.": "类型不对", "Invalid value.": "值无效",
}  # fmt: skip


def status_of(error: Exception) -> int:
    """Return the status of the nearest ancestor that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def language() -> str:
    """Return `zh` or `en`, as the caller asked."""
    locale = get_locale() if has_request_context() else None
    return "en" if locale is not None and locale.language == "en" else "zh"


def describe(error: errors.ShenpiError) -> dict[str, Any]:
    """Return the problem document of one of our errors."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.code.replace("-", " ").capitalize(),
        "status": status,
        "code": error.code,
        "detail": error.say(language()),
        "facts": {name: value for name, value in error.facts.items() if isinstance(value, str | int | bool | None)},
        "reference": reference(),
    }
    if isinstance(error, errors.InvalidContent):
        body["faults"] = [fault.as_json() for fault in error.faults]
    return body


def reference() -> str:
    """Return this request's reference number."""
    if "reference" not in g:
        g.reference = secrets.token_hex(5)
    return str(g.reference)


def answer(body: dict[str, Any]) -> Response:
    """Return a problem as the caller can read it: JSON for programs, a page for people."""
    status = int(body["status"])
    if wants_page():
        return Response(render_template("problem.html", problem=body), status=status, mimetype="text/html")
    response = Response(orjson.dumps(body, default=str), status=status, mimetype="application/problem+json")
    if status in (429, 503):
        response.headers["Retry-After"] = str(body.get("facts", {}).get("seconds", 5))
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def wants_page() -> bool:
    """Tell whether a person's browser asked, rather than a program."""
    return not request.path.startswith(("/api/", "/oa/")) and request.accept_mimetypes.accept_html


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """Return a problem that no engine error stands for."""
    body = {"type": f"/problems/{code}", "title": code.replace("-", " ").capitalize(), "status": status, "code": code, "detail": detail}
    return answer({**body, "facts": {}, "reference": reference(), **more})


def install(app: Flask) -> None:
    """Answer every error of this application from here."""
    app.register_error_handler(errors.ShenpiError, _ours)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(CSRFError, _lapsed)
    app.register_error_handler(ValidationError, _validation)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: errors.ShenpiError) -> Response:
    if status_of(error) >= 500:
        log.error("%s %s: %r", reference(), error, error.__cause__)
    return answer(describe(error))


def http(error: HTTPException) -> Response:
    """Answer what Flask and its friends refuse."""
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    messages = data.get("messages") if isinstance(data, dict) else None
    code = (error.name or "error").lower().replace(" ", "-")
    more: dict[str, Any] = {"faults": _faults(messages)} if messages else {}
    said = str(error.description or error.name)
    if language() == "zh" and error.description == type(error).description:
        said = SAID.get(status, said)
    response = problem(status, "invalid-content" if status == 422 else code, said, **more)
    response.headers.extend({name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")})
    return response


def _lapsed(error: CSRFError) -> Response:
    """A form without the token of its session: people are told what that means."""
    return lapsed.answer() if wants_page() else http(error)


def _validation(error: ValidationError) -> Response:
    faults = _faults(error.messages)
    return problem(422, "invalid-content", "内容不符合要求" if language() == "zh" else "The content does not fit", faults=faults)


def _too_deep(error: RecursionError) -> Response:
    log.warning("%s too deep: %s", reference(), error)
    return problem(422, "too-deep", "内容嵌套过深" if language() == "zh" else "The content is nested too deeply")


def _faults(messages: Any) -> list[Any]:
    """Return the first of marshmallow's messages as faults: nobody reads thousands."""
    return list(islice(_flatten(messages), MOST_FAULTS))


def _flatten(messages: Any, path: str = "") -> Any:
    """Turn marshmallow's nested messages into faults with a path."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flatten(inner, f"{path}.{name}" if path else str(name))
    else:
        for text in messages if isinstance(messages, list) else [messages]:
            yield {"code": "field-invalid", "path": path, "en": str(text), "zh": SHORT.get(str(text), str(text))}


def _unexpected(error: Exception) -> Response:
    log.exception("%s unexpected", reference(), exc_info=error)
    text = "系统出现意外错误，您的操作没有生效。" if language() == "zh" else "Something unexpected happened; nothing was changed."
    return problem(500, "unexpected", text)
