"""Addresses as administrators enter them: one that leads back to this machine, its link or a cloud's metadata is refused in words, one in the house is not."""

from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from pages_support import Desk
from web_support import Web, web

from api.cli import main
from engine.reach import SETTING

__all__ = ["web"]

BAD = [
    "http://127.0.0.1:9", "http://localhost/oa", "http://[::1]:8443", "http://[::ffff:127.0.0.1]", "http://2130706433/", "http://0x7f.1/", "http://0/",
    "http://169.254.169.254/latest/meta-data", "http://100.100.100.200", "http://[fe80::1]",
]  # fmt: skip


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "")


def body(url: str, **more: Any) -> dict[str, Any]:
    return {"key": f"c{uuid4().hex}", "name": "办公系统", "kind": "webhook", "baseUrl": url, **more}


@pytest.mark.parametrize("url", BAD)
def test_an_address_of_this_machine_is_refused_when_it_is_saved(web: Web, url: str) -> None:
    answer = web.post("ma.lin", "/connections", json=body(url))

    assert answer.status_code == 422, answer.text
    (fault,) = answer.json["faults"]
    assert (fault["code"], fault["path"]) == ("address-local", "baseUrl")
    assert SETTING in answer.text


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "地址指向本机、本地链路或云平台元数据（127.0.0.1）"), ("en", "The address leads to this machine")]
)
def test_the_page_says_so_kindly_and_keeps_what_was_typed(web: Web, language: str, said: str) -> None:
    desk = Desk(web.browser("ma.lin"))
    desk.get(f"/language/{language}")
    wrong = desk.send(
        "/connections/new?kind=webhook", "/connections/new", kind="webhook", key="oa-9", name="新系统", url="http://127.0.0.1:9"
    )

    assert wrong.status_code == 422
    assert said in wrong.text and "http://127.0.0.1:9" in wrong.text


def test_a_shell_refuses_it_too(database: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    refused = CliRunner().invoke(main, ["connection", "add", "oa", "--name", "OA", "--url", "http://127.0.0.1:9"])

    assert refused.exit_code != 0 and SETTING in refused.output


@pytest.mark.parametrize(
    "url", ["http://10.8.0.4:8080/seeyon", "https://192.168.3.7", "https://no-such-name.example.com", "https://[fd12::7]"]
)
def test_an_address_in_the_house_and_one_that_is_not_known_yet_are_saved(web: Web, url: str) -> None:
    assert web.post("ma.lin", "/connections", json=body(url)).status_code == 201


def test_a_change_and_another_address_of_the_settings_are_looked_at_as_well(web: Web) -> None:
    made = body("https://oa.example.com")
    assert web.post("ma.lin", "/connections", json=made).status_code == 201
    changed = web.call("ma.lin", "PUT", f"/connections/{made['key']}", json={"name": "办公系统", "baseUrl": "http://169.254.169.254"})
    assert changed.status_code == 422 and "address-local" in changed.text

    settings = {"app_key": "k", "corp_id": "c", "oapi_url": "http://127.0.0.1:9"}
    answer = web.post("ma.lin", "/connections", json=body("", kind="dingtalk", settings=settings, secrets={"app_secret": "s"}))
    assert answer.status_code == 422
    assert [(fault["code"], fault["path"]) for fault in answer.json["faults"]] == [("address-local", "oapi_url")]

    for kind in ("cloudevents", "oidc"):
        given = {"settings": {"client_id": "x"} if kind == "oidc" else {}, "secrets": {"secret": "whsec"} if kind == "cloudevents" else {}}
        assert web.post("ma.lin", "/connections", json=body("http://127.0.0.1:9", kind=kind, **given)).status_code == 422


def test_what_the_installation_lists_is_saved(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "127.0.0.1, oa.local")
    assert web.post("ma.lin", "/connections", json=body("http://127.0.0.1:9")).status_code == 201
    assert web.post("ma.lin", "/connections", json=body("http://127.0.0.2:9")).status_code == 422
