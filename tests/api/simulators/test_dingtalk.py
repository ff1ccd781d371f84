"""DingTalk as its documents say it is, seen through its doors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from api.simulators.dingtalk import Config, create_app
from api.simulators.envelope import Envelope

APP = {"appKey": "dingsimappkey", "appSecret": "simulated-app-secret"}
CENTRE = "/v1.0/workflow/processCentres"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
ORIGIN = {
    "features": [
        {"name": "TASK_EXECUTE", "runType": "ORIGIN", "callback": {"appUuid": "dingsimcorp", "apiKey": "simulated-api-key", "version": "1"}}
    ]
}


class DingTalk:
    """An organisation, and a caller who may call it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.token = client.post("/v1.0/oauth2/accessToken", json=APP).json()["accessToken"]
        self.code = self.call("POST", "schemas", name="付款审批", formComponents=[{"componentType": "TextField"}]).json()["result"][
            "processCode"
        ]

    def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        address = path if path.startswith("/") else f"{CENTRE}/{path}"
        return self.client.request(method, address, json=body, headers={"x-acs-dingtalk-access-token": self.token})

    def begin(self, **changes: Any) -> httpx.Response:
        form = [{"name": "供应商", "value": "华信"}]
        usual = {"processCode": self.code, "originatorUserId": "li.na", "url": "https://p.example/i/1", "title": "发票审批"}
        return self.call("POST", "instances", **{**usual, "formComponentValueList": form, **changes})

    def instance(self, **changes: Any) -> str:
        return str(self.begin(**changes).json()["result"]["processInstanceId"])

    def assign(self, instance: str, *people: str, **changes: Any) -> list[int]:
        tasks = [{"userId": each, "url": f"https://p.example/t/{each}", "customData": "nonce-1"} for each in people]
        answer = self.call("POST", "tasks", **{"processInstanceId": instance, "activityId": "approve", "tasks": tasks, **changes})
        return [each["taskId"] for each in answer.json()["result"]]

    def end(self, instance: str, task: Any, **changes: Any) -> httpx.Response:
        return self.call(
            "PUT", "tasks", processInstanceId=instance, tasks=[{"taskId": task, "status": "COMPLETED", "result": "AGREE", **changes}]
        )

    def todos(self, person: str = "wang.fang") -> list[dict[str, Any]]:
        return list(self.client.get("/_sim/todos", params={"person": person}).json())


@pytest.fixture
def start(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, product: Any, people: Any) -> Callable[..., DingTalk]:
    def started(**config: Any) -> DingTalk:
        usual = {"gateway_url": f"{product.url}/gateway", "event_url": f"{product.url}/events"}
        client: httpx.Client = open_client(serve(create_app(Config(store=str(tmp_path / "dingtalk.sqlite"), **{**usual, **config}))))
        client.post("/_sim/people", json=people)
        return DingTalk(client)

    return started


@pytest.fixture
def dingtalk(start: Callable[..., DingTalk]) -> DingTalk:
    return start()


def test_the_token_is_the_same_while_it_is_valid(dingtalk: DingTalk) -> None:
    again = dingtalk.client.post("/v1.0/oauth2/accessToken", json=APP).json()
    dingtalk.client.post("/_sim/clock", json={"skip": 7201})
    later = dingtalk.client.post("/v1.0/oauth2/accessToken", json=APP).json()

    assert again["accessToken"] == dingtalk.token != later["accessToken"]
    assert dingtalk.begin().json()["code"] == "InvalidAuthentication"
    assert dingtalk.client.post("/v1.0/oauth2/accessToken", json={**APP, "appSecret": "x"}).status_code == 400


def test_a_task_is_a_to_do_whose_id_no_float_can_hold(dingtalk: DingTalk) -> None:
    [key] = dingtalk.assign(dingtalk.instance(), "wang.fang")

    [todo] = dingtalk.todos()

    assert int(float(key)) != key
    assert (todo["id"], todo["title"], todo["url"], todo["node"]) == (str(key), "发票审批", "https://p.example/t/wang.fang", "approve")
    assert todo["form"] == [["供应商", "华信"]]
    assert todo["actions"] == [], "without a gateway the card opens our page"


def test_the_same_call_again_makes_a_second_card(dingtalk: DingTalk) -> None:
    instance = dingtalk.instance()
    for _ in range(2):
        dingtalk.assign(instance, "wang.fang")

    assert [each["cards"] for each in dingtalk.client.get("/_sim/tasks").json()] == [2, 2]
    assert dingtalk.instance() != instance


