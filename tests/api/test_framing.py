"""Our pages in a frame: only in those of the configured office systems, where the session then works; anywhere else not at all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from browser_support import served
from engine_support import execute
from flask import Flask
from playwright.sync_api import Browser
from tests_support import fresh_database, settings_for
from web_support import sign_in, token_of

from api import framing
from api.app import create_app
from api.cli.company import PASSWORD
from api.connections import given
from engine.database.embedded import EmbeddedServer
from engine.errors import Fault
from engine.oa.kinds import KINDS
from models import db

HTTPS = "https://shenpi.example.com"


@pytest.fixture(scope="module")
def apps(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Flask]]:
    """The same installation reached by http, by https, and with hosts in its settings."""
    with fresh_database(server, template) as name:
        base = settings_for(server.url(name), tmp_path_factory.mktemp("home"))
        found = {
            "http": create_app(base),
            "https": create_app(replace(base, public_url=HTTPS)),
            "set": create_app(replace(base, public_url=HTTPS, frame_ancestors="'self' https://portal.example.com")),
            "none": create_app(replace(base, public_url=HTTPS, frame_ancestors="'none'")),
        }
        yield found
        for app in found.values():
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "LIFE", -1.0)


def connect(app: Flask, hosts: str, active: bool = True) -> None:
    with app.app_context():
        execute(
            "UPDATE oa_connection SET active = :active, settings = jsonb_build_object('frame_hosts', CAST(:hosts AS text))",
            hosts=hosts,
            active=active,
        )
        db.session.remove()


def ancestors(app: Flask, path: str = "/sign-in") -> str:
    policy = app.test_client().get(path).headers["Content-Security-Policy"]
    return policy.partition("frame-ancestors ")[2]


def cookie(app: Flask) -> str:
    return sign_in(app.test_client(), "li.na").headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("", "'self'"),
        ("oa.example.com", "'self' oa.example.com"),
        ("https://oa.example.com:8443, *.feishu.cn", "'self' *.feishu.cn https://oa.example.com:8443"),
        ("oa.example.com oa.example.com", "'self' oa.example.com"),
        ("*", "'self'"),
        ("'unsafe-inline'", "'self'"),
        ("https://oa.example.com/path", "'self'"),
        ("oa.example.com; script-src *", "'self' oa.example.com script-src"),
        ("data: javascript:alert(1) \n x\r\nSet-Cookie:a=b", "'self' x"),
    ],
)
def test_every_page_names_the_hosts_of_the_connections(apps: dict[str, Flask], hosts: str, expected: str) -> None:
    connect(apps["http"], hosts)

    assert {ancestors(apps["http"], path) for path in ("/sign-in", "/tasks/1", "/nothing", "/api/v1/user-tasks")} == {expected}


def test_a_connection_that_is_switched_off_frames_nothing(apps: dict[str, Flask]) -> None:
    connect(apps["http"], "oa.example.com", active=False)

    assert ancestors(apps["http"]) == "'self'"


def test_the_setting_and_the_connections_add_up(apps: dict[str, Flask]) -> None:
    connect(apps["http"], "oa.example.com")

    assert ancestors(apps["set"]) == "'self' https://portal.example.com oa.example.com"
    assert ancestors(apps["none"]) == "oa.example.com"
    connect(apps["http"], "")
    assert ancestors(apps["none"]) == "'none'"


@pytest.mark.parametrize(
    ("app", "hosts", "crosses"),
    [("http", "oa.example.com", False), ("https", "oa.example.com", True), ("https", "", False), ("set", "", True), ("none", "", False)],
)
def test_the_cookie_crosses_sites_only_by_https_and_where_frames_are_configured(
    apps: dict[str, Flask], app: str, hosts: str, crosses: bool
) -> None:
    connect(apps["http"], hosts)

    given = cookie(apps[app])

    assert "HttpOnly" in given
    assert ("SameSite=None" in given) == crosses == ("Secure" in given)
    assert ("SameSite=Lax" in given) != crosses


def test_a_form_of_another_site_does_nothing_although_the_cookie_comes_along(apps: dict[str, Flask]) -> None:
    connect(apps["http"], "oa.example.com")
    client = apps["https"].test_client()
    client.post(
        "/sign-in", data={"key": "li.na", "password": PASSWORD, "csrf_token": token_of(client.get("/sign-in").text)}, base_url=HTTPS
    )

    assert client.post("/sign-out", base_url=HTTPS).status_code == 400


def test_what_cannot_be_asked_leaves_the_hosts_of_before(apps: dict[str, Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    connect(apps["http"], "oa.example.com")
    assert "oa.example.com" in ancestors(apps["http"])
    with apps["http"].app_context():
        execute("ALTER TABLE oa_connection RENAME COLUMN settings TO gone")
        db.session.remove()
    try:
        found = apps["http"].test_client().get("/language/en").headers["Content-Security-Policy"]
    finally:
        with apps["http"].app_context():
            execute("ALTER TABLE oa_connection RENAME COLUMN gone TO settings")
            db.session.remove()

    assert "frame-ancestors 'self' oa.example.com" in found


@pytest.mark.parametrize(
    "hosts", ["*", "'self'", "https://oa.example.com/path", "oa.example.com; script-src *", "javascript:alert(1)", '["oa.example.com"]']
)
def test_what_is_no_host_is_refused_when_it_is_given(hosts: str) -> None:
    faults: list[Fault] = []
    given.read_settings_of(KINDS["oidc"], {"client_id": "x", "frame_hosts": hosts}, faults)

    assert [fault.code for fault in faults] == ["host-invalid"]


def test_chromium_shows_the_page_in_the_frame_of_the_office_system_and_in_no_other(apps: dict[str, Flask], browser: Browser) -> None:
    oa = Flask("oa")
    with served(apps["http"]) as url, served(oa) as portal:
        oa.add_url_rule("/", view_func=lambda: f'<iframe src="{url}/sign-in"></iframe>')
        shown = []
        for hosts in (portal, "oa.example.com"):
            connect(apps["http"], hosts)
            context = browser.new_context()
            page = context.new_page()
            page.goto(portal)
            shown.append(page.frames[1].locator("#key").count())
            context.close()

    assert shown == [1, 0]
