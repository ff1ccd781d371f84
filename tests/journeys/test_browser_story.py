"""The whole story at real browsers: upload, three people approve (one in the office system), filing, replay; and a forger who owns the database."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from browser_support import DESK, PHONE, Desks, written
from journeys_support import Installation
from playwright.sync_api import expect
from tests_support import eventually

pytestmark = pytest.mark.browser
LAST = ("approve_director", "confirm_filing")  #: nobody comes after them


@pytest.fixture(params=[(DESK, 7501), (PHONE, 7502)], ids=["desk", "phone"])
def screen(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, int], int]]:
    yield request.param


def decide(desks: Desks, installation: Installation, person: str, case: str, element: str, size: dict[str, int], **values: str) -> None:
    """Open a person's task from her list's address and press the main button; the last one of all is asked again."""
    task = installation.task(person, case, element)
    page = desks.open(person, f"/tasks/{task['id']}", size)
    for name, value in values.items():
        page.fill(f"#field-{name}", value)
    page.locator(".action-main").click()
    if element in LAST:
        expect(page.locator(".action-bar")).to_contain_text("不能再拿回")
        page.get_by_role("button", name="确认同意").click()
    expect(page.locator("h1")).to_contain_text("您已")


def test_an_invoice_is_uploaded_approved_in_two_places_filed_and_replayed(
    desks: Desks, installation: Installation, tmp_path: Path, screen: tuple[dict[str, int], int]
) -> None:
    size, running = screen
    page = desks.open("li.na", "/submit", size)
    page.set_input_files("#file", written(tmp_path, "facturx", running))
    expect(page.locator(".upload-card")).to_contain_text("已进入审批")
    cases = installation.client("ma.lin").get("/process-instances", params={"limit": 1}).json()["items"]
    case = cases[0]["id"]

    eventually(lambda: any(case in str(item) for item in installation.todos("wang.fang")))
    office = desks.contexts["li.na", size["width"]].new_page()
    office.goto(f"{installation.simulator}/todos?person=wang.fang")
    office.get_by_text(re.compile(cases[0]["title"][:20])).first.click()
    office.fill("#comment", "同意（在办公系统中）")
    office.locator('button[value="approve"]').click()
    expect(office.locator("[role=status]")).to_contain_text("已收到")

    decide(desks, installation, "zhao.lei", case, "approve_finance", size, voucherNumber="记-0042", accountingPeriod="2026-11")
    decide(desks, installation, "wu.gang", case, "approve_director", size)
    item = eventually(lambda: installation.item_of(case))
    decide(desks, installation, "chen.jing", item["filingInstanceId"], "confirm_filing", size)
    eventually(lambda: (row := installation.item_of(case)) and row["state"] == "sealed")

    replay = desks.open("sun.mei", f"/cases/{case}/replay", size)
    expect(replay.locator("#replay")).to_have_attribute("data-verdict", "good")
    expect(replay.locator("#replay")).to_have_attribute("data-rerun", "good")
    expect(replay.locator(".bjs-powered-by")).to_be_visible()
    replay.locator("[data-replay=last]").click()
    expect(replay.locator("[data-part=panel]")).to_contain_text("第")
    assert replay.evaluate("document.documentElement.scrollWidth") <= size["width"]

    forge(installation, case)
    replay.reload()
    expect(replay.locator("#replay")).to_have_attribute("data-verdict", "bad")
    expect(replay.locator("[data-part=verdict]")).to_contain_text("✗")
    assert installation.client("sun.mei").get(f"/process-instances/{case}/verification").json()["ok"] is False


def forge(installation: Installation, case: str) -> None:
    """Change one recorded outcome as somebody could who owns the database."""
    with psycopg.connect(installation.database.replace("postgresql+psycopg://", "postgresql://")) as connection:
        connection.execute("ALTER TABLE history_event DISABLE TRIGGER ALL")
        changed = connection.execute(
            """UPDATE history_event SET body = convert_to(replace(convert_from(body, 'UTF8'), '"outcome":"approve"', '"outcome":"reject"'), 'UTF8')
               WHERE instance_id = %s AND type = 'task:completed' AND element = 'approve_finance'""",
            (case,),
        )
        assert changed.rowcount == 1
        connection.execute("ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_row")
        connection.execute("ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_from_delete")
        connection.execute("ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_all")
