"""How Seeyon answers: `{success, errorMsgs}`, and 401 with code 1010 for a token that is not valid."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.simulators.gate import Gate, Manner, Refused
from api.simulators.simulator import simulator

calls = Blueprint("seeyon", __name__)


def answer(success: bool, *errors: dict[str, Any]) -> Response:
    return jsonify(success=success, errorMsgs=list(errors))


def problem(detail: str, task: str = "") -> dict[str, str]:
    return {"taskId": task, "errorCode": "1", "errorDetail": detail}


def identify() -> str:
    """Let a token through that was used a short time ago; using it lets it last."""
    sim, token = simulator(), request.headers.get("token") or request.args.get("token", "")
    if sim.tokens.subject(token) is None:
        denied = jsonify(code="1010", message="token is invalid or expired")
        denied.status_code = sim.config.token_status
        raise Refused(denied)
    sim.tokens.touch(token, sim.config.token_seconds)
    return "rest"


def unavailable(seconds: int) -> Response:
    return Response("Service Unavailable", 503, headers={"Retry-After": str(seconds)}, content_type="text/plain")


def broken() -> Response:
    denied = jsonify(code="500", message="系统异常")
    denied.status_code = 500
    return denied


def forbidden() -> Response:
    denied = jsonify(code="1003", message="REST用户没有该资源的权限")
    denied.status_code = 403
    return denied


gate = Gate(
    calls,
    Manner(
        busy=unavailable, unauthorized=forbidden, failed=broken, wrong=lambda message: answer(False, problem(message)), identify=identify
    ),
)
