"""Coming in out of Feishu, DingTalk and WeCom: from the to-do there to the task here, signed in; once, in one browser, and only as who is known."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from browser_support import barriers
from engine_support import execute, rows
from playwright.sync_api import Browser, expect
from rehearsal_support import DINGTALK, FEISHU, WECOM, Rehearsal, Vendor, login, rehearsal

from api import accounts
from engine.database import transaction
from engine.database.embedded import EmbeddedServer


def signing_in(vendor: Vendor) -> Vendor:
    return replace(vendor, settings={name: value for name, value in vendor.settings.items() if name != "sign_in"})


@pytest.fixture(scope="module", params=[FEISHU, DINGTALK, WECOM], ids=lambda vendor: vendor.kind)
def stage(
    request: pytest.FixtureRequest, server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    vendor = signing_in(request.param)
    with rehearsal(vendor, server, template, tmp_path_factory.mktemp(vendor.kind)) as found:
        page = {"feishu": "accounts_url", "dingtalk": "login_url", "wecom": "login_url"}[vendor.kind]
        execute(
            "UPDATE oa_connection SET settings = settings || jsonb_build_object(CAST(:page AS text), CAST(:url AS text)), name = '我们的办公系统'",
            page=page, url=str(found.http.base_url),
        )  # fmt: skip
        yield found


class Visitor:
    """Somebody's browser, which shows each redirection."""

    def __init__(self, stage: Rehearsal) -> None:
        self.stage = stage
        self.http = httpx.Client(base_url=stage.url, timeout=30, verify=False)

    def leave_for_oa(self, target: str = "/tasks/1") -> httpx.URL:
        """Ask for a page by way of the office system and return the address of its sign-in page."""
        answer = self.http.get(f"/sso/{self.stage.key}", params={"next": target})
        assert answer.status_code == 302, answer.text
        return httpx.URL(answer.headers["Location"])

    def come_back(self, page: httpx.URL, key: str = "wang.fang") -> httpx.URL:
        """Say in the office system who one is and return the address that leads back."""
        answer = httpx.get(page.copy_merge_params({"_person": login(key)}), verify=False)
        assert answer.status_code == 302, answer.text
        return httpx.URL(answer.headers["Location"])

    def sign_in(self, key: str = "wang.fang", target: str = "/me") -> httpx.Response:
        return self.http.get(self.come_back(self.leave_for_oa(target), key))

    @property
    def is_in(self) -> bool:
        return self.http.get("/api/v1/user-tasks").status_code == 200


def changed(address: httpx.URL, **values: str) -> httpx.URL:
    return address.copy_merge_params(values)


def address_of(stage: Rehearsal, key: str) -> tuple[str, str]:
    """Return the address that somebody's to-do leads to, and the page it is for."""
    case = stage.begin()
    stage.settle()
    (todo,) = stage.todos(key, case)
    task = rows("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)[0].id
    return str(todo["url"]), f"/tasks/{task}"


def test_a_to_do_of_the_office_system_leads_to_the_task_signed_in(stage: Rehearsal) -> None:
    url, task = address_of(stage, "wang.fang")
    visitor = Visitor(stage)
    gone = visitor.http.get(url)
    answer = visitor.http.get(visitor.come_back(httpx.URL(gone.headers["Location"])))

    assert (answer.status_code, answer.headers["Location"]) == (303, task)
    page = visitor.http.get(task)
    assert page.status_code == 200
    assert "王芳" in page.text and "初审" in page.text


def test_it_leads_there_in_a_browser_as_well(stage: Rehearsal, browser: Browser) -> None:
    url, task = address_of(stage, "wang.fang")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()

    page.goto(f"{stage.url}/sign-in")
    expect(page.get_by_text("用 我们的办公系统 登录")).to_be_visible()
    assert barriers(page) == []
    page.goto(url)
    page.get_by_text("王芳").first.click()

    expect(page.locator(".topbar-person")).to_contain_text("王芳")
    assert urlsplit(page.url).path == task
    context.close()


def test_who_is_signed_in_already_goes_straight_to_the_page(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    visitor.sign_in("wu.gang")

    answer = visitor.http.get(f"/sso/{stage.key}?next=/tasks/2")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/tasks/2")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", " //x", "evil"]
)
def test_the_way_leads_to_no_other_site(stage: Rehearsal, target: str) -> None:
    assert Visitor(stage).sign_in(target=target).headers["Location"] == "/"


