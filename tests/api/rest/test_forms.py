"""Forms over REST: pinned to the version, checked on the server, showing and taking what is declared and nothing else."""

import orjson
import pytest
from drawings import END, START, drawing, human, node, path
from forms_support import CLAIM, ROWS, claims, definition_id, filled
from sqlalchemy import text
from web_support import Web, multipart, unknown, web

from engine import attachments, definitions, drafts
from engine.database import transaction

__all__ = ["claims", "web"]


def begin(web: Web, **more: object) -> str:
    """Start a claim and return the id of the task that checks it."""
    return str(web.start("expense_claim", variables=filled(**more))["tasks"][0]["id"])


def upload(web: Web, person: str, task: str, name: str = "票据.pdf", content: bytes = b"%PDF-1.7 x") -> dict[str, object]:
    answer = web.post(person, f"/user-tasks/{task}/attachments", **multipart(("file", name, content)))
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def paths(answer: object) -> dict[str, str]:
    return {fault["path"]: fault["code"] for fault in answer.json["faults"]}  # type: ignore[attr-defined]


def test_a_start_form_is_given_as_it_was_drawn_and_what_does_not_fit_it_starts_nothing(claims: Web) -> None:
    found = claims.get("li.na", f"/process-definitions/{definition_id(claims)}/start-form").json
    assert [one["key"] for one in found["schema"]["components"] if one["type"] == "textfield"] == ["reason", "country"]

    rows = [{**ROWS[0], "amount": "0"}, {"day": "2026-13-01", "kind": "fun", "colour": "red", "amount": 1}]
    answer = claims.post(
        "li.na", "/process-instances", json={"processDefinitionKey": "expense_claim", "variables": {"foreign": True, "items": rows, "x": 1}}
    )

    assert answer.status_code == 422
    assert paths(answer) == {
        "reason": "field-required", "country": "field-required", "items[0].amount": "field-invalid", "items[1].day": "field-invalid",
        "items[1].kind": "field-invalid", "items[1].colour": "field-unknown", "x": "field-unknown",
    }  # fmt: skip


def test_a_case_begins_with_what_fits_and_amounts_stay_exact(claims: Web) -> None:
    case = claims.start("expense_claim", variables=filled(country="dropped, because it is hidden"))

    kept = claims.get("li.na", f"/process-instances/{case['id']}/variables").json
    assert (kept["total"], kept["items"][0]["amount"], kept["items"][0]["day"]) == (
        {"$d": "1373.50"},
        {"$d": "553.50"},
        {"$a": "2026-11-20"},
    )
    assert "country" not in kept
    assert claims.get("li.na", f"/process-instances/{case['id']}").json["amount"] == "1373.500000"


def test_a_task_shows_its_form_and_what_it_declares_and_nothing_else_of_the_case(claims: Web) -> None:
    task = begin(claims)

    form = claims.get("wang.fang", f"/user-tasks/{task}/form")
    assert form.json["schema"]["id"] == "expense_check_form" and not form.json["readonly"]
    assert b'"total":1373.50' in form.data, "a number for the browser, digit by digit"
    shown = claims.get("wang.fang", f"/user-tasks/{task}/variables").json
    assert set(shown) == set(form.json["data"]) == {"items", "reason", "total"}

    case = claims.get("wang.fang", f"/user-tasks/{task}").json["processInstanceId"]
    assert claims.get("wang.fang", f"/process-instances/{case}/variables").status_code == 403
    assert claims.get("li.na", f"/user-tasks/{task}/form").json["readonly"]
    assert "foreign" in claims.get("sun.mei", f"/process-instances/{case}/variables").json


def test_the_record_of_a_case_keeps_values_of_others_from_those_who_only_hold_a_task(claims: Web) -> None:
    task = begin(claims, reason="只有发起人知道的事由")
    case = claims.get("wang.fang", f"/user-tasks/{task}").json["processInstanceId"]
    claims.complete("wang.fang", task, values={"account": "6602.01"}, comment="我的意见")

    def personal(person: str) -> list[bool]:
        events = claims.get(person, f"/process-instances/{case}/history").json["events"]
        assert all(event["body"] and event["hash"] for event in events)
        return [
            event["personal"] is not None
            for event in events
            if event["type"] in ("instance:started", "variables:changed", "task:completed")
        ]

    assert all(personal("li.na")) and all(personal("sun.mei"))
    assert sum(personal("wang.fang")) == 1, "her own decision"


def test_a_decision_is_checked_against_the_form_with_the_variables_of_the_case(claims: Web) -> None:
    task = begin(claims, items=[{**ROWS[0], "amount": "2000.01"}])

    answer = claims.complete("wang.fang", task, values={"account": "6602.09", "total": 1, "items": [], "reason": "x"})
    assert answer.status_code == 422
    assert paths(answer) == {
        "account": "field-invalid", "total": "field-readonly", "items": "field-unknown", "reason": "field-unknown", "approvalNumber": "field-required",
    }  # fmt: skip

    assert (
        claims.complete("wang.fang", task, values={"account": "6602.01", "approvalNumber": "CB-0001", "remark": "已核"}).status_code == 200
    )
    cheap = begin(claims)
    assert claims.complete("wang.fang", cheap, values={"account": "6602.01", "approvalNumber": "no number, but hidden"}).status_code == 200


