"""Signing in by any OpenID Connect provider: who it vouches for comes in, and no id_token that is not its own, for us, for this attempt and now."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest
from engine_support import execute, rows
from joserfc.jwk import ECKey, RSAKey
from oidc_support import CLIENT, SECRET, Provider, serving
from sqlalchemy import select
from tests_support import fresh_database, settings_for
from web_support import Web
from werkzeug.test import TestResponse

from api.app import create_app
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.oa import vault
from engine.oa.kinds import KINDS
from engine.oa.oidc import provider as room
from models import db
from models.identity import OaIdentity, Person
from models.oa import OaConnection

KEY = "idp"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def web(server: EmbeddedServer, template: str, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with fresh_database(server, template) as name:
        app = create_app(replace(settings_for(server.url(name), tmp_path_factory.mktemp("home")), max_upload=1_000_000))
        with app.app_context(), transaction() as session:
            session.add(
                OaConnection(
                    key=KEY, kind="oidc", name="集团统一登录", base_url=provider.issuer, credentials=vault.seal(KEY, {"client_secret": SECRET}),
                    settings={"client_id": CLIENT}, scope=dict(KINDS["oidc"].scope), active=True,
                )
            )  # fmt: skip
            fang = session.scalars(select(Person).filter_by(key="wang.fang")).one()
            session.add(OaIdentity(connection=KEY, id_type="identity", remote_id="248289761001", person_id=fang.id))
        yield Web(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(autouse=True)
def honest(provider: Provider, web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin each test with a provider that tells the truth, and with a connector that knows nothing of it yet."""
    provider.honest()
    provider.asked.clear()
    with web.inside():
        execute(
            "UPDATE oa_connection SET settings = jsonb_build_object('client_id', CAST(:c AS text), 'mark', random()) WHERE key = :k",
            c=CLIENT,
            k=KEY,
        )
    yield


def sign_in(web: Web, client: Any = None, target: str = "/me") -> TestResponse:
    """Go to the provider and come back."""
    client = client or web.browser()
    gone = client.get(f"/sso/{KEY}?next={target}")
    assert gone.status_code == 302, gone.text
    back = httpx.URL(httpx.get(gone.headers["Location"]).headers["Location"])
    answer: TestResponse = client.get(back.raw_path.decode())
    return answer


def setting(web: Web, **values: str) -> None:
    with web.inside():
        execute(
            "UPDATE oa_connection SET settings = settings || CAST(:more AS jsonb) WHERE key = :key",
            more=orjson.dumps(values).decode(),
            key=KEY,
        )


def test_who_the_provider_vouches_for_and_the_map_knows_comes_in(web: Web) -> None:
    client = web.browser()

    answer = sign_in(web, client, "/tasks/7")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks/7")
    assert "王芳" in client.get("/me").text


def test_the_sign_in_page_offers_it_by_its_name(web: Web) -> None:
    assert "用 集团统一登录 登录" in web.browser().get("/sign-in").text


def test_a_claim_may_be_the_work_number_itself(web: Web, provider: Provider) -> None:
    setting(web, number_claim="employee_no")
    provider.who = {"sub": "another", "employee_no": "wu.gang"}
    client = web.browser()

    assert sign_in(web, client).status_code == 303
    assert "吴刚" in client.get("/me").text


def test_another_claim_may_be_the_identity(web: Web, provider: Provider) -> None:
    setting(web, identity_claim="oid")
    provider.who = {"sub": "another", "oid": "248289761001"}

    assert sign_in(web).status_code == 303


def test_a_mail_address_that_was_not_verified_is_nobodys(web: Web, provider: Provider) -> None:
    setting(web, number_claim="email")
    for verified, status in ((False, 403), ("true", 403), (None, 403)):
        provider.who = {"sub": "another", "email": "wu.gang", "email_verified": verified}
        assert sign_in(web).status_code == status


def test_who_is_not_mapped_reads_the_identity(web: Web, provider: Provider) -> None:
    provider.who = {"sub": "a-stranger-to-us"}

    answer = sign_in(web)

    assert answer.status_code == 403 and "a-stranger-to-us" in answer.text


def unsigned(claims: dict[str, Any], header: dict[str, Any], key: bytes | None = None) -> str:
    parts = [urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in (header, claims)]
    signature = hmac.new(key, b".".join(parts), sha256).digest() if key else b""
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def with_claims(**changed: Any) -> Callable[[Provider], None]:
    def lie(provider: Provider) -> None:
        provider.claims = lambda claims: {name: value for name, value in (claims | changed).items() if value is not None}

    return lie


def with_token(made: Callable[[Provider, dict[str, Any]], str]) -> Callable[[Provider], None]:
    def lie(provider: Provider) -> None:
        provider.token = lambda claims: made(provider, claims)

    return lie


def foreign(provider: Provider, claims: dict[str, Any]) -> str:
    return Provider(key=RSAKey.generate_key(2048, {"kid": "first"})).signed(claims)


def tampered(provider: Provider, claims: dict[str, Any]) -> str:
    head, _, signature = provider.signed(claims).split(".")
    return ".".join([head, urlsafe_b64encode(orjson.dumps(claims | {"sub": "somebody-else"})).rstrip(b"=").decode(), signature])


