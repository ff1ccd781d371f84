"""Deployments over REST: good drawings, and every bad one refused with its place."""

from typing import Any

import pytest
from drawings import END, HEAD, START, drawing, flow, human, node, path, script, service, timer
from sqlalchemy import text
from web_support import LEAVE, Web, multipart, unknown
from werkzeug.test import TestResponse

from engine.database import transaction


def deploy(web: Web, *files: tuple[str, bytes], by: str = "zheng.hao", **headers: str) -> TestResponse:
    return web.post(by, "/deployments", **multipart(*(("files", name, content) for name, content in files)), headers=headers)


def faults(web: Web, xml: bytes) -> list[tuple[str, str | None]]:
    """Deploy a drawing that is refused; returns the code and element of every fault."""
    answer = deploy(web, ("bad.bpmn", xml))
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    return [(fault["code"], fault.get("element")) for fault in answer.json["faults"]]


def count(web: Web) -> Any:
    with web.inside(), transaction() as session:
        return session.execute(text("SELECT (SELECT count(*) FROM deployment), (SELECT count(*) FROM process_definition)")).one()


def test_a_drawing_becomes_a_version_and_its_xml_comes_back_as_it_was(web: Web) -> None:
    xml = drawing(START, human("a"), END, path("start", "a", "end"), key="fresh", name="新流程")

    made = deploy(web, ("fresh.bpmn", xml))

    assert made.status_code == 201
    item = made.json["items"][0]
    assert (item["key"], item["version"], item["name"]) == ("fresh", 1, "新流程")
    assert web.get("zheng.hao", f"/process-definitions/{item['id']}/xml").data == xml
    assert web.get("zheng.hao", f"/process-definitions/{item['id']}").json["manifestHash"] == item["manifestHash"]


def test_the_same_content_again_is_the_same_version_and_other_content_the_next(web: Web) -> None:
    one = drawing(START, human("a"), END, path("start", "a", "end"), key="twice")
    first = deploy(web, ("a.bpmn", one)).json["items"][0]

    again = deploy(web, ("a.bpmn", one)).json["items"][0]
    other = deploy(web, ("a.bpmn", one.replace(b"wang.fang", b"wu.gang"))).json["items"][0]

    assert again["id"] == first["id"]
    assert (first["version"], other["version"]) == (1, 2)


def test_a_running_case_stays_with_the_version_it_began_with(web: Web) -> None:
    xml = drawing(START, human("a"), END, path("start", "a", "end"), key="pinned")
    deploy(web, ("a.bpmn", xml))
    old = web.start("pinned")
    deploy(web, ("a.bpmn", xml.replace(b"wang.fang", b"wu.gang")))

    assert web.complete("wang.fang", old["tasks"][0]["id"]).status_code == 200
    assert web.complete("wu.gang", web.start("pinned")["tasks"][0]["id"]).status_code == 200


def test_sequence_flows_without_an_id_run_as_drawn(web: Web) -> None:
    bare = [f'<sequenceFlow sourceRef="{a}" targetRef="{b}"/>' for a, b in (("start", "a"), ("a", "b"), ("b", "end"))]
    xml = drawing(START, human("a"), human("b"), END, *bare, key="bare")

    assert deploy(web, ("bare.bpmn", xml)).status_code == 201
    second = web.complete("wang.fang", web.task("bare")).json["tasks"]
    assert [task["element"] for task in second] == ["b"]


def test_one_bad_file_of_two_stores_nothing(web: Web) -> None:
    good = drawing(START, human("a"), END, path("start", "a", "end"), key="good_of_two")
    before = count(web)

    answer = deploy(web, ("good.bpmn", good), ("bad.bpmn", drawing(START, END, key="bad_of_two")))

    assert answer.status_code == 422
    assert {fault["file"] for fault in answer.json["faults"]} == {"bad.bpmn"}
    assert count(web) == before


