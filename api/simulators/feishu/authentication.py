"""The app's tokens. While more than half an hour is left the same one is given; then a new one, and both are valid."""

from flask import Response, jsonify

from api.simulators.feishu.manner import TENANT, error, gate
from api.simulators.fields import text
from api.simulators.gate import asked
from api.simulators.simulator import simulator

SAME_WHILE = 1800


@gate.call("POST", "/open-apis/auth/v3/tenant_access_token/internal", token=False)
def tenant_access_token() -> Response:
    return given("tenant_access_token")


@gate.call("POST", "/open-apis/auth/v3/app_access_token/internal", token=False)
def app_access_token() -> Response:
    return given("app_access_token", "tenant_access_token")


def given(*names: str) -> Response:
    body, sim = asked(), simulator()
    if text(body, "app_id", needed=False) != sim.config.app_id:
        return error(10003, "invalid param")
    if text(body, "app_secret", needed=False) != sim.config.app_secret:
        return error(10014, "app secret invalid")
    token, left = sim.tokens.give(TENANT, sim.config.token_seconds, same_while=SAME_WHILE, prefix="t-")
    return jsonify(code=0, msg="ok", expire=left, **dict.fromkeys(names, token))
