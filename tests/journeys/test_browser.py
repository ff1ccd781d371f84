"""People at real browsers, on a phone and at a desk, against a real installation: submitting, deciding, finding one's way."""

import re
from pathlib import Path

import pytest
from browser_support import DESK, Desks, barriers, written
from journeys_support import Installation
from playwright.sync_api import expect

from processes.invoice.samples.generate import default_number, make

pytestmark = pytest.mark.browser

#: a name of sixty characters, as state companies have them
LONG = "内蒙古自治区呼伦贝尔市鄂伦春自治旗大兴安岭农业科学技术推广与乡村振兴产业发展投资集团股份有限公司第一分公司北京办事处专用"
TYPED = {
    "net": "9380.53", "tax": "1219.47", "seller.name": LONG, "seller.taxId": "91330100MA0000023P", "buyer.name": "上海申批科技有限公司",
    "buyer.taxId": "91310115MA0000015C",
}  # fmt: skip


def test_an_invoice_is_submitted_and_approved_on_phones(desks: Desks, tmp_path: Path) -> None:
    page = desks.open("li.na", "/submit")
    page.set_input_files("#file", [written(tmp_path, "einvoice", 7001), written(tmp_path, "ofd", 7002)])
    expect(page.locator(".upload-card")).to_have_count(2)
    expect(page.locator(".upload-card").first).to_contain_text("已进入审批")
    boss = desks.open("wang.fang", "/")
    boss.locator(".row-link").first.click()
    boss.get_by_role("button", name="情况属实，同意").click()
    boss.locator(".action-main").click()
    expect(boss.locator("h1")).to_have_text("您已同意")
    expect(boss.locator("main")).to_contain_text("财务审批")
    expect(boss.locator(".result-comment")).to_have_text("情况属实，同意")


def test_a_print_keeps_its_file_and_everything_typed_until_it_is_complete(desks: Desks, tmp_path: Path) -> None:
    page = desks.open("li.na", "/submit")
    page.set_input_files("#file", written(tmp_path, "pdf", 7101))
    form = page.locator("form[data-complete]")
    for name, value in {**TYPED, "net": "abc"}.items():
        form.locator(f'[name="{name}"]').fill(value)
    form.get_by_role("button").click()
    expect(page.locator(".upload-card")).to_contain_text("格式不正确")
    form = page.locator("form[data-complete]")
    expect(form.locator('[name="seller.name"]')).to_have_value(LONG)
    expect(form.locator('[name="net"]')).to_be_focused()
    assert barriers(page) == []
    form.locator('[name="net"]').fill(TYPED["net"])
    form.get_by_role("button").click()
    expect(page.locator(".upload-card")).to_contain_text("已进入审批")
    expect(page.locator(".upload-card")).to_contain_text("由您填写")


def test_a_single_key_moves_the_focus_and_sends_nothing(desks: Desks, installation: Installation) -> None:
    case = installation.submit(running=7201)
    task = installation.task("wang.fang", case["caseId"], "approve_manager")
    page = desks.open("wang.fang", f"/tasks/{task['id']}", DESK)
    for key, field in (("a", "comment"), ("r", "comment-reject"), ("b", "comment-return")):
        page.locator("h1").click()
        page.keyboard.press(key)
        expect(page.locator(f"#{field}")).to_be_focused()
        page.evaluate("document.activeElement.blur()")
    assert installation.task("wang.fang", case["caseId"], "approve_manager")["state"] == "open"


