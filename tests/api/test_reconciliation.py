"""Office systems compared with us, as an operator does it: compare now, read what differs, push it again or let it be; by pages and by REST."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from browser_support import DESK, PHONE, barriers
from engine_support import advance, execute, rows, take_all
from playwright.sync_api import Browser, expect
from rehearsal_support import FEISHU, Rehearsal, rehearsal
from web_support import token_of

from api import accounts
from api.cli.company import PASSWORD
from engine import jobs, worker
from engine.database import transaction
from engine.database.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def stage(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(FEISHU, server, template, tmp_path_factory.mktemp("feishu")) as found:
        execute("UPDATE oa_connection SET name = '飞书（总部）', settings = settings || '{\"mend\": \"no\"}' WHERE key = 'feishu-1'")
        yield found


@pytest.fixture(autouse=True)
def clean(stage: Rehearsal) -> None:
    """Let each test begin with nothing that was shown before."""
    execute("DELETE FROM oa_difference")
    execute("DELETE FROM oa_delivery")
    execute("DELETE FROM oa_shown")
    take_all(jobs.COMPARE)
    execute(
        "UPDATE oa_connection SET active = true, compared_at = NULL, compare_ended_at = NULL, compare_failure = NULL WHERE key = 'feishu-1'"
    )


class Operator:
    """Somebody with a browser and a token."""

    def __init__(self, stage: Rehearsal, key: str = "ma.lin") -> None:
        with transaction() as session:
            _, text = accounts.make_token(session, key, f"t{len(rows('SELECT 1 FROM api_token'))}")
        self.rest = httpx.Client(
            base_url=f"{stage.url}/api/v1/reconciliation", headers={"Authorization": f"Bearer {text}"}, timeout=30, verify=False
        )
        self.web = httpx.Client(base_url=stage.url, timeout=30, follow_redirects=True, verify=False)
        self.web.post("/sign-in", data={"key": key, "password": PASSWORD, "csrf_token": token_of(self.web.get("/sign-in").text)})

    def page(self, query: str = "") -> str:
        return self.web.get(f"/reconciliation{query}").text

    def press(self, path: str, **fields: Any) -> httpx.Response:
        page = self.page()
        keys = re.search(r'name="idempotency_key" value="([^"]+)"', page)
        assert keys
        return self.web.post(f"/reconciliation{path}", data={"csrf_token": token_of(page), "idempotency_key": keys[1], **fields})

    def differences(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.rest.get("/differences", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture(scope="module")
def ma_lin(stage: Rehearsal) -> Operator:
    return Operator(stage)


def lost(stage: Rehearsal) -> UUID:
    """Make a case of which we believe something that the office system does not show."""
    case = stage.begin()
    stage.settle()
    execute("UPDATE oa_shown SET status = 'DONE' WHERE instance_id = :case AND status = 'PENDING'", case=case)
    return case


def compare(stage: Rehearsal, by: Operator) -> None:
    """Ask for a comparison and do it as a worker does."""
    assert by.rest.post("/runs", json={"connection": stage.key}).status_code == 202
    for arguments in take_all(jobs.COMPARE):
        worker.compare(**arguments)


def test_what_differs_is_listed_in_words_with_its_case_and_its_step(stage: Rehearsal, ma_lin: Operator) -> None:
    case = lost(stage)
    compare(stage, ma_lin)
    number = rows("SELECT business_key FROM process_instance WHERE id = :case", case=case)[0].business_key

    found = ma_lin.differences(businessKey=number)
    assert {(one["kind"], one["field"], one["about"], one["step"], one["processInstanceId"]) for one in found} == {
        ("field_differs", "status", "task", "初审", str(case))
    }
    assert {one["person"] for one in found} == {"wang.fang", "zhao.lei"}
    page = ma_lin.page(f"?case={number}")
    assert "两边不同" in page and "初审" in page and "王芳" in page and "飞书（总部）" in page and f"/cases/{case}" in page
    assert "状态：本系统" in page


def test_where_ours_is_taken_it_is_gone_at_the_next_look(stage: Rehearsal, ma_lin: Operator) -> None:
    case = lost(stage)
    compare(stage, ma_lin)
    for one in ma_lin.differences():
        answer = ma_lin.rest.post(f"/differences/{one['id']}/take-ours", json={})
        assert (answer.status_code, answer.json()["resolution"], answer.json()["resolvedBy"]) == (200, "ours", "ma.lin")
        assert ma_lin.rest.post(f"/differences/{one['id']}/take-ours", json={}).status_code == 409
    stage.settle()
    compare(stage, ma_lin)

    assert ma_lin.differences() == []
    assert stage.differences(case) == []


def test_ours_is_taken_in_one_thing_and_pushing_again_is_of_the_whole_case(stage: Rehearsal, ma_lin: Operator) -> None:
    case, other = lost(stage), lost(stage)
    compare(stage, ma_lin)
    first, second = (one["id"] for one in ma_lin.differences() if one["processInstanceId"] == str(case))
    third = next(one["id"] for one in ma_lin.differences() if one["processInstanceId"] == str(other))

    assert ma_lin.rest.post(f"/differences/{first}/take-ours", json={}).json()["resolution"] == "ours"
    assert second in [one["id"] for one in ma_lin.differences()], "that is another thing"
    assert ma_lin.rest.post(f"/differences/{third}/push-again", json={}).json()["resolution"] == "pushed"

    assert [one["id"] for one in ma_lin.differences()] == [second]
    resolved = [(one["processInstanceId"], one["resolution"]) for one in ma_lin.differences(state="resolved")]
    assert sorted(resolved) == sorted([(str(case), "ours"), (str(other), "pushed"), (str(other), "pushed")])
    stage.settle()
    assert stage.differences(other) == []


def unknown_here(stage: Rehearsal) -> UUID:
    """Make a case of which a to-do stands open there that we know nothing of."""
    case = stage.begin()
    stage.settle()
    stage.slip_in(case, "zhao.lei")
    return case


def test_what_only_they_have_is_closed_by_taking_ours_and_not_by_pushing_again(stage: Rehearsal, ma_lin: Operator) -> None:
    case = unknown_here(stage)
    compare(stage, ma_lin)
    (found,) = ma_lin.differences(kind="missing_here")

    refused = ma_lin.rest.post(f"/differences/{found['id']}/push-again", json={})
    assert refused.status_code == 409
    assert "只有对方才有这一条" in ma_lin.press(f"/{found['id']}/push-again").text
    assert f"/{found['id']}/push-again" not in ma_lin.page() and "在对方关闭这一条" in ma_lin.page()
    stage.settle()
    assert stage.differences(case) == ["zhao.lei sees 2 to-dos instead of 1"]

    assert "多出的关闭" in ma_lin.press(f"/{found['id']}/take-ours").text
    stage.settle()
    assert stage.differences(case) == []
    compare(stage, ma_lin)
    assert ma_lin.differences(kind="missing_here") == []
    assert "已以本系统为准" in ma_lin.page("?state=resolved")


def test_many_are_pushed_again_without_what_only_they_have(stage: Rehearsal, ma_lin: Operator) -> None:
    case = unknown_here(stage)
    lost(stage)
    compare(stage, ma_lin)
    found = [one["id"] for one in ma_lin.differences()]
    assert len(found) == 3

    answer = ma_lin.press("/many", act="push", difference=found)

    assert "已重新推送 2 条。" in answer.text and "另有 1 条没有处理" in answer.text
    assert [one["kind"] for one in ma_lin.differences()] == ["missing_here"]
    assert "已以本系统为准 1 条。" in ma_lin.press("/many", act="ours", difference=found[-1:] + found[:2]).text
    stage.settle()
    assert stage.differences(case) == []
    assert "请选择怎样处理" in ma_lin.press("/many", act="theirs", difference=found).text


def test_let_be_it_is_not_told_again_and_its_reason_is_kept(stage: Rehearsal, ma_lin: Operator) -> None:
    lost(stage)
    compare(stage, ma_lin)
    found = ma_lin.differences()
    for one in found:
        assert ma_lin.rest.post(f"/differences/{one['id']}/ignore", json={"reason": ""}).status_code == 422
        assert ma_lin.rest.post(f"/differences/{one['id']}/ignore", json={"reason": "对方正在升级"}).status_code == 200
    compare(stage, ma_lin)

    assert ma_lin.differences() == []
    assert {one["reason"] for one in ma_lin.differences(state="resolved")} == {"对方正在升级"}
    assert "对方正在升级" in ma_lin.page("?state=resolved") and "已忽略" in ma_lin.page("?state=resolved")


def test_on_the_page_ours_is_taken_in_one_and_one_let_be_with_a_reason(stage: Rehearsal, ma_lin: Operator) -> None:
    lost(stage)
    compare(stage, ma_lin)
    first, second = (one["id"] for one in ma_lin.differences())

    assert "已以本系统为准" in ma_lin.press(f"/{first}/take-ours").text
    refused = ma_lin.press(f"/{second}/ignore", reason="  ")
    assert refused.status_code == 409 and "请写明原因" in refused.text
    assert "已忽略" in ma_lin.press(f"/{second}/ignore", reason="已电话确认").text
    assert ma_lin.press(f"/{second}/take-ours").status_code == 409
    assert ma_lin.press(f"/{second}/push-again").status_code == 409
    assert ma_lin.differences() == []


def test_ours_is_taken_in_many_at_once_and_those_of_others_passed_over(stage: Rehearsal, ma_lin: Operator) -> None:
    cases = [lost(stage) for _ in range(3)]
    compare(stage, ma_lin)
    found = [one["id"] for one in ma_lin.differences()]
    ma_lin.rest.post(f"/differences/{found[0]}/take-ours", json={})

    answer = ma_lin.press("/many", act="ours", difference=found)

    assert f"已以本系统为准 {len(found) - 1} 条。" in answer.text and "另有 1 条" in answer.text
    stage.settle()
    assert all(stage.differences(case) == [] for case in cases)


def test_many_are_let_be_only_with_a_reason(stage: Rehearsal, ma_lin: Operator) -> None:
    lost(stage)
    compare(stage, ma_lin)
    found = [one["id"] for one in ma_lin.differences()]

    assert "请写明原因" in ma_lin.press("/many", act="ignore", reason=" ", difference=found).text
    assert "请先勾选差异" in ma_lin.press("/many", act="ours").text
    assert len(ma_lin.differences()) == len(found)
    assert f"已忽略 {len(found)} 条。" in ma_lin.press("/many", act="ignore", reason="切换期间", difference=found).text
    assert ma_lin.differences() == []


def test_the_list_is_filtered_and_read_page_by_page(stage: Rehearsal, ma_lin: Operator) -> None:
    for _ in range(3):
        lost(stage)
    compare(stage, ma_lin)
    every = [one["id"] for one in ma_lin.differences()]

    read: list[str] = []
    after: str | None = None
    while True:
        answer = ma_lin.rest.get("/differences", params={"limit": 2, **({"after": after} if after else {})}).json()
        read += [one["id"] for one in answer["items"]]
        after = answer["after"]
        if after is None:
            break
    assert read == every and len(every) == 6
    assert ma_lin.differences(kind="missing_here") == [] and ma_lin.differences(connection="nothing") == []
    assert len(ma_lin.differences(connection=stage.key, kind="field_differs")) == 6
    assert ma_lin.rest.get("/differences", params={"after": "x"}).status_code == 422
    assert ma_lin.rest.get("/differences", params={"kind": "x"}).status_code == 422
    assert "没有符合条件的差异" in ma_lin.page("?kind=missing_here")


def state_of(by: Operator, key: str) -> dict[str, Any]:
    return next(one for one in by.rest.get("/runs").json()["items"] if one["connection"] == key)


def test_the_page_says_when_each_connection_was_last_compared(stage: Rehearsal, ma_lin: Operator) -> None:
    assert "还没有对过账" in ma_lin.page()
    assert "已开始对账" in ma_lin.press("/runs", connection=stage.key).text
    assert "对账中" in ma_lin.page() and state_of(ma_lin, stage.key)["underWay"]
    assert ma_lin.press("/runs", connection=stage.key).status_code == 200
    waiting = take_all(jobs.COMPARE)
    assert waiting == [{"connection": stage.key, "everything": True}], "asked for twice, it is done once"
    worker.compare(**waiting[0])

    state = state_of(ma_lin, stage.key)
    assert state["endedAt"] and not state["underWay"] and state["failure"] is None
    shown = (
        datetime.fromisoformat(state["endedAt"]).astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    )  # the day may be another there
    assert "对账中" not in ma_lin.page() and shown in ma_lin.page()


def test_a_comparison_that_fails_says_why(stage: Rehearsal, ma_lin: Operator) -> None:
    stage.begin()
    stage.settle()
    stage.faults(fail=3)
    compare(stage, ma_lin)
    stage.faults(fail=0)

    assert state_of(ma_lin, stage.key)["failure"]
    assert "最近一次没有完成" in ma_lin.page()
    advance(60)
    compare(stage, ma_lin)
    assert state_of(ma_lin, stage.key)["failure"] is None


def test_what_is_off_or_unknown_or_cannot_be_compared_is_refused(stage: Rehearsal, ma_lin: Operator) -> None:
    execute("UPDATE oa_connection SET active = false WHERE key = :key", key=stage.key)
    off = [ma_lin.rest.post("/runs", json={"connection": key}).status_code for key in (stage.key, "nothing", "demo-oa")]

    assert off == [409, 404, 409]
    assert ma_lin.rest.post("/runs", json={}).status_code == 422


def test_who_is_no_operator_neither_reads_nor_resolves(stage: Rehearsal) -> None:
    li_na = Operator(stage, "li.na")

    assert li_na.web.get("/reconciliation").status_code == 403
    assert li_na.rest.get("/differences").status_code == 403
    assert li_na.rest.post("/runs", json={"connection": stage.key}).status_code == 403


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_fits_a_phone_and_a_desk(stage: Rehearsal, ma_lin: Operator, browser: Browser, size: dict[str, int]) -> None:
    for _ in range(2):
        lost(stage)
    execute(
        "UPDATE process_instance SET title = '华东区域采购中心办公用品及会议服务综合费用报销申请（第四季度追加预算部分，含差旅）与附件说明'"
    )
    compare(stage, ma_lin)
    context = browser.new_context(viewport=size, base_url=stage.url)  # type: ignore[arg-type]
    context.add_cookies([{"name": "shenpi", "value": ma_lin.web.cookies["shenpi"], "url": stage.url}])
    for path in ("/reconciliation", "/reconciliation?state=resolved", "/language/en?next=/reconciliation"):
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message, kept=complaints: kept.append(message.text) if message.type == "error" else None)
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert complaints == []
        assert barriers(page) == []
        if "=" not in path:
            page.locator("[data-choose]").first.check()
            expect(page.get_by_text("以本系统为准 1 条")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    context.close()
