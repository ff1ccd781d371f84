"""Signing in by OpenID Connect Core 1.0: authorization code with PKCE and a nonce; the id_token is believed only after every check."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from engine.errors import NotPermitted, OARejected, OAUnavailable
from engine.oa.contract import WORK_NUMBER, Connection
from engine.oa.oidc.provider import Provider
from engine.oa.proof import challenge, nonce

IDENTITY = "identity"
#: never `none`, and no HMAC: a public key must not be taken for its secret
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
LEEWAY = 60  #: seconds that clocks may differ
LONGEST = 200  #: letters of an id


def login_url(connection: Connection, provider: Provider, state: str, redirect: str, proof: str) -> str:
    wanted = connection.settings.get("oidc_scope") or "openid profile"
    address: str = prepare_grant_uri(
        str(provider.metadata()["authorization_endpoint"]), connection.settings.get("client_id", ""), "code", redirect,
        " ".join(dict.fromkeys(["openid", *str(wanted).split()])), state,
        nonce=nonce(proof), code_challenge=challenge(proof), code_challenge_method="S256",
    )  # fmt: skip
    return address


def signed_in(connection: Connection, provider: Provider, code: str, redirect: str, proof: str) -> Mapping[str, str]:
    """Return the identity, and the work number where a claim is it.

    Refuses with `NotPermitted` a code that is not good, and an id_token that is not signed by the provider, or not for us, this attempt and now.
    """
    given = exchange(connection, provider, code, redirect, proof)
    claims = checked(connection, provider, given, nonce(proof))
    number, identity = connection.settings.get("number_claim") or "", connection.settings.get("identity_claim") or "sub"
    found = {WORK_NUMBER: _text(claims, number), IDENTITY: _text(claims, identity)}
    ids = {id_type: value for id_type, value in found.items() if value}
    if not ids:
        raise NotPermitted(reason=f"the id_token has no {number or identity}")
    return ids


def exchange(connection: Connection, provider: Provider, code: str, redirect: str, proof: str) -> Mapping[str, Any]:
    """Return the tokens of a code."""
    client, secret = str(connection.settings.get("client_id", "")), connection.credentials.get("client_secret", "")
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": proof, "client_id": client}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    metadata = provider.metadata()
    if secret and "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
        headers["Authorization"] = "Basic " + b64encode(f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()).decode()
    elif secret:
        body["client_secret"] = secret
    answer = provider.http.ask(
        "POST", str(metadata["token_endpoint"]), api="token", content=urlencode(body).encode(), headers=headers, code="error"
    )
    data = answer.data if isinstance(answer.data, dict) else {}
    if data.get("error") == "invalid_grant":
        raise NotPermitted(reason="code")
    if data.get("error"):
        raise OARejected(connection=connection.key, reason=f"token: {str(data['error'])[:100]}")
    if answer.status != 200 or not isinstance(data.get("id_token"), str):
        raise OAUnavailable(connection=connection.key, reason=f"token: HTTP {answer.status} without an id_token")
    return data


def checked(connection: Connection, provider: Provider, given: Mapping[str, Any], expected: str) -> Mapping[str, Any]:
    """Return the claims of an id_token: signed by a key of the provider, from this issuer, for this client and this attempt, and not over."""
    client = connection.settings.get("client_id", "")
    try:
        token = _signed(provider, str(given["id_token"]))
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": provider.metadata()["issuer"]}, "aud": {"essential": True, "value": client}},
            {"nonce": expected, "client_id": client, "access_token": given.get("access_token")},
        )
        claims.validate(leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise NotPermitted(reason=f"id_token: {type(error).__name__}") from error
    found: Mapping[str, Any] = token.claims
    return found


def _signed(provider: Provider, text: str) -> jwt.Token:
    try:
        return jwt.decode(text, provider.keys(), algorithms=ALGORITHMS)
    except InvalidKeyIdError:  # it signs with a new one since we asked
        return jwt.decode(text, provider.keys(fresh=True), algorithms=ALGORITHMS)


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that is a text of a decent length; a mail address only where the provider has verified it."""
    value = claims.get(name)
    if name == "email" and claims.get("email_verified") is not True:
        return ""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable() else ""