def test_enter_in_a_field_decides_nothing_and_faults_keep_what_was_typed(desks: Desks, installation: Installation) -> None:
    case = installation.submit(running=7202)
    installation.decide("wang.fang", case["caseId"], "approve_manager")
    task = installation.task("zhao.lei", case["caseId"], "approve_finance")
    page = desks.open("zhao.lei", f"/tasks/{task['id']}")
    page.fill("#field-voucherNumber", "记-0042")
    page.fill("#comment", "科目已核对")
    page.press("#field-voucherNumber", "Enter")
    expect(page.locator(".action-main")).to_be_visible()
    page.locator(".action-main").click()
    page.get_by_role("button", name="确认同意").click()
    expect(page.locator(".alert-danger")).to_contain_text("请填写 会计期间")
    expect(page.locator("#comment")).to_have_value("科目已核对")
    page.fill("#field-accountingPeriod", "2026-11")
    page.locator(".action-main").click()
    page.get_by_role("button", name="确认同意").click()
    expect(page.locator("h1")).to_have_text("您已同意")


def test_a_task_is_handed_over_to_somebody_found_by_typing(desks: Desks, installation: Installation) -> None:
    case = installation.submit(running=7203)
    task = installation.task("wang.fang", case["caseId"], "approve_manager")
    page = desks.open("wang.fang", f"/tasks/{task['id']}")
    page.locator(".sheet-more > summary").click()
    page.locator(".sheet-verb", has_text="转办").click()
    page.locator("#who").press_sequentially("wu.g")
    expect(page.locator("#choices .choice")).to_have_count(1)
    page.get_by_label("吴刚").check()
    page.get_by_role("button", name="转办").click()
    expect(page.locator("h1")).to_have_text("已转给 吴刚")


def test_more_rows_are_loaded_below_the_ones_already_there(desks: Desks, installation: Installation) -> None:
    for running in range(7300, 7332):
        installation.submit(running=running)
    page = desks.open("li.na", "/mine")
    expect(page.locator("tr[data-row]")).to_have_count(30)
    page.get_by_role("link", name="加载更多").click()
    expect(page.locator("tr[data-row]").nth(31)).to_be_visible()


def test_a_case_draws_where_it_stands_and_replay_verifies_it(desks: Desks, installation: Installation) -> None:
    case = installation.submit(running=7204)
    page = desks.open("li.na", f"/cases/{case['caseId']}", DESK)
    expect(page.locator(".shenpi-token")).to_be_visible()
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    page.get_by_role("link", name="回放").click()
    expect(page.locator("[data-part=verdict]")).to_contain_text(re.compile("哈希 ✓"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_scrolls_sideways_on_a_phone_and_none_shuts_anybody_out(
    desks: Desks, installation: Installation, language: str, tmp_path: Path
) -> None:
    running = {"zh": 7401, "en": 7402}[language]
    name, data = make("pdf", number=default_number("pdf", running))
    case = installation.upload(name, data, **TYPED).json()
    task = installation.task("wang.fang", case["caseId"], "approve_manager")
    everybody = ("/", "/?tab=done", "/mine", "/processes", "/people", "/me")
    pages = {
        "wang.fang": (*everybody, f"/tasks/{task['id']}", f"/cases/{case['caseId']}"),
        "ma.lin": (
            *everybody,
            "/submit",
            "/cases",
            "/archive",
            "/incidents",
            "/people/new",
            "/people/li.na",
            "/substitutions",
            "/authority",
            "/duties",
            "/posts",
            "/connections",
            "/connections/demo-oa",
            "/connections/new",
            "/connections/new?kind=feishu",
            "/deliveries?state=sent",
            "/inbox",
            "/sign-ins",
            "/identities",
            "/directory",
            f"/invoices/{case['invoiceId']}",
        ),
        "li.na": tuple(f"/cases/{case['caseId']}?tab={tab}" for tab in ("flow", "documents", "history", "oa", "archive")),
    }
    wide, barred = [], []
    for person, paths in pages.items():
        page = desks.open(person, f"/language/{language}?next=/")
        for path in paths:
            page.goto(path)
            if page.locator("html").evaluate("page => page.scrollWidth > page.clientWidth", timeout=10_000):
                wide.append(path)
            if language == "zh":
                barred += [f"{path}: {found}" for found in barriers(page)]
    assert wide == []
    assert barred == []
