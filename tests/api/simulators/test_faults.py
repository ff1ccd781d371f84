"""Every fault of every vendor: what the product sees, and what was done."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from flask import Flask
from lxml import etree

from api.simulators import dingtalk, feishu, landray, seeyon, weaver, wecom

TEXTS = [{"locale": "zh-CN", "is_default": True, "texts": [{"key": "@i18n@发票审批", "value": "发票审批"}]}]
CALLBACK = {"appUuid": "dingsimcorp", "apiKey": "simulated-api-key", "version": "1"}
BUTTONS = [{"text": "同意", "key": "approve"}, {"text": "驳回", "key": "reject"}]


class Vendor:
    """One vendor's simulator, with the call that makes a to-do of `wang.fang`."""

    def __init__(self, name: str, client: httpx.Client, product: Any) -> None:
        self.name, self.client, self.token, self.number = name, client, "", 0
        self.renew()
        self.code = self.define(product)

    def renew(self) -> None:
        post = self.client.post
        if self.name == "feishu":
            body = {"app_id": "cli_simulator", "app_secret": "simulated-app-secret"}
            self.token = post("/open-apis/auth/v3/tenant_access_token/internal", json=body).json()["tenant_access_token"]
            self.client.headers["Authorization"] = f"Bearer {self.token}"
        if self.name == "dingtalk":
            body = {"appKey": "dingsimappkey", "appSecret": "simulated-app-secret"}
            self.client.headers["x-acs-dingtalk-access-token"] = post("/v1.0/oauth2/accessToken", json=body).json()["accessToken"]
        if self.name == "wecom":
            query = {"corpid": "wwsimulator", "corpsecret": "simulated-corp-secret"}
            self.token = self.client.get("/cgi-bin/gettoken", params=query).json()["access_token"]
        if self.name == "seeyon":
            body = {"userName": "rest", "password": "simulated-password"}
            self.client.headers["token"] = post("/seeyon/rest/token", json=body).json()["id"]

    def define(self, product: Any) -> str:
        if self.name == "feishu":
            external = {"support_mobile": True, "action_callback_url": f"{product.url}/told", "action_callback_token": "tok"}
            body = {
                "approval_name": "@i18n@发票审批",
                "approval_code": "p",
                "group_code": "g",
                "external": external,
                "i18n_resources": TEXTS,
            }
            return str(self.client.post("/open-apis/approval/v4/external_approvals", json=body).json()["data"]["approval_code"])
        if self.name == "dingtalk":
            centre = "/v1.0/workflow/processCentres"
            features = {"features": [{"name": "TASK_EXECUTE", "runType": "ORIGIN", "callback": CALLBACK}]}
            body = {"name": "付款", "formComponents": [{"componentType": "TextField"}], "processFeatureConfig": features}
            code = self.client.post(f"{centre}/schemas", json=body).json()["result"]["processCode"]
            body = {"processCode": code, "originatorUserId": "li.na", "url": "https://p.example/i"}
            return str(self.client.post(f"{centre}/instances", json=body).json()["result"]["processInstanceId"])
        return ""

    def push(self) -> httpx.Response:
        """Make the next to-do."""
        self.number += 1
        return getattr(self, f"push_{self.name}")(f"t-{self.number}")

    def push_feishu(self, key: str) -> httpx.Response:
        links = {"mobile_link": f"https://p.example/{key}"}
        task = {"task_id": key, "user_id": "wang.fang", "links": links, "status": "PENDING", "action_configs": [{"action_type": "APPROVE"}]}
        task |= {"create_time": 1, "end_time": 0, "update_time": 1}
        body = {"approval_code": self.code, "instance_id": f"i-{key}", "status": "PENDING", "links": links, "user_id": "li.na"}
        body |= {"start_time": 1, "end_time": 0, "update_time": 1, "task_list": [task], "i18n_resources": TEXTS, "title": "@i18n@发票审批"}
        return self.client.post("/open-apis/approval/v4/external_instances", json=body)

    def push_dingtalk(self, key: str) -> httpx.Response:
        tasks = [{"userId": "wang.fang", "url": f"https://p.example/{key}"}]
        body = {"processInstanceId": self.code, "activityId": "approve", "tasks": tasks}
        return self.client.post("/v1.0/workflow/processCentres/tasks", json=body)

    def push_wecom(self, key: str) -> httpx.Response:
        card = {"card_type": "button_interaction", "main_title": {"title": "发票审批"}, "task_id": key, "button_list": BUTTONS}
        body = {"touser": "wang.fang", "msgtype": "template_card", "agentid": 1000002, "template_card": card}
        return self.client.post("/cgi-bin/message/send", params={"access_token": self.token}, json=body)

    def push_weaver(self, key: str) -> httpx.Response:
        body = {"syscode": "shenpi", "flowid": key, "requestname": "发票审批", "workflowname": "付款", "nodename": "审批", "isremark": "0"}
        body |= {"viewtype": "0", "creator": "li.na", "createdatetime": "2026-11-28 09:00:00", "receiver": "wang.fang"}
        body |= {"receivedatetime": "2026-11-28 09:00:00", "receivets": "1"}
        return self.client.post("/rest/ofs/ReceiveRequestInfoByJson", json=body)

    def push_seeyon(self, key: str) -> httpx.Response:
        body = {
            "registerCode": "3001",
            "taskId": key,
            "title": "发票审批",
            "senderName": "李娜",
            "state": 0,
            "thirdReceiverId": "wang.fang",
        }
        return self.client.post("/seeyon/rest/thirdpartyPending/receive", json={**body, "creationDate": "2026-11-28 09:00"})

    def push_landray(self, key: str) -> httpx.Response:
        soap, namespace = "http://schemas.xmlsoap.org/soap/envelope/", "http://webservice.notify.sys.kmss.landray.com/"
        root = etree.Element(f"{{{soap}}}Envelope")
        argument = etree.SubElement(etree.SubElement(etree.SubElement(root, f"{{{soap}}}Body"), f"{{{namespace}}}sendTodo"), "arg0")
        fields = {
            "appName": "shenpi",
            "modelName": "invoice",
            "modelId": key,
            "subject": "发票审批",
            "link": "https://p.example",
            "type": "1",
        }
        fields |= {"createTime": "2026-11-28 09:00:00", "targets": '{"LoginName":"wang.fang"}'}
        for name, value in fields.items():
            etree.SubElement(argument, name).text = value
        return self.client.post("/sys/webservice/sysNotifyTodoWebService", content=etree.tostring(root))

    def set(self, **faults: float) -> None:
        assert self.client.post("/_sim/faults", json=faults).status_code == 200

    def count(self) -> int:
        return len(self.client.get("/_sim/todos?person=wang.fang").json())


