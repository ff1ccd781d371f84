"""Signing in by Feishu (OAuth 2.0, authorization code): the code is good for five minutes and once."""

from collections.abc import Mapping
from urllib.parse import urlencode

from engine.errors import NotPermitted, OAUnavailable
from engine.oa.contract import Connection
from engine.oa.http import Http

AUTHORIZE = "/open-apis/authen/v1/authorize"
TOKEN = "/open-apis/authen/v2/oauth/token"
USER = "/open-apis/authen/v1/user_info"


def login_url(connection: Connection, state: str, redirect: str) -> str:
    base = str(connection.settings.get("accounts_url") or "https://accounts.feishu.cn").rstrip("/")
    query = {"client_id": connection.settings.get("app_id", ""), "redirect_uri": redirect, "response_type": "code", "state": state}
    return f"{base}{AUTHORIZE}?{urlencode(query)}"


def signed_in(connection: Connection, http: Http, code: str, redirect: str) -> Mapping[str, str]:
    """Return `open_id`, `union_id` and, where the app may see it, `user_id`. Refuses with `NotPermitted` a code that is used, old or another app's."""
    body = {
        "grant_type": "authorization_code", "client_id": connection.settings.get("app_id", ""),
        "client_secret": connection.credentials.get("app_secret", ""), "code": code, "redirect_uri": redirect,
    }  # fmt: skip
    answer = http.ask("POST", TOKEN, json=body)
    token = answer.data.get("access_token") if isinstance(answer.data, dict) else None
    if not isinstance(answer.data, dict):
        raise OAUnavailable(connection=connection.key, reason=f"HTTP {answer.status}")
    if not isinstance(token, str) or answer.data.get("code") not in (0, None):
        raise NotPermitted(reason="code")
    found = http.ask("GET", USER, headers={"Authorization": f"Bearer {token}"}).data
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, dict):
        raise OAUnavailable(connection=connection.key, reason="an answer without a user")
    return {name: str(data[name]) for name in ("open_id", "union_id", "user_id") if data.get(name)}
