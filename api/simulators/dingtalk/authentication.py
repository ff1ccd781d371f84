"""The app's token: the same one while it is valid."""

from flask import Response, jsonify

from api.simulators.dingtalk.manner import APP, error, gate
from api.simulators.fields import text
from api.simulators.gate import asked
from api.simulators.simulator import simulator


@gate.call("POST", "/v1.0/oauth2/accessToken", token=False)
def access_token() -> Response:
    body, sim = asked(), simulator()
    if (text(body, "appKey"), text(body, "appSecret")) != (sim.config.app_key, sim.config.app_secret):
        return error(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    token, left = sim.tokens.give(APP, sim.config.token_seconds, same_while=0)
    return jsonify(accessToken=token, expireIn=left)
