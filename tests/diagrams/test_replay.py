"""The replay page proves the record in the browser and says in words what it found."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
WITHOUT_SUBTLE = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })"


def open_replay(page: Page, site: str, recording: str, step: int = 1, language: str = "zh") -> None:
    page.goto(f"{site}/replay/{recording}?language={language}#step={step}")
    page.wait_for_selector("#replay[data-verdict]")


def test_an_untouched_record_is_proved(page: Page, site: str) -> None:
    open_replay(page, site, "good")

    expect(page.locator("[data-part=verdict]")).to_have_text("哈希 ✓ 31/31")
    expect(page.locator(".replay-mark.is-faulty")).to_have_count(0)


def test_it_is_proved_without_the_browsers_own_sha256_too(page: Page, site: str) -> None:
    page.add_init_script(WITHOUT_SUBTLE)

    open_replay(page, site, "good")

    expect(page.locator("[data-part=verdict]")).to_have_text("哈希 ✓ 31/31")


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ("body", "✗ 第 4 步：内容与哈希不符"),
        ("column", "✗ 第 4 步：列 actor 写着 li.na，内容是 zhao.lei"),
        ("comment", "✗ 第 4 步：个人内容与摘要不符"),
        ("gap", "✗ 第 4 步：内容与哈希不符"),
    ],
)
def test_a_forgery_turns_its_step_red_and_is_named_in_words(page: Page, site: str, recording: str, words: str) -> None:
    open_replay(page, site, recording, step=4)

    expect(page.locator("[data-part=verdict]")).to_have_text(words)
    expect(page.locator(".replay-mark.is-faulty")).to_have_count(1)
    expect(page.locator(".replay-panel [role=alert]")).to_be_visible()


def test_a_recorded_erasure_is_no_forgery_and_is_told(page: Page, site: str) -> None:
    open_replay(page, site, "erased", step=4)

    expect(page.locator("[data-part=verdict]")).to_have_text("哈希 ✓ 31/31")
    expect(page.locator(".replay-panel")).to_contain_text("个人内容已按规定删除")
    page.locator(".replay-verdict summary").click()
    expect(page.locator("[data-part=verdict-words]")).to_contain_text("1 份个人内容已删除，无法核对")


def test_a_step_tells_who_did_what_when_through_what_and_why(page: Page, site: str) -> None:
    open_replay(page, site, "good", step=4)

    panel = page.locator(".replay-panel")
    for words in (
        "第 4 步，共 9 步",
        "赵蕾",
        "财务部",
        "同意",
        "代 王芳",
        "部门负责人审批",
        "2026-11-22 09:04:07.123 UTC+8",
        "飞书 · 10.1.2.3",
        "headOfDepartment",
    ):
        expect(panel).to_contain_text(words)
    expect(panel.locator("time")).to_have_attribute("title", "2026-11-22T01:04:07.123456Z")


def test_of_a_variable_with_parts_those_that_changed_are_told_and_more_than_anybody_reads_is_folded_away(page: Page, site: str) -> None:
    open_replay(page, site, "good", step=3)

    panel = page.locator(".replay-panel")
    expect(panel.locator(".replay-variable")).to_have_text("order")
    shown = panel.locator(".replay-variable + table tr")
    expect(shown).to_have_count(8)
    expect(shown.first).to_have_text("lines[1].\u200bnet— → 10600.00")
    expect(panel.locator("section > div > details summary")).to_have_text("另有 2 项")


def test_the_token_stands_where_the_case_waited_and_the_way_taken_is_bold(page: Page, site: str) -> None:
    open_replay(page, site, "good", step=2)

    expect(page.locator("[data-element-id=correct_submission].shenpi-current")).to_have_count(1)
    expect(page.locator("[data-element-id=manager_returns].shenpi-taken")).to_have_count(1)
    expect(page.locator("[data-element-id=manager_approves].shenpi-taken")).to_have_count(0)
    expect(page.locator(".shenpi-token")).to_have_count(1)


def test_arrow_keys_step_and_the_address_keeps_the_step(page: Page, site: str) -> None:
    open_replay(page, site, "good", step=2)

    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(f"{site}/replay/good?language=zh#step=3")
    page.keyboard.press("End")
    expect(page.locator(".replay-panel")).to_contain_text("第 9 步，共 9 步")
    page.keyboard.press("Home")
    expect(page.locator("[data-replay=back]")).to_be_disabled()


def test_playing_walks_to_the_end_and_stops(page: Page, site: str) -> None:
    open_replay(page, site, "good", step=7)

    page.locator(".replay-speed").select_option("4")
    page.locator("[data-replay=play]").click()

    expect(page.locator(".replay-panel")).to_contain_text("第 9 步，共 9 步")
    expect(page.locator("[data-replay=play]")).to_have_attribute("aria-label", "播放")


def test_decisions_returns_deliveries_and_incidents_are_marked(page: Page, site: str) -> None:
    open_replay(page, site, "good")

    kinds = page.locator(".replay-mark").evaluate_all("marks => marks.map(mark => mark.className.replace('replay-mark is-', ''))")

    assert kinds == ["return", "decision", "approve", "approve", "incident", "oa"]


def test_it_speaks_english(page: Page, site: str) -> None:
    open_replay(page, site, "column", step=4, language="en")

    expect(page.locator("[data-part=verdict]")).to_have_text("✗ Step 4: column actor says li.na, the bytes say zhao.lei")
    expect(page.locator(".replay-panel")).to_contain_text("Step 4 of 9")


def test_a_phone_shows_it_without_scrolling_sideways(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})

    open_replay(page, site, "good", step=4)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    diagram, panel = page.locator(".replay-stage").bounding_box(), page.locator(".replay-panel").bounding_box()
    assert diagram and panel and diagram["y"] + diagram["height"] <= panel["y"]
    expect(page.locator("[data-replay=play]")).to_be_in_viewport(ratio=1)


def test_the_bpmn_io_mark_is_visible_and_uncovered(page: Page, site: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        open_replay(page, site, "good", step=4)

        mark = page.locator(".bjs-powered-by")

        expect(mark).to_be_in_viewport(ratio=1)
        box = mark.bounding_box()
        assert box
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).closest('.bjs-powered-by') !== null", middle)
