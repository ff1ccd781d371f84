"""A small OpenID Connect provider over real HTTP, that signs with keys made for the test and can be made to lie."""

import hashlib
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "shenpi-client", "a+secret/of:the client"


@dataclass
class Provider:
    """What the provider knows and how it lies: `claims` change the id_token's claims, `token` makes the text of the id_token."""

    issuer: str = ""
    key: RSAKey | ECKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    who: dict[str, Any] = field(default_factory=lambda: {"sub": "248289761001"})
    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    token: Callable[[dict[str, Any]], str] | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def honest(self) -> None:
        self.claims, self.token, self.who, self.discovery = lambda claims: claims, None, {"sub": "248289761001"}, {}

    def signed(self, claims: dict[str, Any], algorithm: str = "RS256") -> str:
        return jwt.encode({"alg": algorithm, "kid": self.key.kid}, claims, self.key, algorithms=[algorithm])


def build(provider: Provider) -> Flask:
    app = Flask("provider")

    @app.before_request
    def note() -> None:
        provider.asked.append(request.path)

    @app.get("/realm/.well-known/openid-configuration")
    def discovery() -> Response:
        base = {
            "issuer": provider.issuer, "authorization_endpoint": f"{provider.issuer}/authorize", "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/keys", "response_types_supported": ["code"],
        }  # fmt: skip
        return jsonify({**base, **provider.discovery})

    @app.get("/realm/keys")
    def keys() -> Response:
        return jsonify(keys=[provider.key.as_dict(private=False)])

    @app.get("/realm/authorize")
    def authorize() -> Any:
        args = request.args
        assert args["response_type"] == "code" and args["client_id"] == CLIENT and "openid" in args["scope"].split()
        assert args["code_challenge_method"] == "S256"
        code = uuid4().hex
        provider.codes[code] = {name: args[name] for name in ("redirect_uri", "nonce", "code_challenge")}
        return redirect(f"{args['redirect_uri']}?{urlencode({'code': code, 'state': args['state']})}")

    @app.post("/realm/token")
    def token() -> Any:
        found = provider.codes.pop(request.form["code"], None)
        given = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        if given != f"{CLIENT}:a%2Bsecret%2Fof%3Athe%20client":
            return jsonify(error="invalid_client"), 401
        digest = urlsafe_b64encode(hashlib.sha256(request.form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if found is None or found["redirect_uri"] != request.form["redirect_uri"] or found["code_challenge"] != digest:
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        said = {"iss": provider.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": found["nonce"], **provider.who}
        said = provider.claims(said)
        text = provider.token(said) if provider.token else provider.signed(said)
        return jsonify(access_token="an-access-token", token_type="Bearer", id_token=text)

    return app


@contextmanager
def serving() -> Iterator[Provider]:
    """Give a provider that answers on a port of its own."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, build(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.port}/realm"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