def test_a_very_long_page_leads_home(stage: Rehearsal) -> None:
    assert Visitor(stage).sign_in(target="/" + "x" * 3000).headers["Location"] == "/"


def test_the_same_way_back_is_good_once(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    back = visitor.come_back(visitor.leave_for_oa())
    cookies = dict(visitor.http.cookies)
    assert visitor.http.get(back).status_code == 303
    thief = Visitor(stage)
    thief.http.cookies.update(cookies)  # even with the cookie of before, and a new code

    again = thief.http.get(changed(thief.come_back(thief.leave_for_oa()), state=dict(back.params)["state"]))

    assert again.status_code == 400 and "这次登录已失效" in again.text
    assert not thief.is_in
    assert visitor.http.get(back).headers["Location"] == "/"  # who is in is not frightened by the back button


def test_a_way_back_is_good_only_in_the_browser_that_set_out(stage: Rehearsal) -> None:
    other = Visitor(stage)

    answer = other.http.get(Visitor(stage).come_back(Visitor(stage).leave_for_oa()))

    assert answer.status_code == 400
    assert not other.is_in


def test_a_way_back_is_good_for_ten_minutes(stage: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(stage)
    back = visitor.come_back(visitor.leave_for_oa())
    now = time.time()
    monkeypatch.setattr("api.attempts.time.time", lambda: now + 601)

    assert visitor.http.get(back).status_code == 400
    assert not visitor.is_in


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "x", "code": "y"}, {"code": "y"}, {"authCode": "y", "state": "é"}])
def test_a_way_back_that_nobody_set_out_on_is_refused(stage: Rehearsal, query: dict[str, str]) -> None:
    assert Visitor(stage).http.get(f"/sso/{stage.key}/callback", params=query).status_code == 400


