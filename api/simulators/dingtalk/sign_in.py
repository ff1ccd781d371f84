"""Single sign-on in a browser: the page comes back with `authCode`, not `code` (the pages 获取登录用户的访问凭证, 获取用户通讯录个人信息)."""

from flask import Response, g, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from api.simulators.authorize import authorize
from api.simulators.dingtalk.manner import calls, error, gate, people_gate, refuse
from api.simulators.fields import choice, text
from api.simulators.gate import asked
from api.simulators.simulator import simulator


@calls.get("/oauth2/auth")
def authorize_page() -> AnyResponse | str:
    config, args = simulator().config, request.args
    scopes = args.get("scope", "").split()
    if args.get("client_id") != config.app_key or args.get("response_type") != "code" or "openid" not in scopes:
        return error(400, "invalidParameter", "client_id, response_type=code and scope openid are needed")
    return authorize(config.redirect_uris, code_name="authCode", kind="browser", scope=args.get("scope", ""))


@gate.call("POST", "/v1.0/oauth2/userAccessToken", token=False)
def user_access_token() -> Response:
    body, sim = asked(), simulator()
    choice(body, "grantType", ("authorization_code", "refresh_token"))
    if (text(body, "clientId"), text(body, "clientSecret")) != (sim.config.app_key, sim.config.app_secret):
        return error(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    if body["grantType"] == "refresh_token":
        refreshed = sim.tokens.subject(text(body, "refreshToken")) or ""
        found = {"userId": refreshed.partition(":")[2], "kind": "browser", "scope": ""} if refreshed.startswith("refresh:") else None
    else:
        found = sim.codes.take(text(body, "code"))
    if found is None or found["kind"] != "browser":
        return error(400, "invalidCode", "无效的code")
    token, left = sim.tokens.give(f"user:{found['userId']}", 7200, same_while=7200)
    refresh, _ = sim.tokens.give(f"refresh:{found['userId']}", 30 * 86400, same_while=0)
    corp = {"corpId": sim.config.corp_id} if "corpid" in found["scope"].split() else {}
    return jsonify(accessToken=token, refreshToken=refresh, expireIn=left, **corp)


@people_gate.call("GET", "/v1.0/contact/users/<union_id>")
def who(union_id: str) -> Response:
    person = simulator().people.any(g.subject)
    if person is None or union_id not in ("me", person.unionId):
        raise refuse("user.notExist", "用户不存在")
    contact = {"nick": person.name, "mobile": person.mobile, "stateCode": "86", "email": person.email}
    return jsonify(unionId=person.unionId, openId=person.openId, **contact)