def test_a_case_with_forms_can_be_run_again_from_its_record_alone(claims: Web) -> None:
    task = begin(claims)
    proof = upload(claims, "wang.fang", task)["id"]
    assert claims.complete("wang.fang", task, values={"account": "6602.01", "proof": proof, "remark": {"a": [0.1]}}).status_code == 200
    case = claims.get("wang.fang", f"/user-tasks/{task}").json["processInstanceId"]

    assert claims.get("sun.mei", f"/process-instances/{case}/verification").json["ok"]


def test_who_rejects_need_not_fill_in_the_form(claims: Web) -> None:
    assert claims.complete("wang.fang", begin(claims), outcome="reject").status_code == 200


def test_a_form_stays_with_the_version_that_a_case_runs_on(claims: Web) -> None:
    task = begin(claims)
    form = orjson.loads(CLAIM["check.form"])
    form["components"] = [{"type": "textfield", "key": "other", "validate": {"required": True}}]
    with claims.inside(), transaction() as session:
        newer = definitions.deploy(session, {**CLAIM, "check.form": orjson.dumps(form)}, by="zheng.hao")[0].version
    try:
        assert newer == 2
        assert claims.get("wang.fang", f"/user-tasks/{task}/form").json["schema"]["components"][0]["key"] == "total"
        assert claims.complete("wang.fang", task, values={"account": "6602.01"}).status_code == 200
        assert paths(claims.complete("wang.fang", begin(claims))) == {"other": "field-required"}
    finally:
        # the same content again is the same version, so a third one
        with claims.inside(), transaction() as session:
            definitions.deploy(session, {**CLAIM, "about.txt": b"3"}, by="zheng.hao")


def test_fields_of_a_drawing_are_given_as_a_form_too(web: Web) -> None:
    task = web.task()

    found = web.get("wang.fang", f"/user-tasks/{task}/form").json
    assert [(one["key"], one["type"]) for one in found["schema"]["components"]] == [
        ("reason", "textfield"), ("days", "number"), ("cost", "number"), ("from", "datetime"), ("paid", "checkbox"),
    ]  # fmt: skip
    grouped = web.task("grouped")
    assert web.get("zhao.lei", f"/user-tasks/{grouped}/form").json == {"schema": None, "data": {}, "readonly": False}


def test_a_form_with_faults_is_refused_at_deployment_with_file_and_place(web: Web) -> None:
    xml = drawing(START, human("a", camunda_formRef="f"), END, path("start", "a", "end"), key="faulty")
    form = orjson.dumps(
        {
            "id": "f",
            "components": [{"type": "html", "content": "<script>"}, {"type": "textfield", "key": "a", "conditional": {"hide": "=a ? b"}}],
        }
    )

    answer = web.post("zheng.hao", "/deployments", **multipart(("files", "faulty.bpmn", xml), ("files", "f.form", form)))

    assert answer.status_code == 422
    assert [(fault["code"], fault["file"], fault["path"]) for fault in answer.json["faults"]] == [
        ("component-unknown", "f.form", "components[0].type"), ("condition-invalid", "f.form", "components[1].conditional.hide"),
    ]  # fmt: skip


def test_a_task_in_a_multi_instance_shows_its_own_variable(web: Web) -> None:
    form = orjson.dumps({"id": "f", "components": [{"type": "textfield", "key": "item", "readonly": True}]})
    loop = '<multiInstanceLoopCharacteristics camunda:collection="list" camunda:elementVariable="item"/>'
    xml = drawing(
        START, node("userTask", "a", loop, camunda_assignee="wang.fang", camunda_formRef="f"), END, path("start", "a", "end"), key="several"
    )
    with web.inside(), transaction() as session:
        definitions.deploy(session, {"several.bpmn": xml, "f.form": form}, by=None)

    tasks = web.start("several", variables={"list": ["甲", "乙"]})["tasks"]

    assert {web.get("wang.fang", f"/user-tasks/{task['id']}/variables").json["item"] for task in tasks} == {"甲", "乙"}


# --- attachments


