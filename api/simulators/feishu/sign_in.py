"""Single sign-on: the authorize page, the token for a code, and who it is (the pages 获取授权码, 获取 user_access_token, 获取用户信息)."""

import base64
import hashlib
from typing import Any

from flask import Response, g, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from api.simulators.authorize import authorize
from api.simulators.feishu.manner import calls, data, gate, people_gate
from api.simulators.fields import text
from api.simulators.gate import asked
from api.simulators.simulator import simulator


@calls.get("/open-apis/authen/v1/authorize")
def authorize_page() -> AnyResponse | str:
    if (
        request.args.get("client_id", request.args.get("app_id")) != simulator().config.app_id
        or request.args.get("response_type") != "code"
    ):
        return denied(20001, "invalid_request", "client_id and response_type=code are needed")
    facts = {name: request.args.get(name, "") for name in ("code_challenge", "code_challenge_method")}
    return authorize(simulator().config.redirect_uris, **facts)


@gate.call("POST", "/open-apis/authen/v2/oauth/token", token=False)
def token() -> Response:
    body, sim = asked(), simulator()
    if text(body, "grant_type", needed=False) != "authorization_code":
        return denied(20036, "unsupported_grant_type", "grant_type must be authorization_code")
    if (body.get("client_id"), body.get("client_secret")) != (sim.config.app_id, sim.config.app_secret):
        return denied(20002, "invalid_client", "The client secret is invalid.")
    found = sim.codes.take(text(body, "code", needed=False))
    if found is None:
        return denied(20003, "invalid_grant", "The authorization code is invalid, expired or was used.")
    if body.get("redirect_uri", found["redirect_uri"]) != found["redirect_uri"]:
        return denied(20071, "invalid_grant", "The redirect_uri is not the one of the authorization.")
    if not verified(found, body):
        return denied(20049, "invalid_grant", "PKCE code challenge failed.")
    given, left = sim.tokens.give(f"user:{found['userId']}", 7200, same_while=7200, prefix="u-")
    return jsonify(code=0, access_token=given, expires_in=left, token_type="Bearer", scope="auth:user.id:read")


def verified(found: dict[str, Any], body: dict[str, Any]) -> bool:
    if not found.get("code_challenge"):
        return True
    verifier = text(body, "code_verifier", needed=False)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return bool(found["code_challenge"] == (digest if found.get("code_challenge_method") == "S256" else verifier))


@people_gate.call("GET", "/open-apis/authen/v1/user_info")
def user_info() -> Response:
    sim = simulator()
    person = sim.people.any(g.subject)
    every = {"user_id": person.userId, "open_id": person.openId, "union_id": person.unionId} if person else {}
    rest = {"name": person.name, "email": person.email, "mobile": person.mobile, "employee_no": person.userId} if person else {}
    return data(**every, **rest, tenant_key=sim.config.tenant_key)


def denied(code: int, error: str, description: str) -> Response:
    answer = jsonify(code=code, error=error, error_description=description)
    answer.status_code = 400
    return answer
