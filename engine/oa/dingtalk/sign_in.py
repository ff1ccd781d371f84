"""Signing in by DingTalk (OAuth 2.0): the code comes back as `authCode`, and is good for five minutes and once."""

from collections.abc import Mapping
from urllib.parse import urlencode

from engine.errors import NotPermitted, OARejected
from engine.oa.contract import Connection
from engine.oa.dingtalk.client import Client

TOKEN = "/v1.0/oauth2/userAccessToken"
ME = "/v1.0/contact/users/me"


def login_url(connection: Connection, state: str, redirect: str) -> str:
    base = str(connection.settings.get("login_url") or "https://login.dingtalk.com").rstrip("/")
    query = {
        "redirect_uri": redirect, "response_type": "code", "client_id": connection.settings.get("app_key", ""), "scope": "openid corpid",
        "state": state, "prompt": "consent",
    }  # fmt: skip
    return f"{base}/oauth2/auth?{urlencode(query)}"


def signed_in(connection: Connection, client: Client, code: str) -> Mapping[str, str]:
    """Return the `unionid`. Refuses with `NotPermitted` a code that is used, old, another app's, or of somebody who signed in for another organisation."""
    body = {
        "clientId": connection.settings.get("app_key", ""), "clientSecret": connection.credentials.get("app_secret", ""), "code": code,
        "grantType": "authorization_code",
    }  # fmt: skip
    try:
        given = client.call("POST", TOKEN, body=body)
        corp = connection.settings.get("corp_id")
        if corp and given.get("corpId") and given["corpId"] != corp:
            raise NotPermitted(reason="organisation")
        me = client.call("GET", ME, token=str(given.get("accessToken") or ""))
    except OARejected:
        raise NotPermitted(reason="code") from None
    union = me.get("unionId")
    if not isinstance(union, str) or not union:
        raise NotPermitted(reason="code")
    return {"unionid": union}
