"""Processes, incidents, people, archive: the pages of those who keep it running."""

import io
import re
import shutil
from collections.abc import Callable

import pytest
from drawings import END, START, drawing, human, path
from lxml import html
from pages_support import Office
from web_support import call_job, sign_in
from werkzeug.test import TestResponse

from engine import incidents
from engine.database import transaction

Words = Callable[[TestResponse], str]


def deploy(office: Office, person: str, **files: bytes) -> TestResponse:
    desk = office.desk(person)
    data = {**desk.form("/processes", "/processes"), "files": [(io.BytesIO(content), f"{name}.bpmn") for name, content in files.items()]}
    return desk.client.post("/processes", data=data)


def test_a_designer_deploys_a_new_version_and_the_same_again_stays_the_version(office: Office, words: Words) -> None:
    first = drawing(START, human("decide"), END, path("start", "decide", "end"), key="trip", name="出差")
    second = drawing(START, human("decide"), human("pay"), END, path("start", "decide", "pay", "end"), key="trip", name="出差")
    for content, version in ((first, "v1"), (second, "v2"), (second, "v2")):
        answer = deploy(office, "zheng.hao", trip=content.encode() if isinstance(content, str) else content)
        assert answer.status_code == 303
        assert f"出差 {version}" in words(office.desk("zheng.hao").get(answer.headers["Location"]))
    assert "出差" in words(office.desk("li.na").get("/processes"))


def test_faults_of_a_drawing_come_back_with_file_line_and_element_and_nothing_is_stored(office: Office, words: Words) -> None:
    content = drawing(
        START, '<serviceTask id="pay" shenpi:operation="bank.rob"/>', END, path("start", "pay", "end"), key="robbery", name="抢银行"
    )
    answer = deploy(office, "zheng.hao", robbery=content.encode() if isinstance(content, str) else content)
    assert answer.status_code == 422
    page = words(answer)
    assert "bank.rob" in page
    assert "robbery.bpmn" in page
    assert "第" in page
    assert "抢银行" not in words(office.desk("zheng.hao").get("/processes"))


def test_who_is_no_designer_neither_sees_the_form_nor_may_send_it(office: Office) -> None:
    desk = office.desk("li.na")
    assert 'id="deploy"' not in desk.get("/processes").text
    token = desk.form("/me", "/sign-out")["csrf_token"]
    assert desk.client.post("/processes", data={"csrf_token": token, "idempotency_key": "x"}).status_code == 403


def test_a_process_shows_its_drawing_its_people_and_its_versions(office: Office, words: Words) -> None:
    row = office.row("SELECT id FROM process_definition WHERE key = 'invoice_approval'")
    page = office.desk("qian.yi").get(f"/processes/{row.id}")
    assert "部门负责人审批" in words(page)
    assert "记账凭证号" in words(page)
    xml = office.desk("qian.yi").get(f"/processes/{row.id}/bpmn.xml")
    assert xml.mimetype == "application/xml"
    assert b"invoice_approval" in xml.data


def failed(office: Office) -> str:
    """Return the incident of a job that can never work."""
    case = office.approved()
    job = office.job(case.case_id)
    with office.web.inside():
        with transaction() as session:
            assert incidents.take(session, job)
        with transaction() as session:
            incidents.fail(session, job, "401 signature mismatch", lasting=True)
    return str(office.row("SELECT id FROM incident WHERE job_id = :job", job=job).id)


def test_an_operator_sees_how_many_incidents_wait_and_tries_one_again(office: Office, words: Words) -> None:
    incident = failed(office)
    page = words(office.desk("ma.lin").get("/incidents"))
    assert "401 signature mismatch" in page
    assert "个待处理" in page
    answer = office.desk("ma.lin").send("/incidents", f"/incidents/{incident}/retry")
    assert answer.status_code == 303
    row = office.row("SELECT i.resolution, j.state FROM incident i JOIN job j ON j.id = i.job_id WHERE i.id = :id", id=incident)
    assert (row.resolution, row.state) == ("retried", "waiting")


def test_passing_over_needs_a_reason_and_lets_the_case_go_on(office: Office, words: Words) -> None:
    incident = failed(office)
    desk, action = office.desk("ma.lin"), f"/incidents/{incident}/resolve"
    stale = desk.form("/incidents", action)
    refused = desk.send("/incidents", action, reason=" ")
    assert refused.status_code == 409
    assert "请写明原因" in words(refused)
    broken = desk.send("/incidents", action, reason="电话已通知", value="{")
    assert broken.status_code == 422
    assert "电话已通知" in broken.text
    assert desk.send("/incidents", action, reason="电话已通知").status_code == 303
    assert "电话已通知" in words(desk.get("/incidents?state=resolved"))
    late = desk.client.post(action, data={**stale, "idempotency_key": "late", "reason": "再来"})
    assert late.status_code == 409
    assert "流程已经结束，不需要再处理" in words(late)


