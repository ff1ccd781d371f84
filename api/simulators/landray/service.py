"""The web service: its WSDL, who may call, and its operations. `returnState` is 0 not run, 1 failed, 2 success; HTTP says 200 to all of them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request
from lxml import etree

from api.simulators import soap
from api.simulators.fields import Wrong
from api.simulators.gate import Gate, Manner, Refused
from api.simulators.landray import todos
from api.simulators.simulator import simulator

NAMESPACE = "http://webservice.notify.sys.kmss.landray.com/"
PATH = "/sys/webservice/sysNotifyTodoWebService"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
NOT_RUN, FAILED, DONE = "0", "1", "2"
calls = Blueprint("landray", __name__)

OPERATIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "sendTodo": todos.send,
    "updateTodo": todos.update,
    "setTodoDone": todos.set_done,
    "deleteTodo": todos.delete,
    "getTodo": todos.get,
    "getTodoCount": todos.count,
}


def result(state: str, message: str) -> Response:
    g.code = state
    return soap.answer(NAMESPACE, g.get("operation", "sendTodo"), "return", {"message": message, "returnState": state})


def identify() -> str:
    """Check the SOAP header, when a user is set. A body that cannot be read is told by the operation, not here."""
    config = simulator().config
    if not config.user:
        return ""
    header = soap.read(request.get_data()).header
    if (header.get("user"), header.get("password")) != (config.user, config.password):
        raise Refused(soap.fault("user or password is wrong"))
    return config.user


def unavailable(seconds: int) -> Response:
    return Response("Service Unavailable", 503, headers={"Retry-After": str(seconds)}, content_type="text/plain")


gate = Gate(
    calls,
    Manner(
        busy=unavailable,
        unauthorized=lambda: soap.fault("IP is not allowed"),
        failed=lambda: soap.fault("系统异常"),
        wrong=lambda message: result(FAILED, message),
        identify=identify,
    ),
)


@gate.call("POST", PATH)
def service() -> Response:
    message = soap.read(request.get_data())
    act = OPERATIONS.get(message.operation)
    if act is None or message.namespace != NAMESPACE:
        return soap.fault(f"Message part {{{message.namespace}}}{message.operation} was not recognized.")
    g.operation = message.operation
    if len(message.arguments) != 1:
        return result(NOT_RUN, "one argument is needed")
    try:
        return result(DONE, act(soap.fields(message.arguments[0])))
    except Wrong as wrong:
        return result(FAILED, str(wrong))


@calls.get(PATH)
def wsdl() -> Response:
    """Describe the operations; enough for a person and for a check of the address, without the types."""
    root = etree.Element(
        f"{{{WSDL}}}definitions", name="ISysNotifyTodoWebService", targetNamespace=NAMESPACE, nsmap={"wsdl": WSDL, "tns": NAMESPACE}
    )
    port = etree.SubElement(root, f"{{{WSDL}}}portType", name="ISysNotifyTodoWebService")
    for name in OPERATIONS:
        etree.SubElement(port, f"{{{WSDL}}}operation", name=name)
    return soap.document(root, 200)
