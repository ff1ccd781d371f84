"""WeCom as its documents say it is, seen through its doors."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask, request
from lxml import etree
from wechatpy.enterprise.crypto import WeChatCrypto

from api.simulators.wecom import Config, create_app

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
APP = {"corpid": "wwsimulator", "corpsecret": "simulated-corp-secret"}
AGENT = 1000002


def card(**changes: Any) -> dict[str, Any]:
    usual = {
        **{"card_type": "button_interaction", "main_title": {"title": "发票审批", "desc": "部门经理审批"}, "task_id": "t-1"},
        "horizontal_content_list": [{"keyname": "供应商", "value": "华信"}],
        "card_action": {"type": 1, "url": "https://p.example/t/1"},
        "button_list": [{"text": "同意", "style": 1, "key": "approve#n-1"}, {"text": "驳回", "style": 2, "key": "reject#n-1"}],
    }
    return {**usual, **changes}


class WeCom:
    """A company, and a caller who may call it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.token = client.get("/cgi-bin/gettoken", params=APP).json()["access_token"]

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.client.post(f"/cgi-bin/{path}", params={"access_token": self.token}, json=body)
        assert answer.status_code == 200
        return dict(answer.json())

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return dict(self.client.get(f"/cgi-bin/{path}", params={"access_token": self.token, **query}).json())

    def send(self, touser: str = "wang.fang", **changes: Any) -> dict[str, Any]:
        more = {name: changes.pop(name) for name in list(changes) if name.startswith(("enable", "duplicate", "agentid"))}
        return self.post(
            "message/send", **{"touser": touser, "msgtype": "template_card", "agentid": AGENT, **more}, template_card=card(**changes)
        )

    def todos(self, person: str = "wang.fang") -> list[dict[str, Any]]:
        return list(self.client.get("/_sim/todos", params={"person": person}).json())


@pytest.fixture
def start(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, product: Any, people: Any) -> Callable[..., WeCom]:
    def started(**config: Any) -> WeCom:
        usual = {"callback_url": f"{product.url}/wecom"}
        client: httpx.Client = open_client(serve(create_app(Config(store=str(tmp_path / "wecom.sqlite"), **{**usual, **config}))))
        client.post("/_sim/people", json=people)
        return WeCom(client)

    product.answer = lambda raw: ""
    return started


@pytest.fixture
def wecom(start: Callable[..., WeCom]) -> WeCom:
    return start()


def opened(told: dict[str, Any]) -> dict[str, str]:
    """Open a callback with a library that did not come from us."""
    query = told["query"]
    text = WeChatCrypto("simtoken", KEY, APP["corpid"]).decrypt_message(
        told["body"].decode(), query["msg_signature"], query["timestamp"], query["nonce"]
    )
    root = etree.fromstring(text if isinstance(text, bytes) else text.encode())
    return {str(each.tag): each.text or "" for each in root}


@pytest.mark.parametrize(("changes", "code"), [({"corpid": "x"}, 40013), ({"corpsecret": "x"}, 40001)])
def test_a_wrong_company_or_secret_gets_no_token(wecom: WeCom, changes: dict[str, str], code: int) -> None:
    assert wecom.client.get("/cgi-bin/gettoken", params={**APP, **changes}).json()["errcode"] == code


def test_a_token_is_missing_wrong_too_old_or_revoked(wecom: WeCom) -> None:
    token = wecom.token
    codes = []
    for wecom.token in ("", "x", token):
        codes.append(wecom.get("user/get", userid="li.na")["errcode"])
    wecom.client.post("/_sim/clock", json={"skip": 7201})
    codes.append(wecom.get("user/get", userid="li.na")["errcode"])
    wecom.client.post("/_sim/faults", json={"revoke": 1})
    codes.append(wecom.get("user/get", userid="li.na")["errcode"])

    assert codes == [41001, 40014, 0, 42001, 40014]


def test_a_card_with_buttons_is_a_to_do(wecom: WeCom) -> None:
    answer = wecom.send()

    [todo] = wecom.todos()

    assert answer["errcode"] == 0 and answer["response_code"] and answer["msgid"]
    assert (todo["id"], todo["title"], todo["node"], todo["url"]) == ("t-1", "发票审批", "部门经理审批", "https://p.example/t/1")
    assert todo["actions"] == [{"key": "approve#n-1", "label": "同意"}, {"key": "reject#n-1", "label": "驳回"}]
    assert todo["form"] == [["供应商", "华信"]]