LIES: dict[str, Callable[[Provider], None]] = {
    "alg none": with_token(lambda provider, claims: unsigned(claims, {"alg": "none"})),
    "alg None": with_token(lambda provider, claims: unsigned(claims, {"alg": "None", "kid": "first"})),
    "HMAC with the public key": with_token(
        lambda provider, claims: unsigned(claims, {"alg": "HS256", "kid": "first"}, provider.key.as_pem(private=False))
    ),
    "HMAC with the client's secret": with_token(lambda provider, claims: unsigned(claims, {"alg": "HS256"}, SECRET.encode())),
    "another's key of the same name": with_token(foreign),
    "its own key inside": with_token(
        lambda provider, claims: unsigned(claims, {"alg": "RS256", "jwk": RSAKey.generate_key(2048).as_dict(private=False)}, b"x")
    ),
    "changed after signing": with_token(tampered),
    "no token": with_token(lambda provider, claims: "x"),
    "empty": with_token(lambda provider, claims: ".."),
    "another client": with_claims(aud="another-client"),
    "several clients and no azp": with_claims(aud=[CLIENT, "another-client"]),
    "authorized for another": with_claims(aud=[CLIENT, "another-client"], azp="another-client"),
    "no client": with_claims(aud=None),
    "another nonce": with_claims(nonce="another"),
    "no nonce": with_claims(nonce=None),
    "over": with_claims(exp=int(time.time()) - 120),
    "over and written as a text": with_claims(exp="tomorrow"),
    "no end": with_claims(exp=None),
    "not begun": with_claims(nbf=int(time.time()) + 86_400),
    "issued in future": with_claims(iat=int(time.time()) + 86_400),
    "another issuer": with_claims(iss="https://evil.example"),
    "no issuer": with_claims(iss=None),
    "nobody": with_claims(sub=None),
    "another access token": with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "a number for a name": with_claims(sub=248289761001),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_hostile_id_token_lets_nobody_in(web: Web, provider: Provider, lie: str) -> None:
    LIES[lie](provider)
    client = web.browser()

    answer = sign_in(web, client)

    assert answer.status_code == 403, answer.text
    assert client.get("/api/v1/user-tasks").status_code == 401
    provider.honest()
    assert sign_in(web, client).status_code == 303  # and the truth lets in again


def test_a_key_that_is_new_is_asked_for(web: Web, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AGAIN", 0.0)
    assert sign_in(web).status_code == 303
    before, provider.key = provider.key, ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})
    provider.token = lambda claims: provider.signed(claims, "ES256")

    assert sign_in(web).status_code == 303
    provider.key = before


def test_a_code_of_another_attempt_lets_nobody_in(web: Web, provider: Provider) -> None:
    thief, victim = web.browser(), web.browser()
    stolen = httpx.URL(httpx.get(victim.get(f"/sso/{KEY}").headers["Location"]).headers["Location"]).params["code"]
    back = httpx.URL(httpx.get(thief.get(f"/sso/{KEY}").headers["Location"]).headers["Location"])

    answer = thief.get(back.copy_merge_params({"code": stolen}).raw_path.decode())

    assert answer.status_code == 403 and thief.get("/api/v1/user-tasks").status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": ""},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_discovery_that_is_not_the_providers_leads_nowhere(web: Web, provider: Provider, lie: dict[str, Any]) -> None:
    provider.discovery = lie

    answer = web.browser().get(f"/sso/{KEY}")

    assert answer.status_code == 503 and "暂时没有应答" in answer.text


def test_a_wrong_secret_is_no_fault_of_the_visitor(web: Web) -> None:
    with web.inside():
        execute(
            "UPDATE oa_connection SET credentials = :sealed WHERE key = :key", sealed=vault.seal(KEY, {"client_secret": "wrong"}), key=KEY
        )
    answer = sign_in(web)
    with web.inside():
        execute(
            "UPDATE oa_connection SET credentials = :sealed WHERE key = :key", sealed=vault.seal(KEY, {"client_secret": SECRET}), key=KEY
        )
        said = rows("SELECT request, answer FROM oa_exchange WHERE connection = :key AND purpose = 'sign-in'", key=KEY)

    assert answer.status_code == 503
    kept = " ".join(row.request + row.answer for row in said)
    assert "code_verifier=***" in kept and "an-access-token" not in kept and SECRET not in kept


def test_an_administrator_connects_a_provider_by_its_issuer(web: Web, provider: Provider) -> None:
    body = {
        "key": "second",
        "name": "第二个",
        "kind": "oidc",
        "baseUrl": provider.issuer,
        "settings": {"client_id": CLIENT},
        "active": True,
    }

    made = web.post("ma.lin", "/connections", json=body)

    assert made.status_code == 201, made.text
    assert made.json["scope"]["tasks"] is False and made.json["callbacks"] == {}
    assert "用 第二个 登录" in web.browser().get("/sign-in").text
    assert "/sso/second/callback" in web.browser("ma.lin").get("/connections/second").text


def test_it_is_shown_no_cases(web: Web) -> None:
    web.start()

    with web.inside():
        assert rows("SELECT 1 FROM oa_delivery WHERE connection = :key", key=KEY) == []
