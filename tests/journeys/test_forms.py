"""Forms at real browsers: the viewer draws what the server checks, hides what it drops, and keeps a draft while one types."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser_support import DESK, PHONE, Desks
from forms_support import CLAIM, filled
from journeys_support import Installation
from playwright.sync_api import Browser, Page, expect
from tests_support import eventually

from api.cli.company import PASSWORD

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHENPI_SHOTS")  #: a folder; pictures for people to look at


@pytest.fixture(scope="module")
def definition(installation: Installation) -> Iterator[str]:
    files = [("files", (name, content)) for name, content in CLAIM.items()]
    answer = installation.client("zheng.hao").post("/deployments", files=files)
    assert answer.status_code == 201, answer.text
    yield str(answer.json()["items"][0]["id"])


def shot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def begin(installation: Installation, **more: object) -> str:
    """Have Li Na begin a claim, and return the id of Wang Fang's task."""
    answer = installation.client("li.na").post(
        "/process-instances", json={"processDefinitionKey": "expense_claim", "variables": filled(**more)}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["tasks"][0]["id"])


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_a_claim_is_filled_in_with_rows_a_condition_and_files(
    desks: Desks, installation: Installation, definition: str, tmp_path: Path, size: dict[str, int]
) -> None:
    receipt = tmp_path / "高铁票.pdf"
    receipt.write_bytes(b"%PDF-1.7")
    page = desks.open("li.na", f"/processes/{definition}/start", size)
    expect(page.locator(".fjs-powered-by")).to_be_visible()
    expect(page.locator(".form-fallback")).to_have_count(0)
    shot(page, f"start-{size['width']}")

    page.get_by_role("button", name="发起").click()
    expect(page.locator(".form-complaint")).to_be_visible()
    expect(page.locator(".fjs-form-field-error").first).to_have_text("请填写此项。")
    shot(page, f"start-wrong-{size['width']}")

    page.get_by_label("事由").fill("去杭州谈合同")
    expect(page.get_by_label("国家或地区")).to_have_count(0)
    page.get_by_label("境外发生").click()  # and not `check`: what is drawn again in that moment shows what was there before
    expect(page.get_by_label("境外发生")).to_be_checked()
    page.get_by_label("国家或地区").fill("新加坡")
    page.get_by_role("button", name="再加一行").click()
    for number, (kind, amount) in enumerate((("餐饮", "120.10"), ("住宿", "820"))):
        page.locator(".fjs-input[placeholder='yyyy/mm/dd'], .flatpickr-input").nth(number).fill("11/20/2026")
        page.locator("h1").click()
        page.locator(".fjs-form-field-select .fjs-input-group").nth(number).click()
        page.locator(".fjs-dropdownlist-item", has_text=kind).first.click()
        page.get_by_label("金额（元）").nth(number).fill(amount)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="选择文件").click()
    chooser.value.set_files(str(receipt))
    shot(page, f"start-filled-{size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing to scroll sideways"
    page.get_by_role("button", name="发起").click()

    expect(page.locator("h1")).to_have_text("报销 去杭州谈合同")
    case = page.url.rsplit("/", 1)[1]
    kept = installation.client("li.na").get(f"/process-instances/{case}/variables").json()
    assert (kept["country"], kept["total"], [row["kind"] for row in kept["items"]]) == ("新加坡", {"$d": "940.1"}, ["meal", "hotel"])
    names = [each["name"] for each in installation.client("li.na").get(f"/process-instances/{case}/attachments").json()["items"]]
    assert names == ["高铁票.pdf"]


def test_what_is_pressed_stays_under_the_finger_though_the_field_that_is_left_is_right_now(
    desks: Desks, installation: Installation, definition: str
) -> None:
    page = desks.open("li.na", f"/processes/{definition}/start", DESK)
    page.clock.install()
    page.reload()
    expect(page.locator(".fjs-powered-by")).to_be_visible()
    page.get_by_role("button", name="发起").click()
    complaint = page.locator(".fjs-form-field", has=page.get_by_label("事由")).locator(".fjs-form-field-error")
    expect(complaint).to_be_visible()
    box = page.get_by_label("境外发生")
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place is not None
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # what is typed is looked at after a moment, or when the field is left
    page.get_by_label("事由").fill("去杭州谈合同")
    expect(complaint).to_be_visible()

    page.mouse.move(place["x"] + 5, place["y"] + 5)
    page.mouse.down()
    expect(complaint).to_have_count(0)
    held = box.bounding_box()
    page.mouse.up()

    expect(box).to_be_checked()
    assert held == place
    page.clock.resume()
    expect(page.locator(".fjs-form-field[style*=height]")).to_have_count(0)  # and has its own height again when it is let go


@pytest.mark.parametrize("size", [DESK], ids=["desk"])
def test_a_decision_is_taken_with_the_form_and_what_was_begun_is_there_again(
    desks: Desks, installation: Installation, definition: str, size: dict[str, int]
) -> None:
    task = begin(installation, items=[{"day": "2026-11-20", "kind": "hotel", "note": "住宿", "amount": "2820.00"}])
    page = desks.open("wang.fang", f"/tasks/{task}", size)
    expect(page.get_by_label("合计（元）")).to_have_value("2820")
    expect(page.locator(".fjs-table")).to_contain_text("住宿")
    shot(page, f"task-{size['width']}")
    page.get_by_label("差旅费").click()
    expect(page.get_by_label("差旅费")).to_be_checked()
    page.get_by_label("超标审批单号").fill("CB-00")
    page.fill("#comment", "票据齐全")
    expect(page.locator("[data-draft-state]")).to_contain_text("草稿已保存", timeout=10_000)
    draft = installation.client("wang.fang").get(f"/user-tasks/{task}/draft").json()
    assert draft["values"]["account"] == "6602.01" and "total" not in draft["values"]
    page.close()

    page = desks.open("wang.fang", f"/tasks/{task}", size)
    shot(page, f"task-draft-{size['width']}")
    page.get_by_role("link", name="继续填写").click()
    expect(page.get_by_label("差旅费")).to_be_checked()
    expect(page.locator("#comment")).to_have_value("票据齐全")
    page.locator(".action-main").click()
    page.get_by_role("button", name="确认同意").click()
    expect(page.locator(".fjs-form-field-error")).to_contain_text("格式不正确")
    page.get_by_label("超标审批单号").fill("CB-0042")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing to scroll sideways"
    page.locator(".action-main").click()
    page.get_by_role("button", name="确认同意").click()
    expect(page.locator("h1")).to_have_text("您已同意")


def test_who_rejects_is_not_held_up_by_the_form(desks: Desks, installation: Installation, definition: str) -> None:
    page = desks.open("wang.fang", f"/tasks/{begin(installation)}")
    expect(page.locator(".fjs-container")).to_be_visible()
    page.locator("summary", has_text="驳回").click()
    page.fill("#comment-reject", "不符合规定")
    page.get_by_role("button", name="确认驳回").click()
    expect(page.locator("h1")).to_have_text("您已驳回")


def test_a_form_of_fields_keeps_a_draft_too(desks: Desks, installation: Installation, definition: str) -> None:
    case = installation.submit(running=7901)
    installation.decide("wang.fang", case["caseId"], "approve_manager")
    task = installation.task("zhao.lei", case["caseId"], "approve_finance")["id"]
    page = desks.open("zhao.lei", f"/tasks/{task}")
    page.fill("#field-voucherNumber", "记-0042")

    def begun() -> bool:
        return bool(
            installation.client("zhao.lei").get(f"/user-tasks/{task}/draft").json().get("values", {}).get("voucherNumber") == "记-0042"
        )

    eventually(begun, 10)
    page.close()
    page = desks.open("zhao.lei", f"/tasks/{task}")
    page.get_by_role("link", name="继续填写").click()
    expect(page.locator("#field-voucherNumber")).to_have_value("记-0042")


def test_without_script_the_same_form_stands_there_as_plain_fields(browser: Browser, installation: Installation, definition: str) -> None:
    context = browser.new_context(viewport=PHONE, base_url=installation.url, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#key", "li.na")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"/processes/{definition}/start")
    page.get_by_label("事由").fill("买办公用品")
    page.get_by_role("button", name="再加一行").click()
    for number, amount in enumerate(("12.50", "7.50")):
        page.get_by_label("日期").nth(number).fill("2026-11-20")
        page.get_by_label("类别").nth(number).select_option("other")
        page.get_by_label("金额（元）").nth(number).fill(amount)
    shot(page, "plain-390")
    page.get_by_role("button", name="发起").click()
    expect(page.locator("h1")).to_have_text("报销 买办公用品")
    context.close()
