"""The to-do list in a real browser: worked through with the keyboard, with a thumb, and without script."""

from collections.abc import Iterator

import pytest
from browser_support import DESK, PHONE, barriers, served
from drawings import END, START, drawing, human, path
from pages_support import Office
from playwright.sync_api import Browser, Page, expect

from api.cli.company import PASSWORD
from engine import definitions
from engine.database import transaction

pytestmark = pytest.mark.browser

ASK = drawing(
    START, human("decide", "zheng.hao"), END, path("start", "decide", "end"), key="ask", name="请示", shenpi_title="${title}", shenpi_amount="${amount}",
    shenpi_currency="CNY",
)  # fmt: skip
MANY = 60
LONG = "上海某某信息科技发展股份有限公司长三角一体化示范区青浦分公司年度框架采购合同补充协议付款"


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"p.bpmn": ASK}, by=None)
    for number in range(MANY):
        office.web.task("ask", variables={"title": f"{LONG} {number}" if number % 7 == 0 else f"事项 {number}", "amount": f"{number}.50"})
    with served(office.web.app) as found:
        yield found


def signed_in(browser: Browser, address: str, size: dict[str, int], **more: bool) -> Page:
    context = browser.new_context(viewport=size, base_url=address, reduced_motion="reduce", **more)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#key", "zheng.hao")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto("/?sort=age")
    return page


def test_the_keyboard_moves_chooses_opens_and_searches_and_sends_nothing(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, DESK)
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen-text]")).to_have_text("已选 2 项")
    expect(page.locator("[data-chosen-sum]")).to_have_text("¥3.00")
    expect(page.get_by_role("button", name="同意 2 项")).to_be_in_viewport()
    page.keyboard.press("x")
    expect(page.locator("[data-chosen-text]")).to_have_text("已选 1 项")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    page.go_back()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("协议付款 56")
    page.keyboard.press("Enter")
    expect(page.locator(".row-link")).to_have_count(1)
    page.context.close()


def test_more_rows_are_loaded_where_the_keyboard_is_and_all_are_chosen_at_once(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, DESK)
    expect(page.locator(".row-link")).to_have_count(50)
    page.locator("tr.more a").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".row-link")).to_have_count(MANY)
    expect(page.locator(".row-link").nth(50)).to_be_focused()
    page.keyboard.press("x")
    page.locator("[data-choose-all]").check()
    expect(page.locator("[data-chosen-text]")).to_have_text(f"已选 {MANY} 项")
    page.context.close()


def test_a_thumb_finds_everything_and_nothing_scrolls_sideways(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, PHONE)
    page.locator(".pick").first.click()
    for name in (".pick", ".orders .btn", ".bulk-buttons .btn", ".todo-filter > summary", ".todo-tabs .nav-link"):
        box = page.locator(name).first.bounding_box()
        assert box is not None and box["height"] >= 44, (name, box)
    expect(page.get_by_role("button", name="同意 1 项")).to_be_in_viewport()
    page.locator(".todo-filter > summary").click()
    expect(page.locator(".todo-filter button[type=submit]")).to_be_in_viewport()
    assert barriers(page) == []
    for path_ in ("/", "/?tab=done", "/?tab=behalf", "/?tab=copied", f"/?q={LONG}&least=1&due=week"):
        page.goto(path_)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path_
    page.context.close()


def test_without_script_what_is_ticked_is_decided_after_a_second_look(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, PHONE, java_script_enabled=False)
    for number in (1, 2):
        page.locator("input[name=task]").nth(number).check()
    page.get_by_role("button", name="同意所选").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("同意 2 项")
    page.locator("#comment").fill("同意")
    page.locator(".bulk-confirm button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已同意 2 项")
    page.context.close()