def test_an_administrator_makes_a_person_who_can_sign_in_and_locks_her_out_again(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    form = {"key": "zhou.min", "name": "周敏", "roles": "initiator", "groups": "finance", "password": "correct horse"}
    assert desk.send("/people/new", "/people", **form).status_code == 303
    assert "周敏" in words(desk.get("/people?q=zhou"))
    browser = office.web.browser()
    assert sign_in(browser, "zhou.min", "correct horse").status_code == 303
    assert browser.get("/submit").status_code == 200
    assert desk.send("/people/zhou.min", "/people/zhou.min/lock").status_code == 303
    assert browser.get("/", headers={"Accept": "text/html"}).status_code == 302, "the session ends at once"
    assert sign_in(office.web.browser(), "zhou.min", "correct horse").status_code == 401
    assert desk.send("/people/zhou.min", "/people/zhou.min/password", password="another horse").status_code == 303
    assert sign_in(office.web.browser(), "zhou.min", "another horse").status_code == 303


def test_a_person_who_cannot_be_made_comes_back_with_what_was_typed(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    for form, said in (
        ({"key": "li.na", "name": "重名"}, "已经有人了"),
        ({"key": "a/b", "name": "某人"}, "须由字母"),
        ({"key": "yi.er", "name": ""}, "请填写姓名"),
        ({"key": "yi.er", "name": "短密码", "password": "short"}, "密码至少"),
    ):
        answer = desk.send("/people/new", "/people", **form)
        assert answer.status_code == 422
        assert said in words(answer)
        assert f'value="{form["name"]}"' in answer.text
    assert office.row("SELECT count(*) AS n FROM person WHERE key = 'yi.er'").n == 0


def test_roles_and_groups_are_exactly_what_is_ticked_and_nobody_unseats_herself(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    desk.send("/people/qian.yi", "/people/qian.yi", name="钱毅", roles=["auditor"], groups=["directors"], active="true")
    page = html.fromstring(desk.get("/people/qian.yi").text)
    ticked = {(box.get("name"), box.get("value")) for box in page.iter("input") if box.get("checked") is not None}
    assert ticked == {("roles", "auditor"), ("groups", "directors"), ("active", "true")}
    desk.send("/people/qian.yi", "/people/qian.yi", name="钱毅", active="true")
    refused = desk.send("/people/ma.lin", "/people/ma.lin", name="马琳", roles=["auditor"], active="true")
    assert refused.status_code == 422
    assert desk.get("/people/ma.lin").status_code == 200


def test_people_are_found_to_be_chosen_by_name_key_or_department(office: Office, words: Words) -> None:
    desk = office.desk("wang.fang")
    assert "赵蕾" in words(desk.get("/people/choose?q=zhao"))
    assert "赵蕾" in words(desk.get("/people/choose?q=财务"))
    assert "王芳" not in words(desk.get("/people/choose?q=wang")), "nobody hands a task to herself"


def test_an_approved_case_is_found_in_the_archive_with_its_checks_code_and_package(
    office: Office, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHENPI_HOME", str(office.web.app.config["SETTINGS"].home))
    case = office.approved()
    with office.web.inside():
        incident_free(office, case.case_id)
    item = office.row("SELECT id, filing_instance_id FROM archive_item WHERE source_instance_id = :case", case=case.case_id)
    task, desk = office.task(item.filing_instance_id), office.desk("chen.jing")
    assert "归档材料" in words(desk.get(f"/tasks/{task}"))
    assert desk.decide(task, comment="齐全").status_code == 303
    with office.web.inside():
        call_job(office.job(item.filing_instance_id))
    page = words(desk.get(f"/archive/{item.id}"))
    for said in ("真实性", "完整性", "可用性", "安全性", "保管 30 年", "题名", "会计期间"):
        assert said in page, said
    assert not re.search(r"\dT\d\d:", page), "a time as nobody writes it"
    code = office.row("SELECT code FROM archive_item WHERE id = :id", id=item.id).code
    assert code in page
    assert "已归档" in words(desk.get("/archive"))
    package = desk.get(f"/archive/{item.id}/package")
    assert package.data.startswith(b"PK")
    assert package.headers["Content-Disposition"].startswith("attachment")
    assert office.desk("li.na").get(f"/archive/{item.id}/package").status_code == 403
    folder = office.web.app.config["SETTINGS"].archive_folder
    assert folder.is_dir()
    shutil.rmtree(folder)
    assert desk.get(f"/archive/{item.id}/package").status_code == 404, "a package that is gone from the disk is told as such"


def incident_free(office: Office, case: object) -> None:
    """Answer the notice to the office system as if it had arrived, then run what the filing asks for."""
    row = office.row("SELECT id FROM job WHERE instance_id = :case AND state = 'waiting'", case=case)
    with office.web.inside(), transaction() as session:
        incidents.answer(session, row.id, incidents.Outcome({"receipts": []}))
    filing = office.row("SELECT filing_instance_id AS id FROM archive_item WHERE source_instance_id = :case", case=case)
    call_job(office.job(filing.id))