def test_people_who_are_not_known_are_told_in_a_success(wecom: WeCom) -> None:
    answer = wecom.send("wang.fang|nobody|gone")

    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody|gone")
    assert wecom.send("nobody", task_id="t-2")["errcode"] == 81013
    assert len(wecom.client.get("/_sim/tasks").json()) == 1


def test_of_many_people_the_first_can_be_left_out_in_a_success(wecom: WeCom) -> None:
    wecom.client.post("/_sim/faults", json={"partial": 1})

    answer = wecom.send("wang.fang|li.na")

    assert (answer["errcode"], answer["invaliduser"]) == (0, "wang.fang")
    assert [len(wecom.todos(each)) for each in ("wang.fang", "li.na")] == [0, 1]


@pytest.mark.parametrize(
    "changes",
    [
        *({"task_id": ""}, {"task_id": "x" * 129}, {"task_id": "有中文"}, {"button_list": []}, {"card_type": "other"}, {"main_title": {}}),
        *({"button_list": [{"text": "x", "key": str(n)} for n in range(7)]}, {"button_list": [{"text": "x", "key": "a"}] * 2}),
        *(
            {"button_list": [{"text": "x", "key": "k" * 1025}]},
            {"button_list": [{"text": "x"}]},
            {"card_action": {"type": 1}},
            {"agentid": 7},
        ),
        {"horizontal_content_list": [{"keyname": "x"}] * 7},
    ],
)
def test_a_card_that_breaks_a_rule_is_refused(wecom: WeCom, changes: dict[str, Any]) -> None:
    assert wecom.send(**changes)["errcode"] in (40058, 40056)
    assert wecom.todos() == []


def test_the_same_task_id_is_refused_and_the_same_message_with_the_check_is_one(wecom: WeCom) -> None:
    first, again = (wecom.send(enable_duplicate_check=1, duplicate_check_interval=1800) for _ in range(2))

    assert first == again
    assert wecom.send()["errcode"] == 40058
    assert [each["cards"] for each in wecom.client.get("/_sim/tasks").json()] == [1]


def test_a_used_task_id_makes_a_second_card_when_it_is_set_to(start: Callable[..., WeCom]) -> None:
    wecom = start(reuse_task_id=True)
    for _ in range(2):
        wecom.send()

    assert [each["cards"] for each in wecom.client.get("/_sim/tasks").json()] == [2, 2]


def test_what_is_too_much_for_one_person_is_dropped_without_a_word(start: Callable[..., WeCom]) -> None:
    wecom = start(member_per_minute=2)

    codes = [wecom.send(task_id=f"t-{number}")["errcode"] for number in range(3)]

    assert codes == [0, 0, 0]
    assert len(wecom.todos()) == 2


# presses


def test_a_press_is_told_in_sealed_xml_with_a_code_that_updates_the_card_once(wecom: WeCom, product: Any) -> None:
    wecom.send("wang.fang|li.na")
    answer = wecom.client.post("/_sim/press", json={"person": "wang.fang", "task": "t-1:wang.fang", "action": "approve#n-1"}).json()

    event = opened(product.told[0])
    assert answer["sends"][0]["taken"] is True
    wanted = {"ToUserName": "wwsimulator", "FromUserName": "wang.fang", "MsgType": "event", "Event": "template_card_event", "TaskId": "t-1"}
    assert event == event | wanted | {"EventKey": "approve#n-1", "CardType": "button_interaction", "AgentId": str(AGENT)}
    assert abs(int(event["CreateTime"]) - time.time()) < 300
    assert len(wecom.todos()) == 1, "the card stays until the product updates it"

    body = {"userids": ["wang.fang"], "agentid": AGENT, "response_code": event["ResponseCode"], "button": {"replace_name": "已同意"}}
    codes = [wecom.post("message/update_template_card", **body)["errcode"] for _ in range(2)]
    assert codes == [0, 42045]
    assert (wecom.todos(), len(wecom.todos("li.na"))) == ([], 1)


def test_a_code_is_good_for_72_hours_and_may_replace_the_whole_card(wecom: WeCom) -> None:
    old, new = wecom.send(task_id="t-1")["response_code"], wecom.send(task_id="t-2")["response_code"]
    notice = card(card_type="text_notice", button_list=None, task_id=None)

    assert wecom.post("message/update_template_card", agentid=AGENT, response_code=new, template_card=notice)["errcode"] == 0
    wecom.client.post("/_sim/clock", json={"skip": 72 * 3600 + 1})
    wecom.token = wecom.client.get("/cgi-bin/gettoken", params=APP).json()["access_token"]
    assert wecom.post("message/update_template_card", agentid=AGENT, response_code=old, template_card=notice)["errcode"] == 42045
    assert [each["id"] for each in wecom.todos()] == ["t-1"]


