"""The small behaviours of every page: diagrams, keys, uploads, copying."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_diagram_is_drawn_with_its_current_place_marked(page: Page, site: str) -> None:
    page.goto(f"{site}/parts")

    expect(page.locator("[data-element-id=approve_finance].shenpi-current")).to_have_count(1)
    expect(page.locator("[data-element-id=submitted_to_again].shenpi-taken")).to_have_count(1)
    expect(page.locator(".bjs-powered-by")).to_be_visible()


def test_j_and_k_move_the_focus_through_the_rows_and_send_nothing(page: Page, site: str) -> None:
    page.goto(f"{site}/parts")

    for key, focused in (("j", "one"), ("j", "two"), ("k", "one")):
        page.keyboard.press(key)
        expect(page.locator(f"#{focused}")).to_be_focused()
    assert page.url == f"{site}/parts"


def test_a_key_ticks_its_choice_and_focuses_the_comment_but_not_while_typing(page: Page, site: str) -> None:
    page.goto(f"{site}/parts")

    page.keyboard.press("a")
    page.keyboard.type("a j k")

    expect(page.locator("[data-key=a]")).to_be_checked()
    expect(page.locator("#comment")).to_have_value("a j k")


def test_each_chosen_file_goes_up_by_itself_and_becomes_the_row_that_the_server_answers(page: Page, site: str) -> None:
    page.goto(f"{site}/parts")

    files = [{"name": f"{name}.xml", "mimeType": "text/xml", "buffer": b"<a/>"} for name in ("甲", "乙", "丙")]
    page.locator("#file").set_input_files(files)  # type: ignore[arg-type]

    expect(page.locator("#rows .taken")).to_have_count(3)
    assert sorted(page.locator("#rows .taken").all_inner_texts()) == ["丙.xml: 4", "乙.xml: 4", "甲.xml: 4"]


def test_copying_says_that_it_did(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/parts")

    page.get_by_role("button", name="复制").click()

    expect(page.locator("[data-copy]")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "FP-2026-000123"


def test_a_phone_has_the_navigation_at_the_bottom_and_the_rest_under_more(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/parts")

    expect(page.locator(".bottombar-link")).to_have_count(4)
    page.locator(".bottombar summary").click()
    expect(page.locator(".bottombar-more a")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert all(
        box["height"] >= 44
        for box in page.locator(".bottombar-link").evaluate_all("all => all.map(each => each.getBoundingClientRect().toJSON())")
    )
