"""Handwritten signatures on the page and over REST: drawn with a finger or the mouse, sent with the decision, shown with it ever after."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from browser_support import DESK, PHONE, served
from drawings import END, START, drawing, human, path
from pages_support import Office
from playwright.sync_api import Browser, Page, expect
from signatures_support import as_address, as_base64, picture
from sqlalchemy import text
from web_support import multipart
from werkzeug.test import TestResponse

from api.cli.company import PASSWORD
from engine import definitions
from engine.database import transaction

Words = Callable[[TestResponse | str], str]


@pytest.fixture(scope="module", autouse=True)
def deployed(office: Office) -> None:
    for wanted in ("required", "optional"):
        xml = drawing(
            START, human("批准", shenpi_signature=wanted), human("复核", "zhao.lei"), END, path("start", "批准", "复核", "end"), key=wanted
        )
        with office.web.inside(), transaction() as session:
            definitions.deploy(session, {"p.bpmn": xml}, by=None)


def asked(office: Office, wanted: str = "required") -> tuple[UUID, UUID]:
    """Return a case and its task."""
    case = UUID(office.web.start(wanted)["id"])
    return case, office.task(case)


def test_a_decision_with_a_signature_shows_it_in_the_story_of_the_case(office: Office, words: Words) -> None:
    case, task = asked(office)
    assert "手写签名" in words(office.desk("wang.fang").get(f"/tasks/{task}"))
    assert office.desk("wang.fang").decide(task, signature=as_address(picture())).status_code == 303

    story = office.desk("li.na").get(f"/cases/{case}").text
    kept = office.row("SELECT id FROM attachment WHERE instance_id = :case", case=case).id
    assert f'src="/api/v1/attachments/{kept}"' in story and "王芳 的手写签名" in story
    answer = office.desk("li.na").get(f"/api/v1/attachments/{kept}")
    assert answer.data == picture()
    assert answer.headers["Content-Disposition"].encode("latin-1"), "a server can send it whatever the file is called"
    assert "filename*=UTF-8''%E6%89%8B" in answer.headers["Content-Disposition"]
    assert "手写签名.png" in words(office.desk("li.na").get(f"/cases/{case}?tab=documents"))


def test_approving_without_a_required_signature_is_refused_and_keeps_what_was_typed(office: Office, words: Words) -> None:
    _, task = asked(office)
    answer = office.desk("wang.fang").decide(task, comment="同意采购")
    assert answer.status_code == 422
    assert "请手写签名" in words(answer) and "同意采购" in answer.text


def test_a_page_that_was_refused_for_something_else_still_has_the_signature(office: Office) -> None:
    _, task = asked(office)
    answer = office.desk("wang.fang").decide(task, comment="长" * 2001, signature=as_address(picture()))
    assert answer.status_code == 422 and as_address(picture()) in answer.text


def test_the_page_says_that_a_signature_needs_script(office: Office) -> None:
    _, task = asked(office)
    page = office.desk("wang.fang").get(f"/tasks/{task}").text
    assert "手写签名需要浏览器允许运行脚本" in page


def test_a_program_sends_the_picture_or_names_one_that_it_brought(office: Office) -> None:
    _, task = asked(office)
    web, way = office.web, f"/user-tasks/{task}"
    for sent, code in ((None, "signature-missing"), ("%%%", "signature-invalid"), (as_base64(picture(drawn=False)), "signature-empty")):
        answer = web.complete("wang.fang", str(task), signature=sent)
        assert answer.status_code == 422 and answer.json["faults"][0]["code"] == code, answer.text
    assert web.complete("wang.fang", str(task), signature=as_base64(picture())).status_code == 200

    _, task = asked(office)
    way = f"/user-tasks/{task}/attachments"
    brought = web.post("wang.fang", way, **multipart(("file", "sign.png", picture()))).json["id"]
    assert web.complete("wang.fang", str(task), signature=brought).status_code == 200


def test_several_at_once_leaves_out_what_needs_a_signature_and_says_why(office: Office, words: Words) -> None:
    _, task = asked(office)
    desk = office.desk("wang.fang")
    found = desk.client.post("/bulk", data=desk.form("/", "/bulk") | {"task": str(task), "outcome": "approve"})
    assert "请手写签名" in words(found)


# --- drawn in a browser


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    with served(office.web.app) as found:
        yield found


def opened(browser: Browser, address: str, task: UUID, size: dict[str, int], **more: bool) -> Page:
    context = browser.new_context(viewport=size, base_url=address, **more)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#key", "wang.fang")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"/tasks/{task}")
    return page


def stroke(page: Page, *, finger: bool) -> None:
    """Draw one line on the pad."""
    page.locator(".autograph-pad").scroll_into_view_if_needed()
    box = page.locator(".autograph-pad canvas").bounding_box()
    assert box is not None
    way = [(box["x"] + 30 + 12 * n, box["y"] + 60 + (25 if n % 2 else -25)) for n in range(16)]
    if finger:
        device = page.context.new_cdp_session(page)
        for kind, points in (("touchStart", way[:1]), *(("touchMove", [point]) for point in way[1:]), ("touchEnd", [])):
            device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
        return
    page.mouse.move(*way[0])
    page.mouse.down()
    for x, y in way[1:]:
        page.mouse.move(x, y)
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.parametrize(("size", "finger"), [(PHONE, True), (DESK, False)])
def test_somebody_signs_with_a_finger_or_the_mouse(
    office: Office, browser: Browser, address: str, size: dict[str, int], finger: bool
) -> None:
    case, task = asked(office)
    page = opened(browser, address, task, size, has_touch=finger)
    page.click("button[name=outcome][value=approve]")
    expect(page.get_by_text("请先手写签名。")).to_be_visible()
    stroke(page, finger=finger)
    expect(page.get_by_text("请先手写签名。")).to_be_hidden()
    page.click("[data-signature-clear]")
    expect(page.locator("input[name=signature]")).to_have_value("")
    stroke(page, finger=finger)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.click("button[name=outcome][value=approve]")
    expect(page.locator(".result")).to_be_visible()
    page.goto(f"/cases/{case}")
    expect(page.locator("img.autograph")).to_be_visible()
    page.wait_for_function("document.querySelector('img.autograph').naturalWidth > 100")
    page.context.close()


@pytest.mark.browser
def test_somebody_who_rejects_need_not_sign_and_without_script_she_reads_why_she_cannot(
    office: Office, browser: Browser, address: str
) -> None:
    _, task = asked(office)
    page = opened(browser, address, task, PHONE, java_script_enabled=False)
    expect(page.get_by_text("手写签名需要浏览器允许运行脚本")).to_be_visible()
    expect(page.locator(".autograph-pad")).to_be_hidden()
    page.context.close()

    page = opened(browser, address, task, DESK)
    page.click("summary:has-text('驳回')")
    page.click("button[value=reject]")
    expect(page.locator(".result")).to_be_visible()
    page.context.close()


# --- replayed by the auditor


def replayed(browser: Browser, address: str, case: UUID, size: dict[str, int] = DESK, who: str = "sun.mei") -> Page:
    """Return the replay of a case, at the step of its first decision."""
    context = browser.new_context(viewport=size, base_url=address, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#key", who)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"/cases/{case}/replay#step=2")
    page.wait_for_selector("#replay[data-signatures]")
    return page


def signed(office: Office) -> UUID:
    case, task = asked(office)
    assert office.desk("wang.fang").decide(task, signature=as_address(picture())).status_code == 303
    return case


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_the_auditor_sees_the_signature_at_its_step_and_that_it_is_the_one_that_was_signed(
    office: Office, browser: Browser, address: str, size: dict[str, int]
) -> None:
    page = replayed(browser, address, signed(office), size)
    image = page.get_by_alt_text("王芳 的手写签名")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(page.locator(".replay-signature")).to_contain_text("图片与办理记录中的摘要一致")
    assert page.locator("#replay").get_attribute("data-verdict") == "good"
    page.locator(".replay-verdict summary").click()
    expect(page.locator("[data-part=verdict-words]")).to_contain_text("1/1 个手写签名与办理记录中的摘要一致")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.keyboard.press("Home")
    expect(page.locator(".replay-signature")).to_have_count(0)
    page.context.close()


def forge(office: Office, *statements: str, **values: object) -> None:
    """Change rows as somebody does who owns the database: no trigger stands in her way."""
    with office.web.inside(), transaction() as session:
        for statement in ("ALTER TABLE attachment DISABLE TRIGGER ALL", *statements):
            session.execute(text(statement), values)


@pytest.mark.browser
def test_a_picture_that_was_exchanged_or_is_gone_is_told_wherever_one_looks(office: Office, browser: Browser, address: str) -> None:
    case = signed(office)
    forge(
        office,
        "INSERT INTO stored_file (sha256, sm3, size, media_type, content) VALUES ('forged', 'x', 1, 'image/png', :content)",
        "UPDATE attachment SET sha256 = 'forged' WHERE instance_id = :case",
        case=case,
        content=picture(width=300),
    )
    page = replayed(browser, address, case)
    expect(page.locator("[data-part=verdict]")).to_have_text("✗ 第 2 步：手写签名的图片与摘要不符，或无法读取")
    expect(page.locator(".replay-signature [role=alert]")).to_contain_text("不是当时签的")
    page.context.close()

    forge(office, "DELETE FROM attachment WHERE instance_id = :case", case=case)
    page = replayed(browser, address, case)
    expect(page.locator(".replay-signature")).to_contain_text("无法核对")
    assert page.locator("#replay").get_attribute("data-verdict") == "bad"
    page.context.close()
