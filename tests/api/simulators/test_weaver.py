"""Weaver's unified to-dos as its customers' clients know them, seen through its doors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from lxml import etree

from api.simulators.weaver import Config, create_app

ROW = {
    **{"syscode": "shenpi", "flowid": "t-1", "requestname": "发票审批", "workflowname": "付款审批", "nodename": "部门经理审批"},
    **{"pcurl": "/tasks/1", "appurl": "/m/tasks/1", "isremark": "0", "viewtype": "0", "creator": "li.na", "receiver": "wang.fang"},
    **{"createdatetime": "2026-11-28 09:00:00", "receivedatetime": "2026-11-28 09:00:01", "receivets": "1000"},
}


@pytest.fixture
def weaver(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, people: Any) -> httpx.Client:
    app = create_app(Config(store=str(tmp_path / "weaver.sqlite"), url_prefix="https://p.example"))
    client: httpx.Client = open_client(serve(app))
    client.post("/_sim/people", json=people)
    return client


def send(client: httpx.Client, call: str = "ReceiveRequestInfoByJson", **changes: Any) -> dict[str, str]:
    body = {name: value for name, value in {**ROW, **changes}.items() if value is not None}
    answer = client.post(f"/rest/ofs/{call}", json=body)
    assert answer.status_code == 200
    return dict(answer.json())


def todos(client: httpx.Client, person: str = "wang.fang") -> list[dict[str, Any]]:
    return list(client.get("/_sim/todos", params={"person": person}).json())


def test_a_row_is_a_to_do_of_its_receiver(weaver: httpx.Client) -> None:
    assert send(weaver) == {"syscode": "shenpi", "dataType": "WfData", "operType": "AutoNew", "operResult": "1", "message": ""}

    [todo] = todos(weaver)

    assert (todo["title"], todo["url"], todo["node"], todo["actions"]) == ("发票审批", "https://p.example/m/tasks/1", "部门经理审批", [])


@pytest.mark.parametrize(
    "changes",
    [
        *({"receivets": 1000}, {"viewtype": 0}, {"receiver": "nobody"}, {"receiver": "gone"}, {"syscode": "other"}, {"flowid": ""}),
        *(
            {"createdatetime": "2026-11-28"},
            {"receivedatetime": "28.11.2026 09:00:00"},
            {"receivets": "soon"},
            {"isremark": "1"},
            {"requestname": None},
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_200(weaver: httpx.Client, changes: dict[str, Any]) -> None:
    answer = send(weaver, **changes)

    assert (answer["operResult"], bool(answer["message"])) == ("0", True)
    assert todos(weaver) == []


@pytest.mark.parametrize(("ts", "title"), [("999", "发票审批"), ("1000", "另一个"), ("1001", "另一个")])
def test_an_older_row_is_ignored(weaver: httpx.Client, ts: str, title: str) -> None:
    send(weaver)

    assert send(weaver, receivets=ts, requestname="另一个")["operResult"] == "1"
    assert [each["title"] for each in todos(weaver)] == [title]


def test_two_tasks_of_one_person_in_one_flow_are_one_row(weaver: httpx.Client) -> None:
    send(weaver)
    send(weaver, nodename="总经理审批", receivets="2000")
    send(weaver, receiver="zhao.lei")

    assert [each["node"] for each in todos(weaver)] == ["总经理审批"]
    assert len(weaver.get("/_sim/tasks").json()) == 2


def test_done_is_for_one_and_over_for_the_whole_flow(weaver: httpx.Client) -> None:
    for person in ("wang.fang", "zhao.lei", "li.na"):
        send(weaver, receiver=person)

    assert send(weaver, "ProcessDoneRequestByJson", receivets="2000")["operResult"] == "1"
    assert [len(todos(weaver, each)) for each in ("wang.fang", "zhao.lei", "li.na")] == [0, 1, 1]
    assert send(weaver, "ProcessOverRequestByJson", receivets="3000")["operResult"] == "1"
    assert {each["status"] for each in weaver.get("/_sim/tasks").json()} == {"4"}
    assert send(weaver, "ProcessDoneRequestByJson", flowid="none")["operResult"] == "0"


def test_a_copy_is_no_to_do(weaver: httpx.Client) -> None:
    send(weaver, "ReceiveCCRequestByJson")

    assert todos(weaver) == []
    assert weaver.get("/_sim/tasks").json()[0]["status"] == "8"


def test_rows_are_deleted_for_one_or_for_all(weaver: httpx.Client) -> None:
    for person in ("wang.fang", "zhao.lei"):
        send(weaver, "ReceiveTodoRequestByJson", receiver=person)

    weaver.post("/rest/ofs/deleteUserRequestInfoByJson", json={"syscode": "shenpi", "flowid": "t-1", "userid": "wang.fang"})
    assert [len(todos(weaver, each)) for each in ("wang.fang", "zhao.lei")] == [0, 1]
    weaver.post("/rest/ofs/deleteRequestInfoByJson", json={"syscode": "shenpi", "flowid": "t-1"})
    assert weaver.get("/_sim/tasks").json() == []


def test_a_batch_has_a_reply_for_each(weaver: httpx.Client) -> None:
    weaver.post("/_sim/faults", json={"partial": 1})
    batch = [{**ROW, "flowid": "t-1"}, {**ROW, "flowid": "t-2"}, {**ROW, "flowid": "t-3", "receiver": "nobody"}, 5]

    answer = weaver.post("/rest/ofs/batchReceiveRequestInfoByJson", json=batch)

    assert [each["operResult"] for each in answer.json()] == ["0", "1", "0", "0"]
    assert [each["instance"] for each in todos(weaver)] == ["t-2"]


def test_the_same_by_soap(weaver: httpx.Client) -> None:
    root = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
    body = etree.SubElement(root, "{http://schemas.xmlsoap.org/soap/envelope/}Body")
    operation = etree.SubElement(body, "{webservices.ofs.weaver.com.cn}receiveRequestInfoByJson")
    etree.SubElement(operation, "{webservices.ofs.weaver.com.cn}in0").text = json.dumps(ROW)

    answer = weaver.post("/services/OfsTodoDataWebService", content=etree.tostring(root), headers={"Content-Type": "text/xml"})

    out = etree.fromstring(answer.content).findtext(".//out")
    assert json.loads(out or "")["operResult"] == "1"
    assert len(todos(weaver)) == 1
    assert weaver.post("/services/OfsTodoDataWebService", content=b"<x/>").json()["operResult"] == "0"


def test_nothing_can_be_pressed_and_nobody_is_called(weaver: httpx.Client) -> None:
    send(weaver)

    assert weaver.post("/_sim/press", json={"person": "wang.fang", "task": "t-1@wang.fang", "action": "x"}).status_code == 405
    assert weaver.post("/_sim/events", json={"kind": "user.left", "person": "wang.fang"}).status_code == 405