def test_files_of_a_form_and_of_a_decision_are_attached_with_it_and_kept_untouched(claims: Web) -> None:
    task, content = begin(claims), b"%PDF-1.7 \x00\xff"
    proof, other = (
        upload(claims, "wang.fang", task, content=content),
        upload(claims, "wang.fang", task, "../扫描/说明.html", b"<script>alert(1)</script>"),
    )
    case = claims.get("wang.fang", f"/user-tasks/{task}").json["processInstanceId"]
    assert claims.get("li.na", f"/process-instances/{case}/attachments").json["items"] == []
    assert claims.get("li.na", f"/attachments/{proof['id']}").status_code == 404, "until the decision it is hers alone"

    done = claims.complete("wang.fang", task, values={"account": "6602.01", "proof": [proof["id"]]}, attachments=[other["id"]])
    assert done.status_code == 200, done.text

    found = claims.get("li.na", f"/process-instances/{case}/attachments").json["items"]
    assert [(one["name"], one["mediaType"], one["uploadedBy"]) for one in found] == [
        ("票据.pdf", "application/pdf", "wang.fang"), ("说明.html", "text/plain", "wang.fang"),
    ]  # fmt: skip
    answer = claims.get("li.na", f"/attachments/{proof['id']}")
    assert answer.data == content
    assert answer.headers["Content-Disposition"] == "attachment; filename=__.pdf; filename*=UTF-8''%E7%A5%A8%E6%8D%AE.pdf", (
        "headers are latin-1"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert claims.get("qian.yi", f"/attachments/{proof['id']}").status_code == 404


def test_an_upload_of_somebody_else_or_for_another_task_or_used_already_cannot_be_attached(claims: Web) -> None:
    task, other = begin(claims), begin(claims)
    foreign, used = upload(claims, "wang.fang", other)["id"], upload(claims, "wang.fang", task)["id"]
    for ids in ([foreign], [unknown()], [used, used]):
        answer = claims.complete("wang.fang", task, values={"account": "6602.01"}, attachments=ids)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid-variables")
    assert claims.complete("wang.fang", task, values={"account": "6602.01", "proof": used}, attachments=[used]).status_code == 422
    assert claims.complete("wang.fang", task, values={"account": "6602.01", "proof": used}).status_code == 200
    assert claims.complete("wang.fang", other, values={"account": "6602.01"}, attachments=[used]).status_code == 422


def test_a_file_without_content_is_refused(claims: Web) -> None:
    answer = claims.post("wang.fang", f"/user-tasks/{begin(claims)}/attachments", **multipart(("file", "a.pdf", b"")))

    assert (answer.status_code, paths(answer)) == (422, {"file": "file-size"})


def test_an_attachment_of_a_decision_cannot_be_changed_or_deleted_in_the_database(claims: Web) -> None:
    task = begin(claims)
    made = upload(claims, "wang.fang", task)["id"]
    assert claims.complete("wang.fang", task, values={"account": "6602.01"}, attachments=[made]).status_code == 200

    for statement in ("UPDATE attachment SET name = 'x' WHERE id = :id", "DELETE FROM attachment WHERE id = :id"):
        with claims.inside(), pytest.raises(Exception, match="kept as it is"), transaction() as session:
            session.execute(text(statement), {"id": made})


# --- drafts


def test_a_draft_is_kept_for_its_writer_alone_until_the_task_closes(claims: Web) -> None:
    task = begin(claims)
    route = f"/user-tasks/{task}/draft"
    for comment in ("先写一", "先写一半"):
        saved = claims.call(
            "wang.fang", "PUT", route, json={"values": {"account": "wrong as yet", "items": [{"a": 1.10}]}, "comment": comment}
        )
        assert saved.status_code == 200

    found = claims.get("wang.fang", route).json
    assert (found["values"], found["comment"]) == ({"account": "wrong as yet", "items": [{"a": {"$d": "1.1"}}]}, "先写一半")
    for person in ("li.na", "sun.mei", "ma.lin"):
        assert claims.get(person, route).status_code == 404

    assert claims.complete("wang.fang", task, values={"account": "6602.01"}).status_code == 200
    assert claims.get("wang.fang", route).status_code == 404
    assert claims.call("wang.fang", "PUT", route, json={"values": {}}).status_code == 409


def test_a_draft_can_be_thrown_away_and_has_an_end(claims: Web) -> None:
    route = f"/user-tasks/{begin(claims)}/draft"
    assert claims.call("wang.fang", "PUT", route, json={"values": {"reason": "x" * 300_000}}).status_code == 422
    assert claims.call("wang.fang", "PUT", route, json={"values": {"reason": "x"}}).status_code == 200
    assert claims.call("wang.fang", "DELETE", route).status_code == 204
    assert claims.get("wang.fang", route).status_code == 404
    assert claims.call("wang.fang", "DELETE", route).status_code == 204


def test_what_belongs_to_nothing_any_more_goes_with_time(claims: Web) -> None:
    task = begin(claims)
    claims.call("wang.fang", "PUT", f"/user-tasks/{task}/draft", json={"values": {}})
    kept, loose = upload(claims, "wang.fang", task)["id"], upload(claims, "wang.fang", task)["id"]
    assert claims.complete("wang.fang", task, values={"account": "6602.01"}, attachments=[kept]).status_code == 200
    with claims.inside(), transaction() as session:
        assert drafts.clean_up(session) >= 1
        assert attachments.clean_up(session) == 0, "an upload is kept for a week"
        session.execute(text("UPDATE clock SET ahead_seconds = 8 * 86400"))
        assert attachments.clean_up(session) >= 1
        session.execute(text("UPDATE clock SET ahead_seconds = 0"))

    assert claims.get("wang.fang", f"/attachments/{loose}").status_code == 404
    assert claims.get("wang.fang", f"/attachments/{kept}").status_code == 200