def test_warnings_come_with_the_versions_that_were_made_and_have_the_fields_of_faults(web: Web) -> None:
    tasks = ('<userTask id="a"/>', node("userTask", "b", camunda_assignee="li.na", camunda_formKey="elsewhere"), script("s", "x = y"))
    xml = drawing(START, *tasks, END, path("start", "a", "b", "s", "end"), key="doubtful")

    made = deploy(web, ("doubtful.bpmn", xml))

    assert made.status_code == 201
    assert [item["key"] for item in made.json["items"]] == ["doubtful"]
    place = {"file": "doubtful.bpmn", "line": 1}
    assert made.json["warnings"] == [
        {
            "code": "nobody-asked", "zh": "没有指定处理人或候选人，将由管理员处理", "element": "a",
            "en": "Nobody is named; the administrators are asked", **place,
        },
        {
            "code": "form-not-shown", "zh": "表单 elsewhere 不在文件中，不显示字段", "element": "b", "found": "elsewhere",
            "en": "The form elsewhere is in none of the files; no fields are shown", **place,
        },
        {
            "code": "variable-may-be-undefined", "zh": "变量 y 可能未定义：须在启动流程时给出", "element": "s", "found": "y",
            "en": "The variable y may be undefined: it must be given when the case is started", **place,
        },
    ]  # fmt: skip


def test_the_same_request_again_has_the_same_warnings_and_a_plain_drawing_has_none(web: Web) -> None:
    doubtful = drawing(START, '<userTask id="a"/>', END, path("start", "a", "end"), key="doubtful_twice")
    first, again = (deploy(web, ("a.bpmn", doubtful), **{"Idempotency-Key": "doubtful"}) for _ in range(2))
    plain = deploy(web, ("a.bpmn", drawing(START, human("a"), END, path("start", "a", "end"), key="no_doubt")))

    assert [warning["code"] for warning in first.json["warnings"]] == ["nobody-asked"]
    assert again.json == first.json
    assert plain.json["warnings"] == []


def test_faults_name_file_line_and_element(web: Web) -> None:
    xml = drawing(START, "\n\n", human("lost"), END, path("start", "end"))

    answer = deploy(web, ("lost.bpmn", xml))

    found = [(fault["code"], fault["file"], fault["line"], fault["element"]) for fault in answer.json["faults"]]
    assert found == [("unreachable", "lost.bpmn", 3, "lost")]


# What of BPMN 2.0.2 (ISO/IEC 19510) is not run in a process, and what is no BPMN at all.
ELEMENTS = ("adHocSubProcess", "implicitThrowEvent", "choreographyTask", "subChoreography", "callChoreography", "anything")


@pytest.mark.parametrize("kind", ELEMENTS)
def test_an_element_that_is_not_run_is_refused_by_its_name(web: Web, kind: str) -> None:
    xml = drawing(START, node(kind, "odd"), human("a"), END, path("start", "a", "end"))

    answer = deploy(web, ("odd.bpmn", xml))

    assert answer.status_code == 422
    assert [(fault["code"], fault["element"]) for fault in answer.json["faults"]] == [("element-not-supported", "odd")]
    assert kind in answer.json["faults"][0]["en"] and kind in answer.json["faults"][0]["zh"]


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ('<camunda:executionListener class="x.Y" event="start"/>', "java-not-supported"),
        ('<camunda:taskListener delegateExpression="${y}" event="create"/>', "java-not-supported"),
        ("<camunda:connector><camunda:connectorId>http</camunda:connectorId></camunda:connector>", "extension-not-supported"),
        ("<camunda:whatever/>", "extension-not-supported"),
    ],
)
def test_an_extension_that_would_be_passed_over_is_refused(web: Web, inner: str, code: str) -> None:
    task = node("userTask", "a", f"<extensionElements>{inner}</extensionElements>", camunda_assignee="li.na")

    assert faults(web, drawing(START, task, END, path("start", "a", "end"))) == [(code, "a")]


@pytest.mark.parametrize("attribute", ["class", "delegateExpression", "expression"])
def test_java_is_refused(web: Web, attribute: str) -> None:
    task = node("serviceTask", "a", shenpi_operation="oa.notify", **{f"camunda_{attribute}": "x"})

    assert faults(web, drawing(START, task, END, path("start", "a", "end"))) == [("java-not-supported", "a")]


