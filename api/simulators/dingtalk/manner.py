"""How DingTalk answers: the newer API with HTTP statuses and `{code, message, requestid}`, the older `topapi` with 200 and `{errcode, errmsg}`."""

import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.simulators.gate import Gate, Manner, Refused
from api.simulators.simulator import simulator

APP = "app"
calls = Blueprint("dingtalk", __name__)


def error(status: int, code: str, message: str, **more: Any) -> Response:
    answer = jsonify(code=code, message=message, requestid=str(uuid.uuid4()).upper(), **more)
    answer.status_code = status
    return answer


def refuse(code: str, message: str, status: int = 400) -> Refused:
    return Refused(error(status, code, message))


def old(errcode: int, errmsg: str, **more: Any) -> Response:
    return jsonify(errcode=errcode, errmsg=errmsg, request_id=uuid.uuid4().hex[:12], **more)


def token_error() -> Refused:
    return refuse("InvalidAuthentication", "不合法的access_token", simulator().config.token_status)


def app() -> str:
    if simulator().tokens.subject(request.headers.get("x-acs-dingtalk-access-token", "")) != APP:
        raise token_error()
    return APP


def person() -> str:
    """Return the `userId` of the person whose token it is."""
    kind, _, user_id = (simulator().tokens.subject(request.headers.get("x-acs-dingtalk-access-token", "")) or "").partition(":")
    if kind != "user":
        raise token_error()
    return user_id


def old_app() -> str:
    token = request.args.get("access_token", "")
    if simulator().tokens.subject(token) != APP:
        raise Refused(old(40014, "不合法的access_token"))
    return APP


def busy(seconds: int) -> Response:
    return error(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", f"qps limit, retry after {seconds} s")


def missing_permission() -> Response:
    detail = {"requiredScopes": ["Workflow.Instance.Write"]}
    return error(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "应用尚未开通所需的权限", accessdenieddetail=detail)


def failed() -> Response:
    return error(500, "ServiceUnavailable", "系统繁忙")


def wrong(message: str) -> Response:
    return error(400, "param.error", f"参数错误: {message}")


gate = Gate(calls, Manner(busy=busy, unauthorized=missing_permission, failed=failed, wrong=wrong, identify=app))
people_gate = Gate(calls, Manner(busy=busy, unauthorized=missing_permission, failed=failed, wrong=wrong, identify=person))
old_gate = Gate(
    calls,
    Manner(
        busy=lambda seconds: old(90018, "您的应用调用该接口次数过多，超过了该应用配置的该接口最大qps"),
        unauthorized=lambda: old(88, "ding talk error", sub_code="60011", sub_msg="没有调用该接口的权限"),
        failed=failed,
        wrong=lambda message: old(400002, f"无效的参数: {message}"),
        identify=old_app,
    ),
)
