"""The calls of ofs: JSON below `/rest/ofs/`, and the same as a SOAP service whose argument and result are that JSON as text. HTTP says 200 either way."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from api.simulators import soap
from api.simulators.fields import Wrong
from api.simulators.gate import Gate, Manner, due
from api.simulators.simulator import simulator
from api.simulators.weaver import rows

NAMESPACE = "webservices.ofs.weaver.com.cn"
calls = Blueprint("weaver", __name__)


def reply(ok: bool, data_type: str, oper_type: str, message: str) -> dict[str, str]:
    result = "1" if ok else "0"
    return {"syscode": simulator().config.syscode, "dataType": data_type, "operType": oper_type, "operResult": result, "message": message}


def refused(message: str) -> Response:
    return jsonify(reply(False, "WfData", "Check", message))


def unavailable(seconds: int) -> Response:
    return Response("Service Unavailable", 503, headers={"Retry-After": str(seconds)}, content_type="text/plain")


def broken() -> Response:
    return Response("<html><body>500 Servlet Exception</body></html>", 500, content_type="text/html; charset=utf-8")


def blocked() -> Response:
    return jsonify(reply(False, "OtherSys", "Check", "IP地址不在允许范围内"))


gate = Gate(calls, Manner(busy=unavailable, unauthorized=blocked, failed=broken, wrong=refused, identify=lambda: ""))


def upsert(body: dict[str, Any]) -> str:
    rows.checked(body, (*rows.RECEIVED, "isremark", "viewtype"))
    return rows.receive(body, *rows.state(body))


def receive_todo(body: dict[str, Any]) -> str:
    rows.checked(body, rows.RECEIVED)
    return rows.receive(body, rows.TODO, body.get("viewtype") or "0")


def receive_copy(body: dict[str, Any]) -> str:
    rows.checked(body, rows.RECEIVED)
    return rows.receive(body, rows.COPY, body.get("viewtype") or "0")


def done(body: dict[str, Any]) -> str:
    rows.checked(body, rows.ENDED)
    return rows.end(body, rows.DONE)


def over(body: dict[str, Any]) -> str:
    rows.checked(body, rows.ENDED)
    return rows.end(body, rows.OVER)


def delete(body: dict[str, Any]) -> str:
    rows.checked(body, ("syscode", "flowid"))
    return rows.delete(body)


def delete_one(body: dict[str, Any]) -> str:
    rows.checked(body, ("syscode", "flowid", "userid"))
    return rows.delete(body, body["userid"])


#: the name in the path -> what it does; the SOAP operation is the same name with a small first letter
ACTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "ReceiveRequestInfoByJson": upsert,
    "ReceiveTodoRequestByJson": receive_todo,
    "ReceiveCCRequestByJson": receive_copy,
    "ProcessDoneRequestByJson": done,
    "ProcessOverRequestByJson": over,
    "deleteRequestInfoByJson": delete,
    "deleteUserRequestInfoByJson": delete_one,
}
BATCHES = {"batchReceiveRequestInfoByJson": upsert, "batchDeleteUserRequestInfoByJson": delete_one}


def act_on(act: Callable[[dict[str, Any]], str], body: Any) -> dict[str, str]:
    """Do one act and return its reply; what cannot be done is told in the reply, and leaves nothing."""
    if not isinstance(body, dict):
        return reply(False, "WfData", "Check", "JSON object is required")
    try:
        return reply(True, "WfData", act(body), "")
    except rows.Failed as failed:
        return reply(False, failed.data_type, failed.oper_type, failed.message)
    except Wrong as wrong:
        return reply(False, "WfData", "Check", str(wrong))


@gate.call("POST", "/rest/ofs/<name>")
def ofs(name: str) -> Response | tuple[Response, int]:
    body = request.get_json(silent=True, force=True)
    if name in ACTS:
        return jsonify(act_on(ACTS[name], body))
    if name not in BATCHES:
        return Response("Not Found", 404), 404
    if not isinstance(body, list):
        raise Wrong("JSON array is required")
    first = [reply(False, "WfData", "Check", "系统异常")] if body and due(simulator(), "partial") else []
    return jsonify([*first, *(act_on(BATCHES[name], each) for each in body[len(first) :])])


@gate.call("POST", "/services/OfsTodoDataWebService")
def service() -> Response:
    message = soap.read(request.get_data())
    act = ACTS.get(message.operation[:1].upper() + message.operation[1:]) or ACTS.get(message.operation)
    if act is None or message.namespace != NAMESPACE or [soap.local(each) for each in message.arguments] != ["in0"]:
        return soap.fault(f"no operation {message.operation} with one argument in0")
    try:
        body = json.loads(message.arguments[0].text or "")
    except ValueError:
        body = None
    result = act_on(act, body)
    g.code = result["operResult"]
    return soap.answer(NAMESPACE, message.operation, "out", json.dumps(result, ensure_ascii=False))