MODULES: dict[str, ModuleType] = {each.__name__.rpartition(".")[2]: each for each in (dingtalk, feishu, landray, seeyon, weaver, wecom)}
#: what a vendor says to its rate limit, and to a call that it does not permit
BUSY = {"feishu": 429, "dingtalk": 403, "wecom": 200, "weaver": 503, "seeyon": 503, "landray": 503}
FORBIDDEN = {"feishu": 400, "dingtalk": 403, "wecom": 200, "weaver": 200, "seeyon": 403, "landray": 500}
WITH_TOKENS = ("feishu", "dingtalk", "wecom", "seeyon")
WITH_BUTTONS = {"feishu": {}, "dingtalk": "gateway_url", "wecom": "callback_url"}


@pytest.fixture(params=list(MODULES))
def vendor(request: Any, tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, product: Any, people: Any) -> Vendor:
    name = request.param
    where = {WITH_BUTTONS[name]: f"{product.url}/told"} if WITH_BUTTONS.get(name) else {}
    module = MODULES[name]
    client = open_client(serve(module.create_app(module.Config(store=str(tmp_path / "sim.sqlite"), **where))))
    client.post("/_sim/people", json=people)
    return Vendor(name, client, product)


def test_without_a_fault_a_push_makes_a_to_do(vendor: Vendor) -> None:
    assert vendor.push().status_code == 200
    assert vendor.count() == 1


def test_what_fails_does_nothing_and_only_as_often_as_it_was_set(vendor: Vendor) -> None:
    vendor.set(fail=2)

    assert [vendor.push().status_code for _ in range(3)] == [500, 500, 200]
    assert vendor.count() == 1


def test_a_login_page_looks_like_a_success(vendor: Vendor) -> None:
    vendor.set(html=1)

    answer = vendor.push()

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert vendor.count() == 0


def test_the_rate_limit_is_the_vendors_own(vendor: Vendor) -> None:
    vendor.set(busy=1)

    assert vendor.push().status_code == BUSY[vendor.name]
    assert vendor.count() == 0


def test_a_missing_permission_is_the_vendors_own(vendor: Vendor) -> None:
    vendor.set(unauthorized=1)

    assert vendor.push().status_code == FORBIDDEN[vendor.name]
    assert vendor.count() == 0


@pytest.mark.parametrize(("fault", "done"), [("lose", 1), ("loseBefore", 0)])
def test_an_answer_is_lost_after_or_before_the_work(vendor: Vendor, fault: str, done: int) -> None:
    vendor.set(**{fault: 1})

    with pytest.raises(httpx.HTTPError):
        vendor.push()

    assert vendor.count() == done
    assert (
        vendor.client.get("/_sim/calls?last=1").json()[0] | {"fault": fault, "status": 0, "code": None}
        == vendor.client.get("/_sim/calls?last=1").json()[0]
    )


def test_a_slow_answer_comes_after_the_work_is_done(vendor: Vendor) -> None:
    vendor.set(slow=0.01)

    assert vendor.push().status_code == 200
    assert vendor.client.get("/_sim/calls?last=1").json()[0]["fault"] == "slow"