def test_a_message_can_be_recalled(wecom: WeCom) -> None:
    msgid = wecom.send()["msgid"]

    assert wecom.post("message/recall", msgid=msgid)["errcode"] == 0
    assert wecom.todos() == []


def test_a_text_is_no_to_do(wecom: WeCom) -> None:
    assert wecom.post("message/send", touser="wang.fang", msgtype="text", agentid=AGENT, text={"content": "催办"})["errcode"] == 0
    assert wecom.todos() == []


def test_a_callback_that_is_not_taken_comes_three_times(wecom: WeCom, product: Any) -> None:
    product.answer = lambda raw: ("busy", 503)
    wecom.send()
    first = wecom.client.post("/_sim/press", json={"person": "wang.fang", "task": "t-1", "action": "reject#n-1"}).json()
    for number in (2, 3):
        wecom.client.post("/_sim/clock", json={"skip": 5})
        product.wait_for(number)
    wecom.client.post("/_sim/clock", json={"skip": 1000})

    assert wecom.client.get(f"/_sim/presses/{first['press']}").json()["task"] == "t-1"
    assert [each["body"] for each in product.told] == [product.told[0]["body"]] * 3


# events, contacts, sign-in


def test_the_address_is_verified_by_an_echo(wecom: WeCom, product: Any) -> None:
    crypto = WeChatCrypto("simtoken", KEY, APP["corpid"])

    def echo(raw: bytes) -> str:
        query = request.args
        return str(crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"]))

    product.answer = echo
    assert wecom.client.post("/_sim/events", json={"kind": "verification"}).json()["sends"][0]["taken"] is True
    product.answer = lambda raw: "something else"
    assert wecom.client.post("/_sim/events", json={"kind": "verification"}).json()["sends"][0]["taken"] is False


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("user.left", "delete_user"),
        ("user.updated", "update_user"),
        ("department.created", "create_party"),
        ("department.deleted", "delete_party"),
    ],
)
def test_a_change_of_contacts_is_told(wecom: WeCom, product: Any, kind: str, change: str) -> None:
    path = "总部/采购部" if kind == "department.deleted" else "总部/法务部"
    wecom.client.post("/_sim/events", json={"kind": kind, "person": "wang.fang", "department": path})

    event = opened(product.told[0])
    assert (event["Event"], event["ChangeType"], event["FromUserName"]) == ("change_contact", change, "sys")
    assert event.get("UserID") == ("wang.fang" if kind.startswith("user") else None)


def test_departments_and_people_are_listed(wecom: WeCom) -> None:
    departments = {each["name"]: each for each in wecom.get("department/list")["department"]}
    finance = departments["财务部"]

    members = wecom.get("user/list", department_id=finance["id"])["userlist"]
    every = wecom.get("user/list", department_id=1, fetch_child=1)["userlist"]

    assert (departments["wwsimulator"]["id"], departments["总部"]["parentid"], finance["parentid"]) == (1, 1, departments["总部"]["id"])
    assert [(each["userid"], each["department"], each["mobile"]) for each in members] == [("wang.fang", [finance["id"]], "13800000001")]
    assert {each["userid"] for each in every} == {"wang.fang", "li.na", "zhao.lei"}
    assert wecom.get("user/get", userid="gone")["errcode"] == 60111
    assert wecom.get("department/list", id=99)["errcode"] == 60123


@pytest.mark.parametrize("page", ["/connect/oauth2/authorize", "/wwlogin/sso/login"])
def test_a_person_signs_in_once_per_code_on_the_trusted_domain(start: Callable[..., WeCom], page: str) -> None:
    wecom = start(trusted_domain="127.0.0.1:8000")
    query = {"appid": APP["corpid"], "redirect_uri": "http://127.0.0.1:8000/back", "state": "s-1", "_person": "wang.fang"}
    query |= {"response_type": "code", "scope": "snsapi_base", "agentid": str(AGENT)}
    back = httpx.URL(wecom.client.get(page, params=query).headers["Location"]).params

    first, again = (wecom.get("auth/getuserinfo", code=back["code"]) for _ in range(2))

    assert (first["userid"], back["state"], again["errcode"]) == ("wang.fang", "s-1", 40029)
    assert wecom.client.get(page, params={**query, "redirect_uri": "http://127.0.0.1:8001/back"}).status_code == 400
