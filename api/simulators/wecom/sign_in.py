"""Single sign-on: inside of the client, and by a code on a web page. The way back must be on the trusted domain, with its port."""

from urllib.parse import urlsplit

from flask import abort, request
from werkzeug.wrappers import Response

from api.simulators.authorize import authorize
from api.simulators.simulator import simulator
from api.simulators.wecom.manner import calls


@calls.get("/connect/oauth2/authorize")
def in_client() -> Response | str:
    if request.args.get("response_type") != "code" or request.args.get("scope") not in ("snsapi_base", "snsapi_privateinfo"):
        abort(400, "response_type=code and a scope are needed")
    return signed_in()


@calls.get("/wwlogin/sso/login")
def on_page() -> Response | str:
    return signed_in()


def signed_in() -> Response | str:
    config = simulator().config
    if request.args.get("appid") != config.corp_id:
        abort(400, "appid is not this company")
    if config.trusted_domain and urlsplit(request.args.get("redirect_uri", "")).netloc != config.trusted_domain:
        abort(400, "50001 redirect_uri: its domain is not the trusted one")
    return authorize("", kind="browser")