def test_revoked_tokens_are_refused_until_a_new_one_is_fetched(vendor: Vendor) -> None:
    vendor.set(revoke=1)
    vendor.push()

    assert vendor.count() == (0 if vendor.name in WITH_TOKENS else 1)
    vendor.renew()
    vendor.push()
    assert vendor.count() == (1 if vendor.name in WITH_TOKENS else 2)


def press(vendor: Vendor) -> dict[str, Any]:
    todo = vendor.client.get("/_sim/todos?person=wang.fang").json()[-1]
    body = {"person": "wang.fang", "task": todo["id"], "action": todo["actions"][0]["key"] if todo["actions"] else "none", "reason": "好"}
    answer = vendor.client.post("/_sim/press", json=body)
    assert answer.status_code == (200 if vendor.name in WITH_BUTTONS else 405)
    return dict(answer.json())


def test_a_press_is_told_twice(vendor: Vendor, product: Any) -> None:
    vendor.push()
    vendor.set(duplicate=1)
    answer = press(vendor)

    if vendor.name in WITH_BUTTONS:
        assert answer["sent"] == 2
        assert product.told[0]["body"] == product.told[1]["body"]


def test_a_press_is_told_after_the_one_that_follows(vendor: Vendor, product: Any) -> None:
    vendor.push()
    vendor.set(outOfOrder=1)
    first = press(vendor)

    if vendor.name in WITH_BUTTONS:
        assert (first["sent"], product.told) == (0, [])
        second = press(vendor)
        bodies = [each["body"].decode() for each in product.told]
        sent = vendor.client.get(f"/_sim/presses/{first['press']}").json()
        assert bodies == [second["request"]["body"], sent["request"]["body"]]


def test_a_press_can_come_before_the_answer_to_the_push(vendor: Vendor, product: Any) -> None:
    vendor.set(early=1)
    seen: list[int] = []
    product.answer = lambda raw: seen.append(len(vendor.client.get("/_sim/calls").json())) or ""
    before = len(vendor.client.get("/_sim/calls").json())

    vendor.push()

    assert seen == ([before] if vendor.name in WITH_BUTTONS else [])


def test_the_log_tells_each_call_and_the_peak_of_each_api(vendor: Vendor) -> None:
    vendor.push()

    last = vendor.client.get("/_sim/calls?last=1").json()[0]
    assert {"at", "method", "path", "status", "code"} <= last.keys()
    assert vendor.client.get("/_sim/limits").json()[last["api"]]["peak"]["second"] >= 1


def test_a_reset_forgets_what_was_pushed_and_keeps_the_people(vendor: Vendor) -> None:
    vendor.push()
    vendor.client.post("/_sim/reset")

    assert vendor.count() == 0
    assert [vendor.client.get(path).json() for path in ("/_sim/tasks", "/_sim/instances", "/_sim/calls")] == [[], [], []]
    assert len(vendor.client.get("/_sim/people").json()) == 4


def test_people_see_their_to_dos_and_press(vendor: Vendor, product: Any) -> None:
    vendor.push()
    todo = vendor.client.get("/_sim/todos?person=wang.fang").json()[0]

    assert "王芳" in vendor.client.get("/").text
    assert "已离职" in vendor.client.get("/").text
    assert todo["title"] in vendor.client.get("/todos", params={"person": "wang.fang"}).text
    page = vendor.client.get("/task", params={"key": todo["id"], "person": "wang.fang"}).text
    assert ("<button" in page) is (vendor.name in WITH_BUTTONS)
    if todo["actions"]:
        form = {"key": todo["id"], "person": "wang.fang", "action": todo["actions"][0]["key"], "reason": "好"}
        assert vendor.client.post("/task", data=form).status_code == 303
        assert len(product.told) == 1
        assert vendor.client.post("/send", data={"press": "1"}).status_code == 303
        assert len(product.told) == 2
    assert vendor.client.get("/task?key=nothing").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"5", b'"x"', b"\xff\xfe", b'{"title":"\\ud800"}', b"[[[[", b"{}"])
def test_a_malformed_body_is_an_answer_of_the_vendor_and_no_crash(vendor: Vendor, body: bytes) -> None:
    paths = {
        "feishu": "/open-apis/approval/v4/external_instances",
        "dingtalk": "/v1.0/workflow/processCentres/instances",
        "wecom": f"/cgi-bin/message/send?access_token={vendor.token}",
        "weaver": "/rest/ofs/ReceiveRequestInfoByJson",
        "seeyon": "/seeyon/rest/thirdpartyPending/receive",
        "landray": "/sys/webservice/sysNotifyTodoWebService",
    }

    assert vendor.client.post(paths[vendor.name], content=body).status_code in (200, 400)
    assert vendor.count() == 0
