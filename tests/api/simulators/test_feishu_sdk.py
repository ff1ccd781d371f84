"""Feishu's own client against our Feishu: what it sends is understood, and what it reads is what it expects. What our connector seals it opens."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sdk_support import Sdk

from api.simulators.feishu import Config, create_app
from api.simulators.feishu.cipher import encrypt, signature
from engine.oa.feishu import crypto

lark = Sdk("lark_oapi")
approval, contacts = Sdk("lark_oapi.api.approval.v4"), Sdk("lark_oapi.api.contact.v3")
model, decryptor = Sdk("lark_oapi.core.model"), Sdk("lark_oapi.core.utils.decryptor")

VECTOR = "AAECAwQFBgcICQoLDA0OD4phaJAH2Mp/HqiSA/SI8RRiuJBLO+irt1CaCkiiBmPiE2gdArW047Y7vnNVmDgXEbxgrs0x/wFuKBeXQ3h2nBmqW4niNK3LP1aZP5U2aoxI"
PLAIN = '{"action_type":"APPROVE","instance_id":"i-1","task_id":"t-1","token":"tok-1"}'
KEY = "oa-sim-encrypt-key"


def test_the_published_vector_is_encrypted_and_signed() -> None:
    assert encrypt(KEY, PLAIN.encode(), bytes(range(16))) == VECTOR
    assert decryptor.AESCipher(KEY).decrypt_str(VECTOR) == PLAIN
    signed = signature("1700000000", "n0nce", KEY, f'{{"encrypt":"{VECTOR}"}}')
    assert signed == "63a6e8a9d14d2ddc1a3cf3d9f61bb5ae201565fe883f57fd662222426b9d4fb1"


@given(st.text(min_size=1), st.binary(max_size=200))
def test_what_we_encrypt_the_vendor_decrypts(key: str, plain: bytes) -> None:
    key = key.encode("utf-8", "ignore").decode()
    if plain:
        assert decryptor.AESCipher(key).decrypt(base64.b64decode(encrypt(key, plain))) == plain


@settings(max_examples=60)
@given(text=st.text(max_size=300), key=st.text(min_size=1, max_size=40))
def test_what_our_connector_seals_the_vendor_opens(text: str, key: str) -> None:
    assert decryptor.AESCipher(key).decrypt_str(crypto.encrypt(key, text.encode(), os.urandom(16))) == text


@pytest.fixture
def running(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, people: Any, product: Any) -> tuple[Any, Any]:
    """Return the vendor's client, and one for the doors. The SDK keeps tokens per app id for the whole process: each test has its own."""
    app_id = f"cli_{tmp_path.name}"
    config = Config(store=str(tmp_path / "feishu.sqlite"), app_id=app_id, event_url=f"{product.url}/events", encrypt_key=KEY)
    url = serve(create_app(config))
    doors = open_client(url)
    doors.post("/_sim/people", json=people)
    return lark.Client.builder().app_id(app_id).app_secret(config.app_secret).domain(url).timeout(30).build(), doors


def resource(*keys: str) -> Any:
    texts = [approval.I18nResourceText.builder().key(key).value(key.removeprefix("@i18n@")).build() for key in keys]
    return approval.I18nResource.builder().locale("zh-CN").is_default(True).texts(texts).build()


def define(client: Any, url: str) -> str:
    external = approval.ApprovalCreateExternal.builder().support_mobile(True).action_callback_url(url).action_callback_token("tok").build()
    body = approval.ExternalApproval.builder().approval_name("@i18n@付款审批").approval_code("pay").group_code("g").external(external)
    body = body.i18n_resources([resource("@i18n@付款审批")]).build()
    made = client.approval.v4.external_approval.create(
        approval.CreateExternalApprovalRequest.builder().user_id_type("open_id").request_body(body).build()
    )
    assert made.success(), made.msg
    return str(made.data.approval_code)