def test_an_element_of_another_namespace_does_not_pass_for_one_of_bpmn(web: Web) -> None:
    xml = drawing(START, '<x:userTask xmlns:x="urn:x" id="odd"/>', human("a"), END, path("start", "a", "end"))

    assert faults(web, xml) == [("element-not-supported", "odd")]


AB = (START, human("a"), END, path("start", "a", "end"))
TWO_EXITS = (START, node("exclusiveGateway", "g"), human("a"), human("b"), END, path("start", "g", "a", "end"))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((START, human("a"), human("a", "wu.gang"), END, path("start", "a", "end")), ("id-repeated", "a")),
        ((*AB, flow("start", "a")), ("id-repeated", "start_to_a")),
        ((START, service("a", "no.such"), END, path("start", "a", "end")), ("operation-unknown", "a")),
        ((START, node("serviceTask", "a"), END, path("start", "a", "end")), ("operation-missing", "a")),
        ((START, node("businessRuleTask", "a", camunda_decisionRef="no"), END, path("start", "a", "end")), ("decision-missing", "a")),
        ((START, node("businessRuleTask", "a"), END, path("start", "a", "end")), ("decision-missing", "a")),
        ((START, script("a", "import os"), END, path("start", "a", "end")), ("not-allowed", "a")),
        ((START, human("a", "${x.__class__}"), END, path("start", "a", "end")), ("not-allowed", "a")),
        ((*AB, flow("a", "nowhere")), ("dangling-flow", "a_to_nowhere")),
        ((*AB, timer("t", "PT1H", attachedToRef="gone"), flow("t", "end")), ("boundary-dangling", "t")),
        ((*AB, timer("t", "", attachedToRef="a"), flow("t", "end")), ("timer-invalid", "t")),
        ((*TWO_EXITS, flow("g", "b"), flow("b", "end")), ("condition-missing", "g")),
        ((START, node("exclusiveGateway", "g", default="no"), human("a"), END, path("start", "g", "a", "end")), ("default-unknown", "g")),
    ],
)  # fmt: skip
def test_a_drawing_that_cannot_run_is_refused_with_its_element(web: Web, parts: tuple[str, ...], expected: tuple[str, str | None]) -> None:
    found = faults(web, drawing(*parts, key="impossible"))

    assert expected[1] in {element for _, element in found}
    if expected[0] != "not-allowed":
        assert expected in found


@pytest.mark.parametrize("prefix", ["FP1", "TOOLONGPREFIX", "发票", "a-b", "x; DROP TABLE person"])
def test_a_number_prefix_that_the_database_would_refuse_at_each_start_is_refused_now(web: Web, prefix: str) -> None:
    assert faults(web, drawing(*AB, key="numbered", shenpi_businessKeyPrefix=prefix)) == [("prefix-invalid", "numbered")]


@pytest.mark.parametrize("length", [201, 5000])
def test_an_id_longer_than_any_key_is_refused(web: Web, length: int) -> None:
    assert ("id-too-long", "k" * 200) in faults(web, drawing(*AB, key="k" * length))


@pytest.mark.parametrize("name", ["outcome", "decisions", ""])
def test_a_form_field_cannot_take_the_name_of_a_decision(web: Web, name: str) -> None:
    form = f'<extensionElements><camunda:formData><camunda:formField id="{name}" type="string"/></camunda:formData></extensionElements>'

    assert faults(web, drawing(START, node("userTask", "a", form, camunda_assignee="li.na"), END, path("start", "a", "end"))) == [
        ("field-name", "a")
    ]


def test_a_form_pattern_that_is_none_is_refused_before_anybody_fills_it_in(web: Web) -> None:
    field = '<camunda:formField id="x" type="string"><camunda:properties><camunda:property id="pattern" value="("/></camunda:properties></camunda:formField>'
    form = f"<extensionElements><camunda:formData>{field}</camunda:formData></extensionElements>"

    assert faults(web, drawing(START, node("userTask", "a", form, camunda_assignee="li.na"), END, path("start", "a", "end"))) == [
        ("pattern-invalid", "a")
    ]