@pytest.mark.parametrize(
    "changes",
    [
        *({"processCode": "x"}, {"originatorUserId": "nobody"}, {"originatorUserId": "gone"}, {"url": "x" * 1025}, {"title": "长" * 65}),
        *({"bizData": "x" * 1025}, {"formComponentValueList": [{}] * 101}, {"notifiers": [{"userid": "li.na", "position": "END"}]}),
        *(
            {"notifiers": [{"userId": "li.na", "position": "start"}]},
            {"formComponentValueList": [{"name": "长" * 65}]},
            {"url": None},
            {"title": 1},
        ),
        {
            "featureConfig": {
                "features": [{"name": "TASK_EXECUTE", "runType": "ORIGIN", "callback": {"appUuid": "x", "apiKey": "y", "version": "1"}}]
            }
        },
    ],
)
def test_an_instance_that_breaks_a_rule_is_refused(dingtalk: DingTalk, changes: dict[str, Any]) -> None:
    answer = dingtalk.begin(**changes)

    assert answer.status_code == 400
    assert {"code", "message", "requestid"} <= answer.json().keys()
    assert dingtalk.client.get("/_sim/instances").json() == []


@pytest.mark.parametrize(
    "body",
    [
        *({"tasks": []}, {"tasks": [{"userId": "li.na"}] * 21}, {"tasks": [{"userId": "nobody"}]}, {"processInstanceId": "x"}),
        *(
            {"tasks": [{"userId": "li.na", "customData": "x" * 501}]},
            {"activityId": "x" * 257},
            {"tasks": [{"userId": "li.na", "dueTimestamp": "x"}]},
        ),
    ],
)
def test_tasks_that_break_a_rule_are_refused(dingtalk: DingTalk, body: dict[str, Any]) -> None:
    usual = {"processInstanceId": dingtalk.instance(), "activityId": "approve", "tasks": [{"userId": "li.na"}]}

    assert dingtalk.call("POST", "tasks", **{**usual, **body}).status_code == 400
    assert dingtalk.todos("li.na") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"result": "agree"},
        {"result": None},
        {"status": "DONE"},
        {"status": "CANCELED"},
        {"taskId": 900000000000000000},
        {"taskId": 9e17},
        {"taskId": "x"},
    ],
)
def test_a_task_ends_only_in_capitals_and_by_its_exact_id(dingtalk: DingTalk, changes: dict[str, Any]) -> None:
    instance = dingtalk.instance()
    [key] = dingtalk.assign(instance, "wang.fang")

    assert dingtalk.end(instance, key, **changes).status_code == 400
    assert len(dingtalk.todos()) == 1


def test_a_task_ends_with_a_result_or_is_cancelled_without(dingtalk: DingTalk) -> None:
    instance = dingtalk.instance()
    first, second = dingtalk.assign(instance, "wang.fang", "li.na")

    assert dingtalk.end(instance, first).json() == {"success": True}
    assert dingtalk.end(instance, str(second), status="CANCELED", result=None).json() == {"success": True}

    assert [(each["status"], each["open"]) for each in dingtalk.client.get("/_sim/tasks").json()] == [
        ("COMPLETED", False),
        ("CANCELED", False),
    ]


@pytest.mark.parametrize("changes", [{"result": "AGREE"}, {"result": None}, {"status": "CANCELED"}, {"processInstanceId": "x"}])
def test_an_instance_ends_only_in_small_letters(dingtalk: DingTalk, changes: dict[str, Any]) -> None:
    body = {"processInstanceId": dingtalk.instance(), "status": "TERMINATED", "result": "refuse", **changes}

    assert dingtalk.call("PUT", "instances", **body).status_code == 400


@pytest.mark.parametrize("closes", [False, True])
def test_whether_an_ended_instance_closes_its_tasks_is_a_setting(start: Callable[..., DingTalk], closes: bool) -> None:
    dingtalk = start(end_closes_tasks=closes)
    instance = dingtalk.instance()
    dingtalk.assign(instance, "wang.fang")

    dingtalk.call("PUT", "instances", processInstanceId=instance, status="COMPLETED", result="agree")

    assert len(dingtalk.todos()) == (0 if closes else 1)
    assert dingtalk.client.get("/_sim/instances").json()[0]["status"] == "COMPLETED"
    assert dingtalk.call("POST", "tasks", processInstanceId=instance, tasks=[{"userId": "li.na"}]).status_code == 400


