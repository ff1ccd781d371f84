"""Deciding on the page: forms that count once, kindness to who came too late, nothing typed is lost."""

from collections.abc import Callable

from pages_support import FINANCE, Office
from werkzeug.test import TestResponse

Words = Callable[[TestResponse], str]


def test_a_case_is_approved_by_pages_from_to_do_to_archive(office: Office, words: Words) -> None:
    case = office.submitted(gross="8600.00")
    assert str(case.business_key) in words(office.desk("wang.fang").get("/"))
    answer = office.desk("wang.fang").decide(office.task(case.case_id), comment="情况属实")
    assert answer.status_code == 303
    done = words(office.desk("wang.fang").get(answer.headers["Location"]))
    assert "您已同意" in done
    assert "财务审批" in done, "what happens next"
    assert str(case.business_key) in words(office.desk("zhao.lei").get("/"))
    assert office.desk("zhao.lei").decide(office.task(case.case_id), **FINANCE).status_code == 303
    row = office.row("SELECT element FROM job WHERE instance_id = :case", case=case.case_id)
    assert row.element == "tell_oa", "a small amount needs no director"
    assert "情况属实" in words(office.desk("li.na").get(f"/cases/{case.case_id}"))


def test_a_task_says_in_one_look_what_it_is_about_who_has_decided_and_who_comes_next(office: Office, words: Words) -> None:
    case = office.submitted(gross="20600.00")
    office.desk("wang.fang").decide(office.task(case.case_id), comment="情况属实")
    page = words(office.desk("zhao.lei").get(f"/tasks/{office.task(case.case_id)}"))
    for said in (
        "¥20,600.00",
        "贰万零陆佰元整",
        "李娜 · 行政部 提交",
        "销售方",
        "检查",
        "同意 部门负责人审批",
        "王芳 · 行政部",
        "情况属实",
        "总监审批",
    ):
        assert said in page, said
    assert "不能再拿回" not in page
    assert "预计" in page and "总监" in page.split("总监审批", 1)[1], "who would be asked stands beside the step that is likely to come"
    small = office.submitted(gross="900.00")
    page = words(office.desk("wang.fang").get(f"/tasks/{office.task(small.case_id)}"))
    assert "财务审批" in page and "总监审批" not in page, "the table of authority needs none for so little"


def test_who_decides_last_is_told_that_it_cannot_be_taken_back(office: Office, words: Words) -> None:
    case = office.submitted(gross="900.00")
    assert "不能再拿回" not in words(office.desk("wang.fang").get(f"/tasks/{office.task(case.case_id)}"))
    office.desk("wang.fang").decide(office.task(case.case_id))
    task = office.task(case.case_id)
    assert "您是最后一位：同意后不再经过别人，也不能再拿回" in words(office.desk("zhao.lei").get(f"/tasks/{task}"))
    assert office.desk("zhao.lei").decide(task, **FINANCE).status_code == 303
    assert "拿回" not in words(office.desk("zhao.lei").get(f"/tasks/{task}")), "nor is it offered"


def test_a_decision_shows_who_the_person_was_when_she_took_it(office: Office, words: Words) -> None:
    case = office.web.start("leave")["id"]
    assert office.desk("wang.fang").decide(office.task(case)).status_code == 303
    later = """UPDATE person SET name = '王芳芳', active = false, department_id = (SELECT id FROM department WHERE key = 'finance')
               WHERE key = 'wang.fang' RETURNING key"""
    office.row(later)
    try:
        for tab in ("flow", "history"):
            page = words(office.desk("sun.mei").get(f"/cases/{case}?tab={tab}"))
            assert "王芳 · 行政部" in page and "王芳芳" not in page
        told = office.web.get("sun.mei", f"/process-instances/{case}/history").text
        assert "王芳" in told
    finally:
        office.row(later.replace("王芳芳", "王芳").replace("false", "true").replace("'finance'", "'office'"))


