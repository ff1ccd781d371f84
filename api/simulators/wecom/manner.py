"""How WeCom answers: HTTP 200 and `{errcode, errmsg}`, also to errors (the page 全局错误码)."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.simulators.gate import Gate, Manner, Refused
from api.simulators.simulator import simulator

APP = "app"
calls = Blueprint("wecom", __name__)


def ok(**found: Any) -> Response:
    return jsonify(errcode=0, errmsg="ok", **found)


def error(errcode: int, errmsg: str, **more: Any) -> Response:
    return jsonify(errcode=errcode, errmsg=errmsg, **more)


def refuse(errcode: int, errmsg: str) -> Refused:
    return Refused(error(errcode, errmsg))


def identify() -> str:
    token, sim = request.args.get("access_token", ""), simulator()
    if not token:
        raise refuse(41001, "access_token missing")
    if sim.tokens.subject(token) is None:
        known = sim.ledger.get("token", token)
        raise refuse(42001, "access_token expired") if known else refuse(40014, "invalid access_token")
    return APP


def failed() -> Response:
    answer = error(-1, "system error")
    answer.status_code = 500
    return answer


gate = Gate(
    calls,
    Manner(
        busy=lambda seconds: error(45009, "api freq out of limit"),
        unauthorized=lambda: error(48002, "api forbidden"),
        failed=failed,
        wrong=lambda message: error(40058, f"invalid Request Parameter: {message}"),
        identify=identify,
    ),
)