def test_who_says_no_in_the_office_system_may_try_again(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    state = dict(visitor.leave_for_oa("/tasks/3").params)["state"]

    answer = visitor.http.get(f"/sso/{stage.key}/callback", params={"state": state, "error": "access_denied"})

    assert answer.status_code == 403 and "我们的办公系统" in answer.text
    assert f"/sso/{stage.key}?next=/tasks/3" in answer.text


def test_a_code_that_the_office_system_does_not_know_lets_nobody_in(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    state = dict(visitor.leave_for_oa().params)["state"]

    answer = visitor.http.get(f"/sso/{stage.key}/callback", params={"state": state, "code": "guessed"})

    assert answer.status_code == 403 and not visitor.is_in
    assert rows("SELECT person_id FROM sign_in ORDER BY at DESC LIMIT 1")[0].person_id is None


@pytest.mark.parametrize("stage", [FEISHU], indirect=True, ids=lambda vendor: vendor.kind)  # the others have no PKCE
def test_a_code_of_another_attempt_lets_nobody_in_where_the_office_system_looks_for_the_proof(stage: Rehearsal) -> None:
    thief, victim = Visitor(stage), Visitor(stage)
    stolen = dict(victim.come_back(victim.leave_for_oa()).params)["code"]

    answer = thief.http.get(changed(thief.come_back(thief.leave_for_oa()), code=stolen))

    assert answer.status_code == 403 and not thief.is_in


def test_somebody_the_map_does_not_know_is_told_what_to_tell_the_administrator(stage: Rehearsal) -> None:
    execute("DELETE FROM oa_identity USING person p WHERE p.id = person_id AND p.key = 'sun.mei'")
    visitor = Visitor(stage)

    answer = visitor.sign_in("sun.mei")

    assert answer.status_code == 403
    assert "sun_mei" in answer.text and "我们的办公系统" in answer.text
    assert not visitor.is_in
    found = rows("SELECT person_id, remote_id FROM sign_in ORDER BY at DESC LIMIT 1")[0]
    assert found.person_id is None and found.remote_id


def test_any_of_the_ids_is_enough(stage: Rehearsal) -> None:
    kept = {"feishu": "union_id", "dingtalk": "unionid", "wecom": "userid"}[stage.vendor.kind]
    execute("DELETE FROM oa_identity USING person p WHERE p.id = person_id AND p.key = 'chen.jing' AND id_type <> :kept", kept=kept)
    visitor = Visitor(stage)

    assert visitor.sign_in("chen.jing").status_code == 303
    assert "陈静" in visitor.http.get("/me").text


def test_who_has_left_or_is_locked_stays_out(stage: Rehearsal) -> None:
    execute("UPDATE person SET active = false WHERE key = 'zheng.hao'")
    with transaction() as session:
        accounts.lock(session, "zhao.lei")
    for key in ("zheng.hao", "zhao.lei"):
        visitor = Visitor(stage)
        assert visitor.sign_in(key).status_code == 403
        assert not visitor.is_in


def test_who_has_no_password_comes_in_only_by_the_office_system(stage: Rehearsal) -> None:
    execute("DELETE FROM account a USING person p WHERE p.id = a.person_id AND p.key = 'qian.yi'")
    visitor = Visitor(stage)

    assert visitor.sign_in("qian.yi").status_code == 303
    assert visitor.is_in
    with transaction() as session:
        assert accounts.sign_in(session, "qian.yi", "") is None


def test_a_session_begun_before_is_not_taken_over(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    page = visitor.leave_for_oa()
    before = visitor.http.cookies["shenpi"]
    visitor.http.get(visitor.come_back(page))
    assert visitor.http.cookies["shenpi"] != before
    stranger = Visitor(stage)
    stranger.http.cookies.set("shenpi", before)

    assert visitor.is_in and not stranger.is_in


def test_each_sign_in_is_recorded_with_its_door(stage: Rehearsal) -> None:
    Visitor(stage).sign_in("wu.gang")

    last = rows("SELECT s.connection, p.key, s.id_type FROM sign_in s JOIN person p ON p.id = s.person_id ORDER BY s.at DESC LIMIT 1")[0]
    assert (last.connection, last.key) == (stage.key, "wu.gang")
    assert last.id_type in stage.vendor.ids


def offers(stage: Rehearsal) -> bool:
    return f"/sso/{stage.key}?next=" in httpx.get(f"{stage.url}/sign-in?next=/tasks/4").text


@pytest.mark.parametrize(
    "off",
    ["active = false", "scope = '{\"sign_in\": false}'", "credentials = decode('01', 'hex')"],
    ids=["inactive", "scope", "unreadable"],
)
def test_what_is_switched_off_signs_nobody_in_and_its_links_ask_for_the_password(stage: Rehearsal, off: str) -> None:
    assert offers(stage)
    kept = rows("SELECT active, scope, credentials FROM oa_connection WHERE key = :key", key=stage.key)[0]
    visitor = Visitor(stage)
    back = visitor.come_back(visitor.leave_for_oa())
    execute(f"UPDATE oa_connection SET {off} WHERE key = :key", key=stage.key)

    answer = Visitor(stage).http.get(f"/sso/{stage.key}?next=/tasks/4")
    late = visitor.http.get(back)
    gone = not offers(stage)
    execute(
        "UPDATE oa_connection SET active = true, scope = '{}', credentials = :sealed WHERE key = :key",
        sealed=kept.credentials,
        key=stage.key,
    )

    assert answer.headers["Location"] == "/sign-in?next=/tasks/4"
    assert late.status_code == 400 and gone


def test_an_office_system_that_does_not_answer_leaves_the_password(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    back = visitor.come_back(visitor.leave_for_oa("/tasks/5"))
    stage.faults(fail=1)

    answer = visitor.http.get(back)

    stage.faults(fail=0)
    assert answer.status_code == 503 and "暂时没有应答" in answer.text
    assert "/sign-in" in answer.text and not visitor.is_in


def test_no_secret_of_a_sign_in_is_kept_in_what_was_said(stage: Rehearsal) -> None:
    visitor = Visitor(stage)
    back = visitor.come_back(visitor.leave_for_oa())
    code = next(value for name, value in parse_qsl(back.query.decode()) if name in ("code", "authCode"))
    visitor.http.get(back)

    said: list[Any] = rows("SELECT request, answer FROM oa_exchange WHERE purpose = 'sign-in' ORDER BY at DESC LIMIT 3")
    assert said
    kept = " ".join(f"{row.request} {row.answer}" for row in said)
    assert not [one for one in (code, *stage.vendor.credentials.values()) if one in kept]


def test_an_unknown_connection_asks_for_the_password(stage: Rehearsal) -> None:
    assert httpx.get(f"{stage.url}/sso/nothing?next=/me").headers["Location"] == "/sign-in?next=/me"