def test_a_process_that_is_there_twice_is_refused(web: Web) -> None:
    one = drawing(*AB, key="same")

    answer = deploy(web, ("one.bpmn", one), ("two.bpmn", one))

    assert [(fault["code"], fault["file"]) for fault in answer.json["faults"]] == [("process-twice", "two.bpmn")]


def test_two_files_of_one_name_are_refused(web: Web) -> None:
    assert deploy(web, ("a.bpmn", LEAVE), ("a.bpmn", LEAVE)).status_code == 422


LAUGHS = b'<!DOCTYPE lolz [<!ENTITY a "lol">' + b"".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9)
) + b"]><definitions>&j;</definitions>"  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "doctype"), (b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]><x>&e;</x>', "doctype"),
        (LAUGHS, None), (b"", "malformed"), (b"not xml", "malformed"), (b"<a><b></a>", "malformed"), (b"\x00\x01", "malformed"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "malformed"), (b"<a>" * 5000 + b"</a>" * 5000, None),
        (b"<a>" + b"<b/>" * 60_000 + b"</a>", "too-complex"),
        (b"<a>" + b" " * 10_000_000 + b"</a>", "too-large"), (HEAD.encode() + b"</definitions>", "no-process"), (b"<html/>", "no-process"),
        ("<a>\ud83d</a>".encode("utf-16-le", "surrogatepass"), "malformed"),
    ],
)  # fmt: skip
def test_hostile_xml_is_refused_and_nothing_is_stored(web: Web, content: bytes, code: str | None) -> None:
    before = count(web)

    answer = deploy(web, ("hostile.bpmn", content))

    assert answer.status_code == 422
    assert code is None or answer.json["faults"][0]["code"] == code
    assert "passwd" not in answer.text and "root:" not in answer.text
    assert count(web) == before


def test_what_is_no_upload_answers_415_and_what_is_too_large_413(web: Web) -> None:
    assert web.post("zheng.hao", "/deployments", json={}).status_code == 415
    assert web.post("zheng.hao", "/deployments", data={"x": "y"}, content_type="multipart/form-data").status_code == 415
    assert deploy(web, ("big.bpmn", b" " * (41 * 1024 * 1024))).status_code == 413


def test_a_name_of_a_file_is_no_path(web: Web) -> None:
    xml = drawing(*AB, key="travelling")

    made = deploy(web, ("../../etc/travelling.bpmn", xml))

    assert list(made.json["items"][0]["manifest"]["bpmn"]) == ["travelling.bpmn"]


def test_definitions_are_listed_newest_first_in_pages(web: Web) -> None:
    everything = web.get("li.na", "/process-definitions?limit=200").json["items"]
    seen, after = [], None
    while True:
        page = web.get("li.na", f"/process-definitions?limit=3{f'&after={after}' if after else ''}").json
        seen += [item["id"] for item in page["items"]]
        after = page["after"]
        if after is None:
            break

    assert seen == [item["id"] for item in everything]


@pytest.mark.parametrize("route", ["/process-definitions", "/jobs", "/incidents"])
@pytest.mark.parametrize("after", ["x", "%00", "5", "z" * 400])
def test_a_mark_that_is_none_answers_422(web: Web, route: str, after: str) -> None:
    assert web.get("ma.lin", f"{route}?after={after}").status_code == 422


def test_a_definition_nobody_has_answers_404(web: Web) -> None:
    assert web.get("li.na", f"/process-definitions/{unknown()}").status_code == 404
    assert web.get("li.na", f"/process-definitions/{unknown()}/xml").status_code == 404


@pytest.mark.parametrize("identity", ["Start", "End", "Root", "a.BoundaryEventSplit", "a.BoundaryEventJoin", "a (element)", "_1", "中文"])
def test_an_author_may_use_the_names_the_library_keeps_for_itself(web: Web, identity: str) -> None:
    xml = drawing(
        START, human("a"), timer("t", "PT1H", attachedToRef="a"), human(identity), END, path("start", "a", identity, "end"), flow("t", "end"), key="names"
    )  # fmt: skip

    answer = deploy(web, ("names.bpmn", xml))

    if answer.status_code == 201:
        assert web.start("names")["tasks"][0]["element"] == "a"
    else:
        assert answer.status_code == 422