def test_a_node_is_cancelled_as_a_whole(dingtalk: DingTalk) -> None:
    instance = dingtalk.instance()
    dingtalk.assign(instance, "wang.fang", "li.na")
    dingtalk.assign(instance, "zhao.lei", activityId="pay")

    dingtalk.call("POST", "tasks/cancel", processInstanceId=instance, activityId="approve")

    assert [len(dingtalk.todos(each)) for each in ("wang.fang", "li.na", "zhao.lei")] == [0, 0, 1]


def test_a_bulk_call_can_fail_for_its_first_item_and_say_success(dingtalk: DingTalk) -> None:
    instances = [dingtalk.instance() for _ in range(2)]
    dingtalk.client.post("/_sim/faults", json={"partial": 1})

    items = [{"processInstanceId": each, "status": "COMPLETED", "result": "agree"} for each in instances]
    answer = dingtalk.call("PUT", "instances/batch", updateProcessInstanceRequests=items)

    assert answer.json() == {"success": True}
    assert [each["status"] for each in dingtalk.client.get("/_sim/instances").json()] == ["RUNNING", "COMPLETED"]


def test_of_many_tasks_the_first_can_be_left_out_in_a_success(dingtalk: DingTalk) -> None:
    instance = dingtalk.instance()
    dingtalk.client.post("/_sim/faults", json={"partial": 2})

    made = dingtalk.assign(instance, "wang.fang", "li.na")
    tasks = [
        {"taskId": key, "status": "COMPLETED", "result": "AGREE"} for key in (*made, *dingtalk.assign(instance, "wang.fang", "zhao.lei"))
    ]

    assert [len(dingtalk.todos(each)) for each in ("wang.fang", "li.na", "zhao.lei")] == [0, 1, 1]
    dingtalk.client.post("/_sim/faults", json={"partial": 1})
    assert dingtalk.call("PUT", "tasks", processInstanceId=instance, tasks=tasks).json() == {"success": True}
    assert [len(dingtalk.todos(each)) for each in ("li.na", "zhao.lei")] == [1, 0]


def test_to_dos_are_listed_page_by_page_under_one_name_or_the_other(dingtalk: DingTalk) -> None:
    keys = dingtalk.assign(dingtalk.instance(), *["wang.fang"] * 3)

    pages = [dingtalk.call("GET", f"todoTasks?userId=wang.fang&pageNumber={page}&pageSize=2").json() for page in (1, 2)]

    assert {name for page in pages for name in page} == {"result", "taskPage"}
    inner = [next(iter(page.values())) for page in pages]
    assert [page["hasMore"] for page in inner] == [True, False]
    assert [each["taskId"] for page in inner for each in page["list"]] == keys
    assert "customData" not in inner[0]["list"][0]
    assert dingtalk.call("GET", "todoTasks?userId=wang.fang&pageNumber=1&pageSize=41").status_code == 400


def test_the_rate_limit_looks_like_a_refusal(start: Callable[..., DingTalk]) -> None:
    dingtalk = start(per_second=2)
    dingtalk.client.post("/_sim/clock", json={"rate": 0.001})

    answers = [dingtalk.begin() for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 403]
    assert answers[2].json()["code"] == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
    limits = dingtalk.client.get("/_sim/limits").json()["POST /v1.0/workflow/processCentres/instances"]
    assert limits == {"limit": {"second": 2, "minute": None}, "peak": {"second": 3, "minute": 3}, "refused": 1}


# presses


def test_a_press_is_told_to_the_gateway(dingtalk: DingTalk, product: Any) -> None:
    instance = dingtalk.instance(featureConfig=ORIGIN)
    [key] = dingtalk.assign(instance, "wang.fang")

    answer = dingtalk.client.post("/_sim/press", json={"person": "wang.fang", "task": str(key), "action": "agree", "reason": "好"}).json()

    body = json.loads(product.told[0]["body"])
    assert answer["status"] == 200
    wanted = {"outResult": "agree", "processInstanceId": instance, "activityId": "approve", "corpId": "dingsimcorp", "taskId": key}
    assert body == body | wanted | {"remark": "好", "operator": "wang.fang", "title": "发票审批"}
    assert "customData" not in body
    assert len(dingtalk.todos()) == 1, "the card stays until the product ends the task"


def test_the_gateway_gives_custom_data_back_when_it_is_set_to(start: Callable[..., DingTalk], product: Any) -> None:
    dingtalk = start(gateway_custom_data=True)
    [key] = dingtalk.assign(dingtalk.instance(featureConfig=ORIGIN), "wang.fang")
    dingtalk.client.post("/_sim/press", json={"person": "wang.fang", "task": str(key), "action": "refuse"})

    assert json.loads(product.told[0]["body"])["customData"] == "nonce-1"