def sync(client: Any, code: str) -> Any:
    links = approval.ExternalInstanceLink.builder().mobile_link("https://p.example/t/1").build()
    task = (
        approval.ExternalInstanceTaskNode.builder()
        .task_id("t-1")
        .user_id("wang.fang")
        .links(links)
        .status("PENDING")
        .title("@i18n@发票审批")
    )
    task = task.create_time(1000).end_time(0).update_time(1000).action_context("nonce-1")
    task = task.action_configs([approval.ActionConfig.builder().action_type("APPROVE").build()]).build()
    body = approval.ExternalInstance.builder().approval_code(code).instance_id("i-1").status("PENDING").links(links).title("@i18n@发票审批")
    body = body.user_id("li.na").start_time(1000).end_time(0).update_time(1000).update_mode("UPDATE").task_list([task])
    body = body.i18n_resources([resource("@i18n@发票审批")]).build()
    return client.approval.v4.external_instance.create(approval.CreateExternalInstanceRequest.builder().request_body(body).build())


def test_the_vendors_client_defines_syncs_compares_and_lists(running: tuple[Any, Any], product: Any) -> None:
    client, doors = running
    code = define(client, f"{product.url}/press")
    v4 = client.approval.v4

    synced = sync(client, code)
    mine = approval.ExteranlInstanceCheck.builder().instance_id("i-9").update_time(5).tasks([]).build()
    compared = v4.external_instance.check(
        approval.CheckExternalInstanceRequest.builder()
        .request_body(approval.CheckExternalInstanceRequestBody.builder().instances([mine]).build())
        .build()
    )
    listed = v4.external_task.list(
        approval.ListExternalTaskRequest.builder()
        .page_size(5)
        .request_body(approval.ListExternalTaskRequestBody.builder().approval_codes([code]).build())
        .build()
    )
    defined = v4.external_approval.get(approval.GetExternalApprovalRequest.builder().approval_code(code).build())

    assert synced.data.data.instance_id == "i-1"
    assert [(each.instance_id, each.update_time) for each in compared.data.diff_instances] == [("i-9", "0")]
    assert listed.data.data[0].tasks[0].id == "t-1"
    assert defined.data.external.action_callback_token == "tok"
    assert [each["title"] for each in doors.get("/_sim/todos?person=wang.fang").json()] == ["发票审批"]


def test_the_vendors_client_reads_refusals(running: tuple[Any, Any]) -> None:
    client, doors = running
    assert sync(client, "unknown").code == 1390002

    doors.post("/_sim/faults", json={"busy": 1})
    busy = sync(client, "unknown")
    assert (busy.code, busy.raw.status_code, busy.raw.headers["x-ogw-ratelimit-reset"]) == (99991400, 429, "1")

    doors.post("/_sim/faults", json={"revoke": 1})
    assert sync(client, "unknown").code == 99991663


def test_the_vendors_client_reads_people_and_departments(running: tuple[Any, Any]) -> None:
    contact = running[0].contact.v3

    user = contact.user.get(contacts.GetUserRequest.builder().user_id("wang.fang").user_id_type("user_id").build())
    below = contact.department.children(contacts.ChildrenDepartmentRequest.builder().department_id("0").fetch_child(True).build())
    finance = next(each for each in below.data.items if each.name == "财务部")
    members = contact.user.find_by_department(
        contacts.FindByDepartmentUserRequest.builder().department_id(finance.open_department_id).build()
    )

    assert (user.data.user.name, user.data.user.union_id, user.data.user.status.is_resigned) == ("王芳", "on_wang.fang", False)
    assert [each.user_id for each in members.data.items] == ["wang.fang"]


def test_the_vendors_dispatcher_accepts_our_events(running: tuple[Any, Any], product: Any) -> None:
    heard: list[Any] = []
    handler = lark.EventDispatcherHandler.builder(KEY, "simulated-verification").register_p2_contact_user_deleted_v3(heard.append).build()

    running[1].post("/_sim/events", json={"kind": "user.left", "person": "wang.fang"})
    raw = model.RawRequest()
    raw.uri, raw.body, raw.headers = "/events", product.told[0]["body"], product.told[0]["headers"]
    answer = handler.do(raw)

    assert answer.status_code == 200, answer.content
    assert heard[0].event.object.user_id == "wang.fang"
    assert json.loads(product.told[0]["body"]).keys() == {"encrypt"}