def test_a_repeated_press_counts_once_and_leads_to_the_same_place(office: Office) -> None:
    case = office.submitted()
    desk, task = office.desk("wang.fang"), office.task(case.case_id)
    form = {**desk.form(f"/tasks/{task}", f"/tasks/{task}/decide"), "outcome": "approve", "comment": "同意"}
    first, second = (desk.client.post(f"/tasks/{task}/decide", data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    count = office.row("SELECT count(*) AS n FROM history_event WHERE instance_id = :case AND type = 'task:completed'", case=case.case_id)
    assert count.n == 1


def test_a_form_sent_again_with_something_else_changes_nothing_and_says_so(office: Office, words: Words) -> None:
    case = office.submitted()
    desk, task = office.desk("wang.fang"), office.task(case.case_id)
    form = desk.form(f"/tasks/{task}", f"/tasks/{task}/decide")
    desk.client.post(f"/tasks/{task}/decide", data={**form, "outcome": "approve"})
    answer = desk.client.post(f"/tasks/{task}/decide", data={**form, "outcome": "reject"})
    assert answer.status_code == 303
    page = words(desk.get(answer.headers["Location"]))
    assert "后来的内容没有生效" in page
    assert "您已同意" in page


def test_who_loses_a_race_is_told_kindly_who_decided_what_and_keeps_the_comment(office: Office, words: Words) -> None:
    case = office.submitted(gross="20000000.00")
    office.desk("wang.fang").decide(office.task(case.case_id))
    task = office.task(case.case_id)
    with office.web.inside():
        pass
    slow = office.desk("zhao.lei")
    stale = slow.form(f"/tasks/{task}", f"/tasks/{task}/decide")
    assert slow.decide(task, **FINANCE).status_code == 303
    answer = slow.client.post(f"/tasks/{task}/decide", data={**stale, "outcome": "reject", "comment_reject": "金额太大"})
    assert answer.status_code == 409
    page = words(answer)
    assert "没有改变任何内容" in page
    assert "您已同意" in page
    assert "金额太大" in page


def test_a_task_that_went_away_with_its_case_says_so(office: Office, words: Words) -> None:
    case = office.submitted()
    desk, task = office.desk("wang.fang"), office.task(case.case_id)
    stale = desk.form(f"/tasks/{task}", f"/tasks/{task}/decide")
    office.desk("li.na").send(f"/cases/{case.case_id}", f"/cases/{case.case_id}/withdraw", reason="填错了")
    answer = desk.client.post(f"/tasks/{task}/decide", data={**stale, "outcome": "approve", "comment": "好"})
    assert answer.status_code == 409
    assert "流程已被撤回" in words(answer)


def test_a_form_with_faults_comes_back_with_everything_that_was_typed(office: Office, words: Words) -> None:
    case = office.submitted()
    office.desk("wang.fang").decide(office.task(case.case_id))
    task, desk = office.task(case.case_id), office.desk("zhao.lei")
    answer = desk.decide(task, comment="请核对科目", **{"field.voucherNumber": "", "field.accountingPeriod": "2026/11"})
    assert answer.status_code == 422
    assert "请填写 记账凭证号" in words(answer)
    assert "请核对科目" in answer.text
    assert 'value="2026/11"' in answer.text
    assert office.task(case.case_id) == task


def test_rejecting_needs_no_form_and_takes_the_comment_of_its_own_sheet(office: Office) -> None:
    case = office.submitted()
    office.desk("wang.fang").decide(office.task(case.case_id))
    task = office.task(case.case_id)
    assert office.desk("zhao.lei").decide(task, "reject", comment="上面", comment_reject="重复报销").status_code == 303
    row = office.row("SELECT comment, outcome FROM user_task WHERE id = :task", task=task)
    assert (row.comment, row.outcome) == ("重复报销", "reject")


def test_returning_brings_the_case_back_to_its_initiator_who_submits_again(office: Office, words: Words) -> None:
    case = office.submitted()
    office.desk("wang.fang").decide(office.task(case.case_id), "return", comment_return="请补充合同")
    task = office.task(case.case_id)
    page = words(office.desk("li.na").get(f"/tasks/{task}"))
    assert "请补充合同" in page
    assert "撤回" in page
    assert office.desk("li.na").decide(task, "resubmit", **{"field.reason": "合同已补"}).status_code == 303
    assert "第 2 轮" in words(office.desk("wang.fang").get(f"/tasks/{office.task(case.case_id)}"))


def test_what_the_checks_found_stands_on_the_task_of_the_one_who_can_correct_it(office: Office, words: Words) -> None:
    case = office.submitted(buyer=("别的公司", "91310000MA0000099X"))
    page = words(office.desk("li.na").get(f"/tasks/{office.task(case.case_id)}"))
    assert "购买方不是本单位" in page
    assert "重新提交" in page


def test_a_candidate_claims_and_puts_back(office: Office, words: Words) -> None:
    case = office.submitted()
    office.desk("wang.fang").decide(office.task(case.case_id))
    task, desk = office.task(case.case_id), office.desk("zhao.lei")
    desk.send(f"/tasks/{task}", f"/tasks/{task}/claim")
    assert office.row("SELECT assignee FROM user_task WHERE id = :task", task=task).assignee == "zhao.lei"
    desk.send(f"/tasks/{task}", f"/tasks/{task}/unclaim")
    assert office.row("SELECT assignee FROM user_task WHERE id = :task", task=task).assignee is None


def test_a_task_is_handed_to_somebody_else_and_leaves_ones_own_list(office: Office, words: Words) -> None:
    case = office.submitted()
    task, desk = office.task(case.case_id), office.desk("wang.fang")
    answer = desk.send(f"/tasks/{task}", f"/tasks/{task}/transfer", to="wu.gang", reason="出差")
    assert answer.status_code == 303
    assert "已转给 吴刚" in words(desk.get(answer.headers["Location"]))
    assert str(case.business_key) not in words(desk.get("/"))
    assert "出差" in words(office.desk("wu.gang").get(f"/tasks/{task}"))


def test_a_transfer_to_nobody_is_told_in_words_and_changes_nothing(office: Office, words: Words) -> None:
    case = office.submitted()
    task, desk = office.task(case.case_id), office.desk("wang.fang")
    for to, status, said in (("", 422, "请选择要转给谁"), ("nobody", 422, "没有这个人"), ("wang.fang", 409, "已经在此人手中")):
        answer = desk.send(f"/tasks/{task}", f"/tasks/{task}/transfer", to=to, reason="出差")
        assert (answer.status_code, said in words(answer)) == (status, True), to
        assert 'value="出差"' in answer.text
    assert office.row("SELECT assignee FROM user_task WHERE id = :task", task=task).assignee == "wang.fang"


def test_a_task_of_somebody_else_can_be_read_but_has_no_buttons(office: Office, words: Words) -> None:
    case = office.submitted()
    page = office.desk("sun.mei").get(f"/tasks/{office.task(case.case_id)}")
    assert "现在由 王芳 办理" in words(page)
    assert "/decide" not in page.text


def test_an_outcome_the_drawing_does_not_have_is_refused(office: Office) -> None:
    case = office.submitted()
    answer = office.desk("wang.fang").decide(office.task(case.case_id), "explode", comment="x")
    assert answer.status_code == 422


def test_nothing_typed_becomes_markup(office: Office) -> None:
    case = office.submitted()
    office.desk("wang.fang").decide(office.task(case.case_id), comment="<script>alert(1)</script>")
    for path in (f"/cases/{case.case_id}", f"/cases/{case.case_id}?tab=history", f"/tasks/{office.task(case.case_id)}"):
        page = office.desk("zhao.lei").get(path)
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


def test_looking_at_a_task_or_a_case_locks_nothing_so_that_nobody_who_decides_waits(office: Office) -> None:
    case = office.submitted()
    task = office.task(case.case_id)

    def locker() -> str:
        """PostgreSQL leaves the transaction that locked a row last in its `xmax`."""
        return str(office.row("SELECT xmax::text AS lock FROM process_instance WHERE id = :case", case=case.case_id).lock)

    before = locker()
    assert "财务审批" in office.desk("wang.fang").get(f"/tasks/{task}").text
    assert office.desk("wang.fang").get(f"/cases/{case.case_id}").status_code == 200
    assert locker() == before
    assert office.desk("wang.fang").decide(task).status_code == 303
    assert locker() != before, "deciding does lock it"