def test_a_card_that_opens_our_page_cannot_be_pressed(dingtalk: DingTalk) -> None:
    [key] = dingtalk.assign(dingtalk.instance(), "wang.fang")

    answer = dingtalk.client.post("/_sim/press", json={"person": "wang.fang", "task": str(key), "action": "agree"})

    assert answer.status_code == 400


# to-dos


def test_a_to_do_is_one_per_source(dingtalk: DingTalk) -> None:
    path = "/v1.0/todo/users/on_li.na/tasks"
    body = {"subject": "发票审批", "sourceId": "t-1", "executorIds": ["on_wang.fang"], "detailUrl": {"appUrl": "https://p.example/t/1"}}

    first, again = (dingtalk.call("POST", f"{path}?operatorId=on_li.na", **body).json()["id"] for _ in range(2))
    by_source = dingtalk.call("GET", f"{path}/sources/t-1").json()

    assert first == again == by_source["id"]
    assert [(each["id"], each["cards"]) for each in dingtalk.client.get("/_sim/tasks").json()] == [(first, 1)]
    states = [{"id": "on_wang.fang", "isDone": True}]
    assert dingtalk.call("PUT", f"{path}/{first}/executorStatus", executorStatusList=states).json() == {"result": True}
    assert dingtalk.todos() == []
    assert dingtalk.call("GET", f"{path}/sources/t-1").json()["done"] is True
    assert dingtalk.call("DELETE", f"{path}/{first}").json()["result"] is True
    assert dingtalk.call("GET", f"{path}/sources/t-1").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        *({"subject": ""}, {"subject": "x" * 1025}, {"executorIds": ["wang.fang"]}, {"executorIds": ["on_li.na"] * 1001}, {"priority": 5}),
        *({"detailUrl": {"appUrl": "长" * 400}}, {"dueTime": "soon"}, {"description": "x" * 4097}),
    ],
)
def test_a_to_do_that_breaks_a_rule_is_refused(dingtalk: DingTalk, changes: dict[str, Any]) -> None:
    assert dingtalk.call("POST", "/v1.0/todo/users/on_li.na/tasks", **{"subject": "x", "sourceId": "s", **changes}).status_code == 400


def test_a_to_do_of_several_people_has_a_card_for_each(dingtalk: DingTalk) -> None:
    path = "/v1.0/todo/users/on_li.na/tasks"
    key = dingtalk.call("POST", path, subject="x", sourceId="s", executorIds=["on_wang.fang", "on_zhao.lei"]).json()["id"]
    dingtalk.call("PUT", f"{path}/{key}/executorStatus", executorStatusList=[{"id": "on_wang.fang", "isDone": True}])

    assert [len(dingtalk.todos(each)) for each in ("wang.fang", "zhao.lei")] == [0, 1]
    listed = dingtalk.call("POST", "/v1.0/todo/users/on_zhao.lei/org/tasks/query", isDone=False).json()["todoCards"]
    assert [(each["taskId"], each["sourceId"]) for each in listed] == [(key, "s")]
    dingtalk.call("PUT", f"{path}/{key}", done=True)
    assert dingtalk.todos("zhao.lei") == []


# events


def sealed(text: str) -> dict[str, str]:
    box = Envelope("simtoken", KEY, "dingsimappkey")
    encrypt = box.seal(text)
    return {"msg_signature": box.signature("1", "n", encrypt), "timeStamp": "1", "nonce": "n", "encrypt": encrypt}


def test_an_event_is_taken_only_by_a_sealed_success(dingtalk: DingTalk, product: Any) -> None:
    answers = iter([{"ok": True}, sealed("fail"), sealed("success")])
    product.answer = lambda raw: next(answers)

    first = dingtalk.client.post("/_sim/events", json={"kind": "user.left", "person": "wang.fang"}).json()
    for number in (2, 3):
        dingtalk.client.post("/_sim/clock", json={"skip": 16})
        product.wait_for(number)

    told = product.told[0]
    encrypt = json.loads(told["body"])["encrypt"]
    box = Envelope("simtoken", KEY, "dingsimappkey")
    assert told["query"]["msg_signature"] == box.signature(told["query"]["timestamp"], told["query"]["nonce"], encrypt)
    event = json.loads(box.open(encrypt))
    assert (event["EventType"], event["UserId"], event["CorpId"]) == ("user_leave_org", ["wang.fang"], "dingsimcorp")
    assert len({each["body"] for each in product.told}) == 1
    assert first["sends"][0]["taken"] is False


