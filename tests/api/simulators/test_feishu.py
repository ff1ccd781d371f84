"""Feishu as its documents say it is, seen through its doors."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Flask

from api.simulators.feishu import Config, create_app

APP = {"app_id": "cli_simulator", "app_secret": "simulated-app-secret"}
V4 = "/open-apis/approval/v4"
KEY = "oa-sim-encrypt-key"


def texts(*keys: str) -> list[dict[str, Any]]:
    return [{"locale": "zh-CN", "is_default": True, "texts": [{"key": key, "value": key.removeprefix("@i18n@")} for key in keys]}]


def task(**changes: Any) -> dict[str, Any]:
    usual = {
        **{"task_id": "t-1", "user_id": "wang.fang", "title": "@i18n@发票审批", "links": {"mobile_link": "https://p.example/t/1"}},
        **{"status": "PENDING", "create_time": 1000, "end_time": 0, "update_time": 1000, "action_context": "nonce-1"},
        "action_configs": [
            {"action_type": "APPROVE"},
            {"action_type": "BACK", "action_name": "@i18n@退回一步", "is_reason_required": True},
        ],
    }
    return {**usual, **changes}


class Feishu:
    """A tenant, and a caller who may call it."""

    def __init__(self, client: httpx.Client, product: Any, *, key: str = KEY) -> None:
        self.client = client
        token = client.post("/open-apis/auth/v3/tenant_access_token/internal", json=APP).json()["tenant_access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        external = {"support_mobile": True, "action_callback_url": f"{product.url}/press", "action_callback_token": "tok"}
        body = {
            "approval_name": "@i18n@付款审批",
            "approval_code": "pay",
            "group_code": "g",
            "external": {**external, "action_callback_key": key},
        }
        self.code = self.post("external_approvals", {**body, "i18n_resources": texts("@i18n@付款审批")}).json()["data"]["approval_code"]

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return self.client.post(f"{V4}/{path}", json=body, headers=self.headers, **more)

    def body(self, **changes: Any) -> dict[str, Any]:
        usual = {
            **{"approval_code": self.code, "instance_id": "i-1", "status": "PENDING", "links": {"pc_link": "https://p.example/i/1"}},
            **{"title": "@i18n@发票审批", "form": [{"name": "供应商", "value": "华信"}], "user_id": "li.na"},
            **{"start_time": "1000", "end_time": 0, "update_time": "1000", "update_mode": "UPDATE", "task_list": [task()]},
            "i18n_resources": texts("@i18n@发票审批", "@i18n@退回一步"),
        }
        return {**usual, **changes}

    def sync(self, **changes: Any) -> httpx.Response:
        return self.post("external_instances", self.body(**changes))

    def todos(self, person: str = "wang.fang") -> list[dict[str, Any]]:
        return list(self.client.get("/_sim/todos", params={"person": person}).json())

    def press(self, **changes: Any) -> httpx.Response:
        return self.client.post("/_sim/press", json={"person": "wang.fang", "task": "t-1", "action": "APPROVE", "reason": "好", **changes})


@pytest.fixture
def start(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, product: Any, people: Any) -> Callable[..., httpx.Client]:
    def started(**config: Any) -> httpx.Client:
        client: httpx.Client = open_client(serve(create_app(Config(store=str(tmp_path / "feishu.sqlite"), **config))))
        client.post("/_sim/people", json=people)
        return client

    return started


@pytest.fixture
def feishu(start: Callable[..., httpx.Client], product: Any) -> Feishu:
    return Feishu(start(), product)


def decrypted(raw: bytes, key: str = KEY) -> dict[str, Any]:
    sealed = base64.b64decode(json.loads(raw)["encrypt"])
    plain = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(sealed[:16])).decryptor().update(sealed[16:])
    return dict(json.loads(plain[: -plain[-1]]))


# tokens


def test_the_same_token_is_given_while_more_than_half_an_hour_is_left(start: Callable[..., httpx.Client]) -> None:
    client = start()

    def token() -> dict[str, Any]:
        return dict(client.post("/open-apis/auth/v3/tenant_access_token/internal", json=APP).json())

    first = token()
    client.post("/_sim/clock", json={"skip": 5000})
    later = token()
    client.post("/_sim/clock", json={"skip": 1000})
    last = token()

    assert first["tenant_access_token"] == later["tenant_access_token"]
    assert later["expire"] <= 2200
    assert last["tenant_access_token"] != first["tenant_access_token"]
    assert (
        client.get("/open-apis/contact/v3/users/ou_li.na", headers={"Authorization": f"Bearer {first['tenant_access_token']}"}).json()[
            "code"
        ]
        == 0
    )


@pytest.mark.parametrize(("changes", "code"), [({"app_id": "other"}, 10003), ({"app_secret": "wrong"}, 10014)])
def test_a_wrong_app_or_secret_gets_no_token(start: Callable[..., httpx.Client], changes: dict[str, str], code: int) -> None:
    assert start().post("/open-apis/auth/v3/tenant_access_token/internal", json={**APP, **changes}).json()["code"] == code


@pytest.mark.parametrize(("header", "code"), [("", 99991661), ("Basic x", 99991661), ("Bearer t-made-up", 99991663)])
def test_a_call_without_a_valid_token_is_refused(feishu: Feishu, header: str, code: int) -> None:
    feishu.headers = {"Authorization": header}

    answer = feishu.sync()

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert feishu.todos() == []


def test_a_token_ends_with_its_time_and_when_all_are_revoked(feishu: Feishu) -> None:
    feishu.client.post("/_sim/faults", json={"revoke": 1})
    assert feishu.sync().json()["code"] == 99991663

    token = feishu.client.post("/open-apis/auth/v3/tenant_access_token/internal", json=APP).json()["tenant_access_token"]
    feishu.headers = {"Authorization": f"Bearer {token}"}
    assert feishu.sync().json()["code"] == 0
    feishu.client.post("/_sim/clock", json={"skip": 7201})
    assert feishu.sync().json()["code"] == 99991663


# definitions


def test_a_code_that_is_not_known_makes_a_new_definition_and_a_known_one_changes_it(feishu: Feishu) -> None:
    body = {"approval_name": "@i18n@付款审批", "approval_code": "pay", "group_code": "g", "external": {"support_pc": True}}
    body["i18n_resources"] = texts("@i18n@付款审批")

    other = feishu.post("external_approvals", body).json()["data"]["approval_code"]
    changed = feishu.post("external_approvals", {**body, "approval_code": feishu.code}).json()["data"]["approval_code"]

    assert other not in ("pay", feishu.code)
    assert changed == feishu.code
    found = feishu.client.get(f"{V4}/external_approvals/{feishu.code}", headers=feishu.headers).json()["data"]
    assert found["external"] == {"support_pc": True}


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"approval_name": "付款"},
            {"approval_name": "@i18n@x"},
            {"approval_name": "@i18n@没有文字"},
            {"group_code": ""},
            {"approval_code": None},
        ),
        *({"external": {}}, {"external": None}, {"i18n_resources": []}, {"viewers": [{"viewer_type": "X"}]}, {"managers": ["nobody"]}),
        {"i18n_resources": [{"locale": "zh-CN", "is_default": False, "texts": [{"key": "@i18n@付款审批", "value": "x"}]}]},
    ],
)
def test_a_definition_that_lacks_something_is_refused(feishu: Feishu, changes: dict[str, Any]) -> None:
    body = {"approval_name": "@i18n@付款审批", "approval_code": "p", "group_code": "g", "external": {"support_pc": True}}

    answer = feishu.post("external_approvals", {**body, "i18n_resources": texts("@i18n@付款审批"), **changes})

    assert answer.status_code == 400
    assert answer.json()["code"] in (1390001, 99992352)


# instances


def test_a_synced_task_is_a_to_do_of_its_person(feishu: Feishu) -> None:
    assert feishu.sync().json()["data"]["data"]["instance_id"] == "i-1"

    [todo] = feishu.todos()

    assert todo["id"] == "t-1"
    assert (todo["title"], todo["instance"], todo["url"], todo["form"]) == (
        "发票审批",
        "i-1",
        "https://p.example/t/1",
        [["供应商", "华信"]],
    )
    assert todo["actions"] == [{"key": "APPROVE", "label": "同意"}, {"key": "BACK", "label": "退回一步"}]
    assert feishu.todos("ou_wang.fang") == [todo]
    assert feishu.todos("li.na") == []


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"approval_code": ""},
            {"instance_id": None},
            {"status": "RUNNING"},
            {"links": {}},
            {"title": "plain"},
            {"title": "@i18n@没有文字"},
        ),
        *({"update_time": None}, {"end_time": "soon"}, {"user_id": None}, {"i18n_resources": []}, {"extra": "no json"}, {"task_list": {}}),
        *({"form": [{"name": "@i18n@没有文字", "value": ""}]}, {"form": [{"name": "x", "value": "长" * 2048}]}, {"update_mode": "MERGE"}),
        *({"task_list": [task(status="RUNNING")]}, {"task_list": [task(task_id="i-1")]}, {"task_list": [task(), task()]}),
        {"task_list": [task(action_configs=[{"action_type": name} for name in ("APPROVE", "REJECT", "THIRD")])]},
        *(
            {"task_list": [task(action_configs=[{"action_type": "OWN"}])]},
            {"task_list": [task(links={})]},
            {"task_list": [task(user_id="")]},
        ),
        *(
            {
                "cc_list": [
                    {
                        "cc_id": "t-1",
                        "user_id": "li.na",
                        "links": {"pc_link": "x"},
                        "read_status": "UNREAD",
                        "create_time": 1,
                        "update_time": 1,
                    }
                ]
            },
        ),
        *({"cc_list": [{"cc_id": "c-1"}]}, {"task_list": [[]]}, {"links": "x"}, {"title": 5}, {"start_time": 1.5}, {"start_time": True}),
    ],
)
def test_an_instance_that_breaks_a_rule_is_refused_and_nothing_is_kept(feishu: Feishu, changes: dict[str, Any]) -> None:
    answer = feishu.sync(**changes)

    assert (answer.status_code, answer.json()["code"]) == (400, 1390001)
    assert feishu.client.get("/_sim/instances").json() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"user_id": "nobody"}, 99992351),
        ({"open_id": "ou_nobody"}, 99992352),
        ({"task_list": [task(user_id="gone")]}, 99992351),
        ({"approval_code": "unknown"}, 1390002),
    ],
)
def test_an_unknown_person_or_definition_is_named_by_its_code(feishu: Feishu, changes: dict[str, Any], code: int) -> None:
    assert feishu.sync(**changes).json()["code"] == code


def test_open_id_wins_over_user_id(feishu: Feishu) -> None:
    feishu.sync(task_list=[task(open_id="ou_zhao.lei")])

    assert [each["id"] for each in feishu.todos("zhao.lei")] == ["t-1"]


def test_an_id_of_another_instance_is_refused(feishu: Feishu) -> None:
    feishu.sync()

    assert feishu.sync(instance_id="i-2").json()["code"] == 1390001
    assert feishu.sync(instance_id="t-1", task_list=[]).json()["code"] == 1390001


@pytest.mark.parametrize("time", [999, 1000])
def test_an_update_that_is_not_newer_is_silently_ignored(feishu: Feishu, time: int) -> None:
    feishu.sync()

    answer = feishu.sync(update_time=time, status="APPROVED", task_list=[task(update_time=time, status="APPROVED")])

    assert answer.json()["code"] == 0
    assert feishu.client.get("/_sim/instances").json()[0]["status"] == "PENDING"
    assert len(feishu.todos()) == 1


def test_an_update_compares_the_instance_and_each_task_by_its_own_time(feishu: Feishu) -> None:
    feishu.sync(task_list=[task(), task(task_id="t-2", user_id="li.na")])

    feishu.sync(update_time=1000, status="APPROVED", task_list=[task(update_time=1001, status="APPROVED")])

    assert feishu.client.get("/_sim/instances").json()[0]["status"] == "PENDING"
    assert feishu.todos() == []
    assert len(feishu.todos("li.na")) == 1, "an update keeps what it does not name"


def test_an_update_never_changes_whose_a_task_is(feishu: Feishu) -> None:
    feishu.sync()

    feishu.sync(update_time=2000, task_list=[task(update_time=2000, user_id="li.na", node_name="x")])

    assert len(feishu.todos("wang.fang")) == 1
    assert feishu.todos("li.na") == []


def test_a_replacement_takes_away_what_it_does_not_name_and_wins_even_when_older(feishu: Feishu) -> None:
    feishu.sync(task_list=[task(), task(task_id="t-2", user_id="li.na")])

    feishu.sync(update_mode="REPLACE", update_time=1, status="REJECTED", task_list=[task(update_time=1, user_id="zhao.lei")])

    assert feishu.client.get("/_sim/instances").json()[0]["status"] == "REJECTED"
    assert [len(feishu.todos(person)) for person in ("wang.fang", "li.na", "zhao.lei")] == [0, 0, 1]


@pytest.mark.parametrize("status", ["APPROVED", "CANCELED"])
def test_an_ended_instance_does_not_close_its_tasks(feishu: Feishu, status: str) -> None:
    feishu.sync()
    feishu.sync(update_time=2000, status=status, task_list=[])

    assert len(feishu.todos()) == 1


def test_a_deleted_instance_hides_its_tasks(feishu: Feishu) -> None:
    feishu.sync()
    feishu.sync(update_time=2000, status="DELETED", task_list=[])

    assert feishu.todos() == []


def test_the_same_instance_too_often_is_refused(start: Callable[..., httpx.Client], product: Any) -> None:
    feishu = Feishu(start(same_instance_per_second=2), product)
    feishu.client.post("/_sim/clock", json={"rate": 0.001})

    codes = [feishu.sync(update_time=1000 + n).json()["code"] for n in range(3)]
    feishu.client.post("/_sim/clock", json={"skip": 1})

    assert codes == [0, 0, 1390014]
    assert feishu.sync(update_time=5000).json()["code"] == 0


# comparing


def test_the_comparison_tells_what_differs(feishu: Feishu) -> None:
    feishu.sync()

    def differences(**instance: Any) -> Any:
        body = {"instance_id": "i-1", "update_time": "1000", "tasks": [{"task_id": "t-1", "update_time": "1000"}], **instance}
        return feishu.post("external_instances/check", {"instances": [body]}).json()["data"]["diff_instances"]

    assert differences() == []
    assert differences(instance_id="i-9") == [{"instance_id": "i-9", "update_time": "0", "tasks": []}]
    assert differences(update_time="1001") == [{"instance_id": "i-1", "update_time": "1000", "tasks": []}]
    other = [{"task_id": "t-1", "update_time": 7}, {"task_id": "t-9", "update_time": "1"}]
    kept = [{"task_id": "t-1", "update_time": "1000"}, {"task_id": "t-9", "update_time": "0"}]
    assert differences(tasks=other) == [{"instance_id": "i-1", "update_time": "1000", "tasks": kept}]


def test_task_states_are_listed_by_a_get_with_a_body(feishu: Feishu) -> None:
    for number in range(3):
        feishu.sync(instance_id=f"i-{number}", task_list=[task(task_id=f"t-{number}")])

    def listed(body: dict[str, Any], **query: Any) -> dict[str, Any]:
        return dict(feishu.client.request("GET", f"{V4}/external_tasks", json=body, params=query, headers=feishu.headers).json()["data"])

    first = listed({"approval_codes": [feishu.code]}, page_size=2)
    rest = listed({"approval_codes": [feishu.code]}, page_size=2, page_token=first["page_token"])

    assert [each["instance_id"] for each in first["data"] + rest["data"]] == ["i-0", "i-1", "i-2"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert listed({"status": "APPROVED"})["data"] == []
    assert [each["tasks"] for each in listed({"instance_ids": ["i-1"]})["data"]] == [
        [{"id": "t-1", "status": "PENDING", "update_time": 1000}]
    ]


# presses


def test_a_press_is_told_encrypted_with_the_token_of_the_definition(feishu: Feishu, product: Any) -> None:
    feishu.sync()

    answer = feishu.press().json()

    [told] = product.told
    body = decrypted(told["body"])
    assert (answer["status"], answer["sent"]) == (200, 1)
    assert told["path"] == "/press"
    wanted = {"action_type": "APPROVE", "action_context": "nonce-1", "user_id": "wang.fang", "instance_id": "i-1", "task_id": "t-1"}
    assert body == body | wanted | {"approval_code": feishu.code, "reason": "好", "token": "tok"}
    assert len(feishu.todos()) == 1, "the card stays until the product syncs again"


def test_a_press_is_told_plainly_without_a_key(start: Callable[..., httpx.Client], product: Any) -> None:
    feishu = Feishu(start(), product, key="")
    feishu.sync()
    feishu.press()

    assert json.loads(product.told[0]["body"])["task_id"] == "t-1"


def test_the_very_same_press_can_be_sent_again_and_is_never_told_twice_by_itself(feishu: Feishu, product: Any) -> None:
    product.answer = lambda raw: ({"message": "已由李娜处理", "without_prefix": True}, 409)
    feishu.sync()
    first = feishu.press().json()
    feishu.client.post("/_sim/clock", json={"skip": 100_000})

    again = feishu.client.post(f"/_sim/presses/{first['press']}/send").json()

    assert [each["body"] for each in product.told] == [product.told[0]["body"]] * 2
    assert (again["sent"], again["status"], again["answer"]) == (2, 409, "已由李娜处理")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"action": "NONE"}, 400),
        ({"action": "BACK", "reason": ""}, 400),
        ({"task": "t-9"}, 404),
        ({"person": "nobody"}, 404),
        ({"person": 1}, 400),
    ],
)
def test_a_press_that_no_phone_offers_is_refused(feishu: Feishu, changes: dict[str, Any], status: int) -> None:
    feishu.sync()

    assert feishu.press(**changes).status_code == status


def test_somebody_elses_press_says_who_it_was(feishu: Feishu, product: Any) -> None:
    feishu.sync()
    feishu.press(**{"as": "zhao.lei"})

    assert decrypted(product.told[0]["body"])["user_id"] == "zhao.lei"


# events


def test_an_event_is_signed_and_told_again_until_it_is_taken(start: Callable[..., httpx.Client], product: Any) -> None:
    client = start(event_url=f"{product.url}/events", encrypt_key=KEY)
    answers = iter([503, 500, 200])
    product.answer = lambda raw: ("", next(answers, 200))

    client.post("/_sim/events", json={"kind": "user.left", "person": "wang.fang"})
    for seconds, number in ((15, 2), (300, 3)):
        client.post("/_sim/clock", json={"skip": seconds})
        product.wait_for(number)

    first, *_ = product.told
    headers = first["headers"]
    material = headers["X-Lark-Request-Timestamp"] + headers["X-Lark-Request-Nonce"] + KEY
    assert headers["X-Lark-Signature"] == hashlib.sha256(material.encode() + first["body"]).hexdigest()
    event = decrypted(first["body"])
    assert event["header"]["event_type"] == "contact.user.deleted_v3"
    assert event["event"]["object"]["status"]["is_resigned"] is True
    assert len({each["body"] for each in product.told}) == 1
    assert {each["userId"]: each["active"] for each in client.get("/_sim/people").json()}["wang.fang"] is False


def test_the_address_is_verified_by_a_challenge(start: Callable[..., httpx.Client], product: Any) -> None:
    client = start(event_url=f"{product.url}/events", encrypt_key=KEY)
    product.answer = lambda raw: {"challenge": decrypted(raw)["challenge"]}

    answer = client.post("/_sim/events", json={"kind": "verification"}).json()

    assert answer["sends"][0]["taken"] is True


@pytest.mark.parametrize(
    "body", [{}, {"kind": "x"}, {"kind": "user.left"}, {"kind": "user.left", "person": "nobody"}, {"kind": "department.created"}]
)
def test_an_event_that_cannot_be_is_refused(start: Callable[..., httpx.Client], product: Any, body: dict[str, Any]) -> None:
    assert start(event_url=product.url).post("/_sim/events", json=body).status_code == 400


# sign-in and contacts


def test_a_person_signs_in_once_per_code(start: Callable[..., httpx.Client]) -> None:
    client = start()
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"client_id": APP["app_id"], "response_type": "code", "redirect_uri": "http://127.0.0.1:1/back", "state": "s-1"}
    query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    page = client.get("/open-apis/authen/v1/authorize", params=query)
    back = client.get("/open-apis/authen/v1/authorize", params={**query, "_person": "wang.fang"}).headers["Location"]
    code = httpx.URL(back).params["code"]
    body = {"grant_type": "authorization_code", "client_id": APP["app_id"], "client_secret": APP["app_secret"], "code": code}
    body |= {"redirect_uri": query["redirect_uri"], "code_verifier": verifier}

    first, again = (client.post("/open-apis/authen/v2/oauth/token", json=body).json() for _ in range(2))
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    who = client.get("/open-apis/authen/v1/user_info", headers=headers).json()["data"]

    assert "王芳" in page.text
    assert httpx.URL(back).params["state"] == "s-1"
    assert (who["user_id"], who["open_id"], who["union_id"]) == ("wang.fang", "ou_wang.fang", "on_wang.fang")
    assert again["code"] == 20003
    assert client.post(f"{V4}/external_instances", json={}, headers=headers).json()["code"] == 99991663, "a person's token is not the app's"


@pytest.mark.parametrize(
    ("changes", "skip"), [({}, 301), ({"code_verifier": "wrong"}, 0), ({"client_secret": "x"}, 0), ({"redirect_uri": "x"}, 0)]
)
def test_a_sign_in_that_is_too_late_or_not_the_same_is_refused(
    start: Callable[..., httpx.Client], changes: dict[str, str], skip: int
) -> None:
    client = start()
    query = {"client_id": APP["app_id"], "response_type": "code", "redirect_uri": "http://127.0.0.1:1/back", "code_challenge": "plain-text"}
    back = client.get("/open-apis/authen/v1/authorize", params={**query, "_person": "wang.fang"}).headers["Location"]
    client.post("/_sim/clock", json={"skip": skip})
    body = {
        "grant_type": "authorization_code",
        "client_id": APP["app_id"],
        "client_secret": APP["app_secret"],
        "code_verifier": "plain-text",
    }

    answer = client.post("/open-apis/authen/v2/oauth/token", json={**body, "code": httpx.URL(back).params["code"], **changes})

    assert answer.status_code == 400


def test_a_place_that_is_not_registered_gets_no_code(start: Callable[..., httpx.Client]) -> None:
    query = {"client_id": APP["app_id"], "response_type": "code", "redirect_uri": "http://127.0.0.1:1/other", "_person": "li.na"}

    assert start(redirect_uris="http://127.0.0.1:1/back").get("/open-apis/authen/v1/authorize", params=query).status_code == 400


def test_departments_and_their_people_are_found_page_by_page(feishu: Feishu) -> None:
    def get(path: str, **query: Any) -> dict[str, Any]:
        return dict(feishu.client.get(f"/open-apis/contact/v3/{path}", params=query, headers=feishu.headers).json()["data"])

    first = get("departments/0/children", fetch_child="true", page_size=2)
    rest = get("departments/0/children", fetch_child="true", page_size=2, page_token=first["page_token"])
    every = {each["name"]: each for each in first["items"] + rest["items"]}
    finance = every["财务部"]

    assert set(every) == {"总部", "财务部", "采购部"}
    assert finance["parent_department_id"] == every["总部"]["open_department_id"]
    assert [each["name"] for each in get("departments/0/children")["items"]] == ["总部"]
    members = get("users/find_by_department", department_id=finance["open_department_id"])
    assert [each["user_id"] for each in members["items"]] == ["wang.fang"]
    assert "items" not in get("users/find_by_department", department_id="0")
    assert get("users/wang.fang", user_id_type="user_id")["user"]["mobile"] == "13800000001"
