"""How Feishu answers: `{code, msg, data}`, and the codes every API shares (the page generic-error-code, and the error tables of approval-v4)."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.simulators.gate import Gate, Manner, Refused
from api.simulators.simulator import simulator

TENANT = "tenant"
calls = Blueprint("feishu", __name__)


def data(**found: Any) -> Response:
    return jsonify(code=0, msg="success", data=found)


def error(code: int, message: str, status: int | None = None) -> Response:
    answer = jsonify(code=code, msg=message)
    answer.status_code = simulator().config.error_status if status is None else status
    return answer


def refuse(code: int, message: str) -> Refused:
    return Refused(error(code, message))


def busy(seconds: int) -> Response:
    answer = error(99991400, "request trigger frequency limit", simulator().config.busy_status)
    answer.headers["x-ogw-ratelimit-limit"] = str(simulator().config.per_minute)
    answer.headers["x-ogw-ratelimit-reset"] = str(seconds)
    return answer


def bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise refuse(99991661, "Missing access token for authorization.")
    return token


def tenant() -> str:
    """Return the tenant; a person's token does not do."""
    if simulator().tokens.subject(bearer()) != TENANT:
        raise refuse(99991663, "Invalid access token for authorization. Please make a test attempt with an appropriate token.")
    return TENANT


def person() -> str:
    """Return the `userId` of the person whose token it is."""
    kind, _, user_id = (simulator().tokens.subject(bearer()) or "").partition(":")
    if kind != "user":
        raise refuse(99991668, "Invalid access token for authorization: user access token is invalid or expired.")
    return user_id


def manner_for(identify: Any) -> Manner:
    return Manner(
        busy=busy,
        unauthorized=lambda: error(99991672, "Access denied. One of the following scopes is required: [approval:approval]."),
        failed=lambda: error(1395001, "There have been some errors. Please try again later", 500),
        wrong=lambda message: error(1390001, f"param is invalid: {message}"),
        identify=identify,
    )


gate = Gate(calls, manner_for(tenant))
people_gate = Gate(calls, manner_for(person))