def test_the_address_is_checked_by_an_event(dingtalk: DingTalk, product: Any) -> None:
    product.answer = lambda raw: sealed("success")

    answer = dingtalk.client.post("/_sim/events", json={"kind": "verification"}).json()

    assert answer["sends"][0] == answer["sends"][0] | {"taken": True, "answer": "success"}


def test_a_wrong_clock_is_seen_in_events(dingtalk: DingTalk, product: Any) -> None:
    def timestamp() -> int:
        dingtalk.client.post("/_sim/events", json={"kind": "verification"})
        return int(product.told[-1]["query"]["timestamp"])

    right = timestamp()
    dingtalk.client.post("/_sim/faults", json={"skew": -1000})

    assert right - timestamp() > 900_000


# contacts and sign-in


def test_departments_and_people_have_the_older_shape(dingtalk: DingTalk) -> None:
    def get(path: str, **body: Any) -> dict[str, Any]:
        return dict(dingtalk.client.post(f"/topapi/v2/{path}?access_token={dingtalk.token}", json=body).json())

    [top] = get("department/listsub")["result"]
    below = {each["name"]: each for each in get("department/listsub", dept_id=top["dept_id"])["result"]}
    finance = get("user/list", dept_id=below["财务部"]["dept_id"], cursor=0, size=10)["result"]

    assert (top["name"], top["parent_id"], set(below)) == ("总部", 1, {"财务部", "采购部"})
    assert [(each["userid"], each["unionid"], each["dept_id_list"]) for each in finance["list"]] == [
        ("wang.fang", "on_wang.fang", [below["财务部"]["dept_id"]])
    ]
    assert finance["has_more"] is False
    assert get("user/get", userid="nobody")["errcode"] == 60121
    assert get("user/list", dept_id=99, cursor=0, size=10)["errcode"] == 60003
    assert dingtalk.client.post("/topapi/v2/user/get?access_token=x", data={"userid": "li.na"}).json()["errcode"] == 40014


def test_a_new_department_is_told_and_found(dingtalk: DingTalk, product: Any) -> None:
    product.answer = lambda raw: sealed("success")
    dingtalk.client.post("/_sim/events", json={"kind": "department.created", "department": "总部/法务部"})

    event = json.loads(Envelope("simtoken", KEY, "dingsimappkey").open(json.loads(product.told[0]["body"])["encrypt"]))
    body = {"dept_id": event["DeptId"][0]}
    found = dingtalk.client.post(f"/topapi/v2/department/get?access_token={dingtalk.token}", json=body).json()
    assert found["result"]["name"] == "法务部"


def test_a_person_signs_in_with_an_auth_code(dingtalk: DingTalk) -> None:
    query = {
        "client_id": APP["appKey"],
        "response_type": "code",
        "scope": "openid corpid",
        "state": "s-1",
        "redirect_uri": "http://127.0.0.1:1/back",
    }
    back = httpx.URL(dingtalk.client.get("/oauth2/auth", params={**query, "_person": "wang.fang"}).headers["Location"]).params
    body = {"clientId": APP["appKey"], "clientSecret": APP["appSecret"], "code": back["authCode"], "grantType": "authorization_code"}

    first, again = (dingtalk.client.post("/v1.0/oauth2/userAccessToken", json=body) for _ in range(2))
    token = first.json()["accessToken"]
    who = dingtalk.client.get("/v1.0/contact/users/me", headers={"x-acs-dingtalk-access-token": token}).json()

    assert "code" not in back
    assert (back["state"], first.json()["corpId"]) == ("s-1", "dingsimcorp")
    assert (who["unionId"], who["nick"]) == ("on_wang.fang", "王芳")
    assert again.status_code == 400


def test_inside_of_the_client_a_code_of_its_own_says_who_it_is(dingtalk: DingTalk) -> None:
    code = dingtalk.client.post("/_sim/codes", json={"person": "wang.fang"}).json()["code"]

    first, again = (
        dingtalk.client.post(f"/topapi/v2/user/getuserinfo?access_token={dingtalk.token}", json={"code": code}).json() for _ in range(2)
    )

    assert (first["result"]["userid"], first["result"]["unionid"]) == ("wang.fang", "on_wang.fang")
    assert again["errcode"] == 40078
