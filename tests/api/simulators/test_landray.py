"""Landray's web service of to-dos as its customers' clients know it, seen through its doors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from lxml import etree

from api.simulators.landray import Config, create_app

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "http://webservice.notify.sys.kmss.landray.com/"
PATH = "/sys/webservice/sysNotifyTodoWebService"
TODO = {
    **{"appName": "shenpi", "modelName": "invoice", "modelId": "t-1", "subject": "发票审批", "link": "https://p.example/t/1", "type": "1"},
    **{"key": "approve", "level": "3", "createTime": "2026-11-28 09:00:00", "targets": '{"LoginName":"wang.fang"}'},
}


@pytest.fixture
def start(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, people: Any) -> Callable[..., httpx.Client]:
    def started(**config: Any) -> httpx.Client:
        client: httpx.Client = open_client(serve(create_app(Config(store=str(tmp_path / "landray.sqlite"), **config))))
        client.post("/_sim/people", json=people)
        return client

    return started


@pytest.fixture
def landray(start: Callable[..., httpx.Client]) -> httpx.Client:
    return start()


def envelope(operation: str, header: dict[str, str], **fields: str | None) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "web": NAMESPACE})
    outer = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Header"), "{http://sys.webservice.client}RequestSOAPHeader")
    for name, value in header.items():
        etree.SubElement(outer, f"{{http://sys.webservice.client}}{name}").text = value
    argument = etree.SubElement(etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{NAMESPACE}}}{operation}"), "arg0")
    for name, value in fields.items():
        if value is not None:
            etree.SubElement(argument, name).text = value
    return bytes(etree.tostring(root))


def call(client: httpx.Client, operation: str = "sendTodo", header: dict[str, str] | None = None, **fields: str | None) -> tuple[str, str]:
    answer = client.post(PATH, content=envelope(operation, header or {}, **fields), headers={"Content-Type": "text/xml; charset=utf-8"})
    root = etree.fromstring(answer.content)
    if answer.status_code == 500:
        return "fault", root.findtext(".//faultstring") or ""
    assert root.find(f".//{{{NAMESPACE}}}{operation}Response") is not None
    return root.findtext(".//returnState") or "", root.findtext(".//message") or ""


def todos(client: httpx.Client, person: str = "wang.fang") -> list[dict[str, Any]]:
    return list(client.get("/_sim/todos", params={"person": person}).json())


def test_a_sent_to_do_is_there_once_and_can_be_asked_for(landray: httpx.Client) -> None:
    for _ in range(2):
        assert call(landray, **TODO) == ("2", "")

    state, message = call(landray, "getTodo", targets='{"PersonNo":"wang.fang"}', type="0", rowSize="10", pageNo="1")

    assert state == "2"
    listed = json.loads(message)
    assert (listed["count"], [(each["modelId"], each["subject"]) for each in listed["docs"]]) == (1, [("t-1", "发票审批")])
    assert [each["title"] for each in todos(landray)] == ["发票审批"]
    assert json.loads(call(landray, "getTodoCount", target='{"Id":"wang.fang"}')[1]) == [
        {"type": "1", "count": 1},
        {"type": "2", "count": 0},
    ]


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"appName": ""},
            {"modelId": None},
            {"subject": None},
            {"type": "3"},
            {"level": "9"},
            {"createTime": "2026-11-28"},
            {"targets": "wang.fang"},
        ),
        *({"targets": "[]"}, {"targets": '{"LoginName":"nobody"}'}, {"targets": '[{"LoginName":"wang.fang"},{"LoginName":"gone"}]'}),
        {"docCreator": '{"LoginName":"nobody"}'},
    ],
)
def test_what_is_wrong_is_state_1(landray: httpx.Client, changes: dict[str, Any]) -> None:
    state, message = call(landray, **{**TODO, **changes})

    assert (state, bool(message)) == ("1", True)
    assert todos(landray) == []


def test_one_target_is_done_or_all_are(landray: httpx.Client) -> None:
    people = '[{"LoginName":"wang.fang"},{"LoginName":"li.na"},{"LoginName":"zhao.lei"}]'
    call(landray, **{**TODO, "targets": people})
    about = {name: TODO[name] for name in ("appName", "modelName", "modelId", "key")}

    assert call(landray, "setTodoDone", **about, optType="2", targets='{"LoginName":"wang.fang"}')[0] == "2"
    assert [len(todos(landray, each)) for each in ("wang.fang", "li.na", "zhao.lei")] == [0, 1, 1]
    assert call(landray, "deleteTodo", **about, optType="2", targets='{"LoginName":"li.na"}')[0] == "2"
    assert len(landray.get("/_sim/tasks").json()) == 2
    assert call(landray, "setTodoDone", **about, optType="1")[0] == "2"
    assert todos(landray, "zhao.lei") == []
    assert call(landray, "setTodoDone", **{**about, "modelId": "t-9"}, optType="1")[0] == "1"


def test_what_is_shown_can_be_changed(landray: httpx.Client) -> None:
    call(landray, **TODO)

    assert call(landray, "updateTodo", **{**TODO, "subject": "改名"})[0] == "2"
    assert [each["title"] for each in todos(landray)] == ["改名"]


def test_of_many_targets_the_first_can_be_forgotten(landray: httpx.Client) -> None:
    landray.post("/_sim/faults", json={"partial": 1})

    assert call(landray, **{**TODO, "targets": '[{"LoginName":"wang.fang"},{"LoginName":"li.na"}]'})[0] == "2"
    assert [len(todos(landray, each)) for each in ("wang.fang", "li.na")] == [0, 1]


def test_a_header_is_asked_for_when_a_user_is_set(start: Callable[..., httpx.Client]) -> None:
    landray = start(user="shenpi", password="secret")

    assert call(landray, **TODO)[0] == "fault"
    assert call(landray, header={"user": "shenpi", "password": "wrong"}, **TODO)[0] == "fault"
    assert call(landray, header={"user": "shenpi", "password": "secret"}, **TODO)[0] == "2"


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"no xml", b"<a/>", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
        f"<s:Envelope xmlns:s='{SOAP}'><s:Body/></s:Envelope>".encode(),
    ],
)
def test_what_is_no_envelope_is_state_1(landray: httpx.Client, raw: bytes) -> None:
    answer = landray.post(PATH, content=raw)

    assert answer.status_code == 200
    assert etree.fromstring(answer.content).findtext(".//returnState") == "1"


def test_an_unknown_operation_is_a_fault_and_the_known_ones_are_described(landray: httpx.Client) -> None:
    assert call(landray, "sendTodos", **TODO)[0] == "fault"
    assert b"setTodoDone" in landray.get(f"{PATH}?wsdl").content
    assert [each["code"] for each in landray.get("/_sim/calls").json()] == [None]
