"""Landray's to-dos: one row one target, states, what its answers may hold, and its list held against ours."""

import re
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from offices_support import MemoryDesk, connection
from sinks_support import CASE, Office, office, snapshot, task

from engine.errors import OAUnavailable
from engine.oa.contract import CcView, InstanceSnapshot, OARequest, Receipt
from engine.oa.items import task_key
from engine.oa.landray import Landray
from engine.oa.landray.envelope import SERVICE, SOAP, read, written
from engine.oa.masking import masked

KEY = task_key(task().task_key)


def answer(state: str = "2", message: str = "", operation: str = "sendTodo") -> str:
    text = message.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<?xml version="1.0" encoding="GBK"?><s:Envelope xmlns:s="{SOAP}"><s:Body><n:{operation}Response xmlns:n="{SERVICE}">'
        f"<return><message>{text}</message><returnState>{state}</returnState></return></n:{operation}Response></s:Body></s:Envelope>"
    )


class Stage:
    """An EKP that answers well unless told otherwise, and a connector to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.special: dict[str, Any] = {}
        self.unknown: set[str] = set()
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.office: Office = office(monkeypatch, self.answer)
        self.desk = MemoryDesk()
        self.landray = Landray(connection("http://oa.example", "landray", settings=settings, password="a&b-secret"), self.desk)

    def answer(self, request: httpx.Request) -> Any:
        body = etree.fromstring(request.content).find(f"{{{SOAP}}}Body")
        assert body is not None
        operation, argument = etree.QName(body[0]).localname, body[0].find("arg0")
        assert argument is not None and etree.QName(body[0]).namespace == SERVICE
        fields = {str(one.tag): one.text or "" for one in argument}
        self.calls.append((operation, fields))
        if operation in self.special:
            return self.special[operation]
        named = {orjson.loads(fields[name]).get("LoginName") for name in ("targets", "docCreator") if fields.get(name)}
        return answer("1", "人员不存在") if named & self.unknown else answer()

    def push(self, one: InstanceSnapshot) -> Receipt:
        receipt = self.landray.push(one, None)
        self.desk.take(CASE, receipt)
        return receipt


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_a_to_do_is_sent_to_one_target_and_not_again(stage: Stage) -> None:
    for _ in range(2):
        stage.push(snapshot(task()))
    ((operation, fields),) = stage.calls
    assert operation == "sendTodo"
    assert (fields["modelId"], fields["type"], fields["level"]) == (CASE, "1", "3")
    assert fields["targets"] == '{"LoginName":"wang.fang"}' and fields["docCreator"] == '{"LoginName":"li.na"}'
    assert fields["createTime"] == "2027-01-01 07:30:00" and fields["key"].startswith(KEY)
    assert list(fields) == sorted(fields), "the order of the alphabet"
    assert len(fields["modelId"]) <= 36


def test_who_acted_has_it_done_and_the_others_lose_it(stage: Stage) -> None:
    stage.push(snapshot(task(), task("zhao.lei")))
    stage.push(snapshot(task(status="approved", outcome="approve"), task("zhao.lei", status="closed", reason="decided")))
    (done, first), (deleted, second) = stage.calls[2:]
    assert (done, first["optType"], first["targets"]) == ("setTodoDone", "2", '{"LoginName":"wang.fang"}')
    assert (deleted, second["optType"], second["targets"]) == ("deleteTodo", "2", '{"LoginName":"zhao.lei"}')
    assert first["key"] == stage.calls[0][1]["key"]


def test_a_copy_is_a_notice_and_done_when_it_is_read(stage: Stage) -> None:
    for read_ in (False, True):
        stage.push(snapshot(copies=(CcView(f"{CASE}:qian.yi", "qian.yi", snapshot().started_at, read_),)))
    assert [(operation, fields["type"]) for operation, fields in stage.calls] == [("sendTodo", "2"), ("setTodoDone", "2")]


def test_an_unknown_person_holds_her_own_alone_and_an_unknown_applicant_nobody(stage: Stage) -> None:
    stage.unknown = {"zhao.lei", "li.na"}
    receipt = stage.push(snapshot(task(), task("zhao.lei")))
    assert [(item.person, item.problem, item.message) for item in receipt.items if not item.ok] == [("zhao.lei", "permanent", "人员不存在")]
    assert "docCreator" not in stage.calls[1][1]


def test_what_never_arrived_need_not_be_closed(stage: Stage) -> None:
    stage.special["sendTodo"] = "<html>login</html>"
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    stage.special = {"deleteTodo": answer("1", "不存在")}
    assert all(item.ok for item in stage.push(snapshot(status="withdrawn")).items)


def test_people_are_named_by_the_field_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, person_by="PersonNo")
    stage.push(snapshot(task()))
    assert stage.calls[0][1]["targets"] == '{"PersonNo":"wang.fang"}'


def test_the_header_holds_user_and_password_and_the_note_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, user="ws")
    stage.push(snapshot(task()))
    text = stage.office.requests[0].content.decode()
    assert "RequestSOAPHeader" in text and "<tns:user>ws</tns:user>" in text and "a&amp;b-secret" in text
    assert "b-secret" not in str(stage.desk.exchanges)


def test_without_a_user_there_is_no_header(stage: Stage) -> None:
    stage.push(snapshot(task()))
    assert b"RequestSOAPHeader" not in stage.office.requests[0].content


FAULT = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>'
NO_ANSWERS = [
    "", "<html>login</html>", "{}", FAULT, answer("0"), "<a/>", answer().replace("returnState", "state"),
    f'<!DOCTYPE a [<!ENTITY e "2">]>{answer("&e;")[35:]}'.replace("GBK", "UTF-8"),
    f'<!DOCTYPE a SYSTEM "file:///etc/passwd"><s:Envelope xmlns:s="{SOAP}"><returnState>2</returnState></s:Envelope>',
    f'<s:Envelope xmlns:s="{SOAP}">' + "<a>" * 100 + "<returnState>2</returnState>" + "</a>" * 100 + "</s:Envelope>",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_ANSWERS)
def test_what_is_no_answer_is_tried_again(stage: Stage, text: str) -> None:
    stage.special["sendTodo"] = text
    with pytest.raises(OAUnavailable):
        stage.push(snapshot(task()))
    assert not stage.desk.exchanges[-1].ok


def test_a_failure_is_noted_as_one_though_http_is_200(stage: Stage) -> None:
    stage.special["sendTodo"] = answer("1", "失败")
    stage.push(snapshot(task()))
    assert not stage.desk.exchanges[-1].ok and stage.desk.exchanges[-1].code == "1"


def listed(*keys: str, model: str = CASE, app: str = "shenpi", pages: int = 1) -> str:
    docs = [{"key": key, "modelId": model, "appName": app, "subject": "<&>"} for key in keys]
    return answer("2", orjson.dumps({"pageCount": pages, "pageno": 1, "count": len(docs), "docs": docs}).decode(), "getTodo")


def differences(stage: Stage, text: str) -> list[tuple[str, str, str]]:
    stage.special["getTodo"] = text
    found = stage.landray.compare(snapshot(task()), stage.desk.shown_of(CASE))
    return [(one.kind, one.key, one.field) for one in found]


def test_its_list_is_held_against_ours(stage: Stage) -> None:
    stage.push(snapshot(task()))
    flow = stage.calls[0][1]["key"]
    nothing = answer("2", '{"errorPage":"true","message":"没有记录"}', "getTodo")
    assert differences(stage, listed(flow)) == []
    assert differences(stage, listed(flow, "t-somebody-elses", model="another")) == [("missing_there", KEY, "")]
    assert differences(stage, listed(flow, app="another")) == [("missing_there", KEY, "")]
    assert differences(stage, nothing) == [("missing_there", KEY, "")]
    assert differences(stage, listed(flow, "t-unknown-here")) == [("missing_here", "t-unknown-here", "status")]
    stage.push(snapshot(task(status="approved")))
    assert differences(stage, listed(flow)) == [("field_differs", KEY, "status")]
    assert differences(stage, nothing) == []


def test_a_list_of_many_pages_is_read_to_its_end_and_not_for_ever(stage: Stage) -> None:
    stage.push(snapshot(task()))
    differences(stage, listed(stage.calls[0][1]["key"], pages=3))
    assert [fields["pageNo"] for operation, fields in stage.calls if operation == "getTodo"] == ["1", "2", "3"]
    differences(stage, listed(pages=999999))
    assert sum(operation == "getTodo" for operation, _ in stage.calls) == 23


@pytest.mark.parametrize("message", ["no json", "[]", '{"pageCount": "many"}'])
def test_a_list_that_is_none_is_no_difference(stage: Stage, message: str) -> None:
    stage.push(snapshot(task()))
    with pytest.raises(OAUnavailable):
        differences(stage, answer("2", message, "getTodo"))


def test_somebody_who_is_there_no_more_makes_no_difference(stage: Stage) -> None:
    stage.push(snapshot(task()))
    assert differences(stage, answer("1", "人员不存在", "getTodo")) == []


def test_a_to_do_that_only_it_knows_is_closed_for_all_its_targets(stage: Stage) -> None:
    stage.desk.settle("t-unknown-here", "t-unknown-here", status="open", instance_key=CASE)
    stage.push(snapshot())
    ((operation, fields),) = stage.calls
    assert (operation, fields["key"], fields["optType"]) == ("deleteTodo", "t-unknown-here", "1") and "targets" not in fields


def test_a_notice_is_a_to_do_to_be_read(stage: Stage) -> None:
    request = OARequest("oa.notify", "n", {"users": ["wang.fang"], "kind": "urge", "title": "付款", "instanceKey": CASE})
    assert stage.landray.call(request).data == {"told": 1}
    assert stage.calls[0][1]["type"] == "2"


def test_its_health_is_an_answer_of_its_own(stage: Stage) -> None:
    assert stage.landray.health().ok
    stage.special["getTodoCount"] = answer("1", "人员不存在")
    assert stage.landray.health().ok
    stage.special["getTodoCount"] = FAULT
    assert not stage.landray.health().ok


@given(st.dictionaries(st.sampled_from(["subject", "link", "key"]), st.text(max_size=60)))
def test_whatever_a_title_holds_the_envelope_is_xml(fields: dict[str, str]) -> None:
    argument = etree.fromstring(written("sendTodo", fields, "", "")).find(".//arg0")
    assert argument is not None
    for one in argument:
        sent = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", fields[str(one.tag)])
        assert (one.text or "").replace("\r", "\n") == sent.replace("\r", "\n")


@given(st.text(max_size=300))
def test_no_answer_ends_in_another_error(text: str) -> None:
    assert read(text) is None


def test_a_short_password_in_an_envelope_is_masked_as_well() -> None:
    assert (
        masked("<tns:password>abc</tns:password><tns:user>ws</tns:user>", []) == "<tns:password>***</tns:password><tns:user>ws</tns:user>"
    )
