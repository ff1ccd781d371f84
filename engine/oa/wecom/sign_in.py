"""Signing in by WeCom: in its client by OAuth 2.0 (网页授权登录), in a browser by its log-in page (企业微信 Web 登录). The code is good for five minutes, once.

The domain of our address must be the app's trusted domain, its port included.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from engine.errors import NotPermitted
from engine.oa.contract import Connection
from engine.oa.wecom.client import Client, Refused

IN_CLIENT, IN_BROWSER = "https://open.weixin.qq.com", "https://login.work.weixin.qq.com"
USER = "/cgi-bin/auth/getuserinfo"


def login_url(connection: Connection, state: str, redirect: str) -> str:
    settings = connection.settings
    company, agent = str(settings.get("corp_id") or ""), str(settings.get("agent_id") or "")
    if str(settings.get("login_page") or "client") == "browser":
        base = str(settings.get("login_url") or IN_BROWSER).rstrip("/")
        query = {"login_type": "CorpApp", "appid": company, "agentid": agent, "redirect_uri": redirect, "state": state}
        return f"{base}/wwlogin/sso/login?{urlencode(query)}"
    base = str(settings.get("login_url") or IN_CLIENT).rstrip("/")
    query = {
        "appid": company, "redirect_uri": redirect, "response_type": "code", "scope": "snsapi_base", "state": state, "agentid": agent,
    }  # fmt: skip
    return f"{base}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


def signed_in(client: Client, code: str) -> Mapping[str, str]:
    """Return the `userid`. Refuses with `NotPermitted` a code that is used or old, and somebody who does not belong to the company."""
    try:
        found = client.call("GET", USER, params={"code": code})
    except Refused:
        raise NotPermitted(reason="code") from None
    person = found.get("userid") or found.get("UserId")
    if not isinstance(person, str) or not person:
        raise NotPermitted(reason="not of this company")
    return {"userid": person}
