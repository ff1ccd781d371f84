"""WeCom's cards: each with an id of its own, closed once by its code, sent again as it was where an answer was lost, and what its error codes mean."""

from typing import Any

import httpx
import orjson
import pytest
from offices_support import MemoryDesk, connection
from sinks_support import CASE, Office, office, snapshot, task

from engine.errors import NotPermitted, OAUnavailable
from engine.oa.contract import Action, InstanceSnapshot, Item, OARequest, Receipt
from engine.oa.items import task_key
from engine.oa.wecom import WeCom
from engine.oa.wecom.card import Kept, read_kept

GOOD = {"errcode": 0, "errmsg": "ok"}
KEY = task_key(task().task_key)


class Stage:
    """A WeCom that answers well unless told otherwise, and a connector to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.special: dict[str, Any] = {}
        self.tokens = self.cards = 0
        self.office: Office = office(monkeypatch, self.answer)
        self.desk = MemoryDesk()
        settings = {"corp_id": "ww1", "agent_id": "7", "sign_in": False}
        self.wecom = WeCom(connection("http://wx.example", "wecom", settings=settings, corp_secret="a-long-secret"), self.desk)

    def answer(self, request: httpx.Request) -> Any:
        name = request.url.path.rpartition("/")[2]
        if name in self.special:
            found = self.special[name]
            return found() if callable(found) else found
        if name == "gettoken":
            self.tokens += 1
            return GOOD | {"access_token": f"token-{self.tokens}", "expires_in": 7200}
        if name == "send":
            self.cards += 1
            return GOOD | {"msgid": "m", "response_code": f"code-{self.cards}"}
        return GOOD

    def push(self, one: InstanceSnapshot) -> Receipt:
        receipt = self.wecom.push(one, None)
        self.desk.take(CASE, receipt)
        return receipt

    @property
    def sent(self) -> list[Any]:
        return self.office.bodies("message/send")

    @property
    def closed(self) -> list[Any]:
        return self.office.bodies("update_template_card")

    @property
    def status(self) -> str:
        return self.desk.kept[KEY].status


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_a_card_says_what_it_is_about_number_and_amount_first(stage: Stage) -> None:
    lines = tuple(Item(f"第{number}项的名称", "长" * 40) for number in range(9))
    stage.push(snapshot(task(), amount=10600, currency="CNY", summary=lines))
    (body,) = stage.sent
    card = body["template_card"]
    assert (body["touser"], body["agentid"], body["enable_duplicate_check"]) == ("wang.fang", 7, 1)
    assert card["task_id"] == KEY and len(KEY) <= 128
    assert [one["keyname"] for one in card["horizontal_content_list"]][:3] == ["单号", "金额", "申请人"]
    assert len(card["horizontal_content_list"]) == 6 and all(len(one["value"]) <= 26 for one in card["horizontal_content_list"])
    assert [one["key"] for one in card["button_list"]] == ["approve#nonce-of-this-task", "reject#nonce-of-this-task"]


def test_what_demands_a_reason_has_no_button_and_what_has_none_leads_to_our_page(stage: Stage) -> None:
    stage.push(snapshot(task(actions=(Action("approve", "同意"), Action("reject", "驳回", reason_required=True)))))
    assert [one["text"] for one in stage.sent[0]["template_card"]["button_list"]] == ["同意"]
    stage.push(snapshot(task("zhao.lei", actions=())))
    (button,) = stage.sent[1]["template_card"]["button_list"]
    assert button["url"].startswith("https://shenpi.example/tasks/")


def test_a_card_is_sent_once_and_closed_once_by_its_code(stage: Stage) -> None:
    for _ in range(2):
        stage.push(snapshot(task()))
    for _ in range(2):
        stage.push(snapshot(task(status="approved", outcome="approve")))
    assert len(stage.sent) == 1
    (body,) = stage.closed
    assert (body["response_code"], body["userids"], body["button"]) == ("code-1", ["wang.fang"], {"replace_name": "已同意"})
    assert stage.status == "done"


@pytest.mark.parametrize(
    ("status", "outcome", "ended", "said"),
    [("rejected", "reject", "running", "已驳回"), ("closed", None, "running", "已由他人处理"), ("canceled", None, "withdrawn", "已撤回"),
     ("transferred", None, "running", "已转交")],
)  # fmt: skip
def test_a_closed_card_says_why(stage: Stage, status: Any, outcome: str | None, ended: Any, said: str) -> None:
    stage.push(snapshot(task()))
    stage.push(snapshot(task(status=status, outcome=outcome), status=ended))
    assert stage.closed[0]["button"]["replace_name"] == said


def test_a_task_that_is_open_again_is_another_card(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.push(snapshot(task(status="approved")))
    stage.push(snapshot(task()))
    assert [body["template_card"]["task_id"] for body in stage.sent] == [KEY, f"{KEY}-2"]
    stage.push(snapshot(status="withdrawn"))
    assert stage.closed[-1]["response_code"] == "code-2"


def test_another_account_gets_a_card_and_the_old_one_is_closed(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.desk.people = {"wang.fang": "wangf2"}
    stage.push(snapshot(task()))
    assert [body["touser"] for body in stage.sent] == ["wang.fang", "wangf2"]
    assert [body["userids"] for body in stage.closed] == [["wang.fang"]]
    assert stage.sent[1]["template_card"]["task_id"] == f"{KEY}-2"


def test_a_message_whose_answer_was_lost_is_sent_again_as_it_was(stage: Stage) -> None:
    stage.special["send"] = "<html>"
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    del stage.special["send"]
    stage.push(snapshot(task(), title="又改了名"))
    first, second = stage.sent
    assert first == second, "only so it is answered as the first one"
    assert stage.status == "open"


def test_a_card_whose_answer_was_lost_is_closed_by_the_code_of_the_very_same_message(stage: Stage) -> None:
    stage.special["send"] = "<html>"
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    del stage.special["send"]
    stage.push(snapshot(status="withdrawn"))
    assert stage.sent[0] == stage.sent[1]
    assert [body["response_code"] for body in stage.closed] == ["code-1"]
    assert stage.status == "gone"


def test_a_task_id_that_we_used_before_is_a_card_that_is_there(stage: Stage) -> None:
    stage.special["send"] = "<html>"
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    stage.special["send"] = {"errcode": 40058, "errmsg": "task_id"}
    assert all(item.ok for item in stage.push(snapshot(task())).items)
    assert stage.status == "open"


def test_a_close_whose_answer_was_lost_has_used_the_code_itself(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.special["update_template_card"] = "<html>"
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task(status="approved")))
    stage.special["update_template_card"] = {"errcode": 42045, "errmsg": "code"}
    stage.push(snapshot(task(status="approved")))
    assert stage.status == "done"


def test_a_card_that_is_too_old_waits_for_the_code_of_a_press(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.special["update_template_card"] = {"errcode": 42045, "errmsg": "code"}
    for _ in range(2):
        stage.push(snapshot(task(status="closed")))
    assert stage.status == "stale" and len(stage.closed) == 1
    del stage.special["update_template_card"]
    stage.desk.settle(KEY, Kept("wang.fang", "code-of-a-press", fresh=True).text(), status="stale", version=1, instance_key=CASE)
    stage.push(snapshot(task(status="closed")))
    assert stage.closed[-1]["response_code"] == "code-of-a-press" and stage.status == "gone"


def test_a_card_too_old_to_be_closed_costs_its_person_not_the_card_of_her_new_account(stage: Stage) -> None:
    stage.push(snapshot(task()))
    stage.special["update_template_card"] = {"errcode": 42045, "errmsg": "code"}
    stage.desk.people = {"wang.fang": "wangf2"}
    for _ in range(2):
        stage.push(snapshot(task()))
    assert [body["userids"] for body in stage.closed] == [["wang.fang"]]
    assert stage.status == "open"
    del stage.special["update_template_card"]
    stage.desk.people = None
    stage.push(snapshot(task()))
    assert [body["userids"] for body in stage.closed[1:]] == [["wangf2"]]
    stage.desk.people = {"wang.fang": "wangf2"}
    stage.push(snapshot(task()))
    assert [(body["userids"], body["response_code"]) for body in stage.closed[2:]] == [(["wang.fang"], "code-3")]


@pytest.mark.parametrize("answer", [GOOD | {"invaliduser": "x|Wang.Fang"}, {"errcode": 81013}, {"errcode": 60111}])
def test_an_unknown_person_holds_her_own_alone(stage: Stage, answer: dict[str, Any]) -> None:
    answers = iter([GOOD | {"response_code": "c"}, answer])
    stage.special["send"] = lambda: next(answers)
    receipt = stage.push(snapshot(task("zhao.lei"), task()))
    assert [(item.person, item.problem) for item in receipt.items if not item.ok] == [("wang.fang", "person")]
    assert KEY not in stage.desk.kept


@pytest.mark.parametrize("code", [40014, 42001, 41001])
def test_a_token_that_has_died_is_fetched_once_more(stage: Stage, code: int) -> None:
    answers = iter([{"errcode": code}, GOOD | {"response_code": "c"}])
    stage.special["send"] = lambda: next(answers)
    stage.push(snapshot(task()))
    assert stage.office.paths == ["gettoken", "send", "gettoken", "send"]
    assert stage.office.requests[-1].url.params["access_token"] == "token-2"


@pytest.mark.parametrize(("code", "pause"), [(45009, 60.0), (45033, 1.0), (-1, None), (40001, 30.0), (60020, 30.0), (301002, 30.0)])
def test_what_may_pass_is_tried_again(stage: Stage, code: int, pause: float | None) -> None:
    stage.special["send"] = {"errcode": code, "errmsg": "no"}
    with pytest.raises(OAUnavailable) as refused:
        stage.push(snapshot(task()))
    assert refused.value.facts.get("retry_after") == pause
    assert not stage.desk.exchanges[-1].ok


def test_no_secret_and_no_token_is_noted(stage: Stage) -> None:
    stage.push(snapshot(task()))
    noted = str(stage.desk.exchanges)
    assert "a-long-secret" not in noted and "token-1" not in noted


def test_a_notice_is_a_message_with_a_link(stage: Stage) -> None:
    receipt = stage.wecom.call(OARequest("oa.notify", "n", {"users": ["wang.fang"], "kind": "urge", "title": "付款", "instanceKey": CASE}))
    assert receipt.data == {"told": 1}
    assert stage.sent[0]["textcard"]["url"].endswith(f"/cases/{CASE}")


def test_a_code_signs_in_a_member_and_nobody_else(stage: Stage) -> None:
    stage.special["getuserinfo"] = GOOD | {"userid": "wang.fang"}
    assert stage.wecom.signed_in("c", "https://shenpi.example/back") == {"userid": "wang.fang"}
    for answer in (GOOD | {"openid": "stranger"}, {"errcode": 40029, "errmsg": "code"}):
        stage.special["getuserinfo"] = answer
        with pytest.raises(NotPermitted):
            stage.wecom.signed_in("c", "https://shenpi.example/back")


def test_what_is_kept_of_a_card_reads_back() -> None:
    for kept in (Kept("a"), Kept("a", "c", 3, True), Kept("a", message={"touser": "a"})):
        assert read_kept(kept.text()) == kept
        assert orjson.loads(kept.text())["to"] == "a"
