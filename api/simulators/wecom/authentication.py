"""The app's token: the same one while it is valid. It stands in the query of every call."""

from flask import Response, request

from api.simulators.simulator import simulator
from api.simulators.wecom.manner import APP, error, gate, ok


@gate.call("GET", "/cgi-bin/gettoken", token=False)
def gettoken() -> Response:
    config = simulator().config
    if request.args.get("corpid") != config.corp_id:
        return error(40013, "invalid corpid")
    if request.args.get("corpsecret") != config.corp_secret:
        return error(40001, "invalid credential")
    token, left = simulator().tokens.give(APP, config.token_seconds, same_while=0)
    return ok(access_token=token, expires_in=left)
