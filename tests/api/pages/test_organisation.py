"""My substitutions, posts, the authority matrix, separation of duties and imports, as people use them in a browser."""

import io
import re
from collections.abc import Callable

from lxml import html
from pages_support import Office
from werkzeug.test import TestResponse

from engine.database import transaction
from engine.permissions import load_actor
from engine.substitutions import acting_for

Words = Callable[[TestResponse], str]
DAYS = {"start": "2026-01-01", "end": "2099-12-31", "reason": "年假"}


def ids(page: TestResponse, pattern: str) -> list[str]:
    return re.findall(pattern.replace("ID", "([0-9a-f-]{36})"), page.text)


def test_a_person_sets_up_a_substitution_and_ends_it(office: Office, words: Words) -> None:
    desk = office.desk("wang.fang")
    assert "我的代理" in words(desk.get("/me"))
    assert "请指定一个人" in words(desk.get("/substitutions"))

    answer = desk.send(
        "/substitutions", "/substitutions", to="zhao.lei", amount="5,000", currency="CNY", process="leave", department="office", **DAYS
    )
    assert answer.status_code == 303
    page = words(desk.get("/substitutions"))
    for said in ("赵蕾 代 王芳", "2026-01-01 至 2099-12-31", "生效中", "年假", "请假 · 行政部 · 不超过 ¥5,000.00"):
        assert said in page, said
    assert "我代 王芳" in words(office.desk("zhao.lei").get("/substitutions"))
    assert "赵蕾" not in words(office.desk("wu.gang").get("/substitutions"))

    row = office.row("SELECT id, starts_at, ends_at FROM substitution WHERE person = 'wang.fang'")
    assert (str(row.starts_at.utcoffset()), row.ends_at.timestamp() % 86400) == ("0:00:00", 16 * 3600), (
        "days are those of the office's zone"
    )
    assert desk.send("/substitutions", f"/substitutions/{row.id}/revoke").status_code == 303
    assert "已撤销" in words(desk.get("/substitutions?tab=over"))
    late = desk.client.post(
        f"/substitutions/{row.id}/revoke", data={**desk.form("/substitutions", "/substitutions"), "idempotency_key": "late"}
    )
    assert late.status_code == 409 and "该代理已经结束" in words(late)


def test_what_was_set_up_counts_for_tasks(office: Office) -> None:
    assert office.desk("chen.jing").send("/substitutions", "/substitutions", to="wu.gang", **DAYS).status_code == 303
    with office.web.inside(), transaction() as session:
        actor = load_actor(session, "wu.gang")
        assert actor is not None
        now = office.row("SELECT now() AS now").now
        assert acting_for(session, actor, {"assignee": "chen.jing"}, now) == "chen.jing"


def test_a_form_that_is_wrong_comes_back_as_it_was_typed(office: Office, words: Words) -> None:
    desk = office.desk("li.na")
    for wrong, said in (
        ({"to": "nobody"}, "没有这个在职人员"),
        ({"q": ""}, "请选择代理人"),
        ({"q": "a"}, "请从下面选择代理人"),
        ({"to": "wang.fang", "start": "gestern"}, "日期无效"),
        ({"to": "wang.fang", "start": ""}, "请选择开始日期"),
        ({"to": "wang.fang", "end": "0001-01-01"}, "日期无效"),
        ({"to": "wang.fang", "end": "2025-12-31"}, "结束时间须晚于开始时间和现在"),
        ({"to": "wang.fang", "amount": "很多"}, "金额须是"),
        ({"to": "li.na"}, "不能代理自己"),
        ({"to": "wang.fang", "reason": " "}, "请填写原因"),
    ):
        answer = desk.send("/substitutions", "/substitutions", **{**DAYS, "reason": "去看海", **wrong})
        assert answer.status_code == 422, wrong
        assert said in words(answer), wrong
        assert "去看海" in answer.text or wrong.get("reason") == " "
    found = desk.send("/substitutions", "/substitutions", q="a", **DAYS)
    assert 'value="wang.fang"' in found.text, "where no script runs, the people are offered to choose from"
    assert desk.send("/substitutions", "/substitutions", q="sun.mei", **DAYS).status_code == 303


def test_a_chain_is_shown_and_a_circle_is_told_by_its_people(office: Office, words: Words) -> None:
    office.desk("zheng.hao").send("/substitutions", "/substitutions", to="qian.yi", **DAYS)
    assert (
        office.desk("ma.lin").send("/substitutions?tab=all", "/substitutions", person="sun.mei", to="zheng.hao", **DAYS).status_code == 303
    )
    page = words(office.desk("sun.mei").get("/substitutions?tab=all"))
    assert "接力：孙梅 → 郑浩 → 钱毅" in page and "由 马琳 设置" in page

    answer = office.desk("qian.yi").send("/substitutions", "/substitutions", to="sun.mei", **DAYS)
    assert answer.status_code == 409
    assert "代理会形成循环：qian.yi → sun.mei → zheng.hao → qian.yi" in words(answer)
    assert office.desk("qian.yi").get("/substitutions?tab=all").status_code == 403
    assert office.desk("qian.yi").send("/substitutions", "/substitutions", person="li.na", to="wu.gang", **DAYS).status_code == 403


def test_an_administrator_keeps_the_authority_matrix_and_others_read_it(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    form = {"currency": "CNY", "up_to": "10,000.00", "approver": "person:wang.fang", "department": "office", "position": "0"}
    assert desk.send("/authority", "/authority", **form).status_code == 303
    assert "≤ ¥10,000.00" in words(office.desk("zhao.lei").get("/authority"))
    assert 'id="new"' not in office.desk("zhao.lei").get("/authority").text
    assert office.desk("li.na").get("/authority").status_code == 403

    (rule,) = ids(desk.get("/authority"), '/authority/ID#new"')
    page = desk.get(f"/authority/{rule}")
    assert 'value="10000"' in page.text and 'value="person:wang.fang" selected' in page.text
    wrong = desk.send(f"/authority/{rule}", f"/authority/{rule}", **{**form, "up_to": "x", "approver": "person:nobody"})
    assert wrong.status_code == 422 and "金额须是" in words(wrong) and "没有这个审批人" in words(wrong)
    assert desk.send(f"/authority/{rule}", f"/authority/{rule}", **{**form, "up_to": "", "approver": "group:directors"}).status_code == 303
    assert "CNY 不限" in words(desk.get("/authority"))
    assert "≤ ¥10,000.00" in words(desk.get("/authority?ended=true"))
    assert desk.get(f"/authority/{rule}").status_code == 404

    (rule,) = ids(desk.get("/authority"), '/authority/ID#new"')
    assert desk.send(f"/authority/{rule}", f"/authority/{rule}/end").status_code == 303
    assert "还没有规则" in words(desk.get("/authority"))


def test_rules_of_duties_are_made_and_ended_and_conflicts_are_shown_to_the_auditor(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    for form, said in (
        ({"kind": "initiator", "definition_key": "leave"}, "发起人不审批自己的“请假”"),
        (
            {"kind": "elements", "element": "invoice_approval/approve_manager", "other_element": "invoice_approval/approve_finance"},
            "由两个人办理",
        ),
        ({"kind": "group-task", "group": "directors", "definition_key": "leave"}, "“总监”组的成员不办理“请假”"),
        ({"kind": "groups", "group": "finance", "other_group": "archivists"}, "没有人同时在“财务”和“档案员”两个组"),
    ):
        keys = desk.form("/duties?tab=rules", "/duties")
        assert desk.client.post("/duties", data={**keys, **form, "reason": "内控手册"}).status_code == 303
        assert said in words(desk.get("/duties?tab=rules")), said
    wrong = desk.client.post(
        "/duties", data={**desk.form("/duties?tab=rules", "/duties"), "kind": "groups", "group": "finance", "reason": "没有第二组"}
    )
    assert wrong.status_code == 422 and "没有第二组" in wrong.text

    assert "没有冲突" in words(office.desk("sun.mei").get("/duties?tab=conflicts"))
    desk.send(
        "/people/zhao.lei", "/people/zhao.lei", name="赵蕾", roles=["approver", "finance"], groups=["finance", "archivists"], active="true"
    )
    page = office.desk("sun.mei").get("/duties?tab=conflicts")
    assert "赵蕾" in words(page) and "内控手册" in words(page)
    desk.send("/people/zhao.lei", "/people/zhao.lei", name="赵蕾", roles=["approver", "finance"], groups=["finance"], active="true")
    assert office.desk("zhao.lei").get("/duties").status_code == 403

    for rule in ids(desk.get("/duties?tab=rules"), 'action="/duties/ID/end"'):
        assert desk.send("/duties?tab=rules", f"/duties/{rule}/end").status_code == 303
    assert "还没有公司规则" in words(desk.get("/duties?tab=rules"))
    assert "由两个人办理" in words(desk.get("/duties?tab=ended"))


def test_an_exception_is_settled_by_an_administrator_who_did_not_ask(office: Office, words: Words) -> None:
    web = office.web
    rule = web.post("ma.lin", "/duty-rules", json={"kind": "initiator", "reason": "内控"}).json["id"]
    case = web.start()["id"]
    body = {"processInstanceId": case, "rule": rule, "person": "li.na", "element": "decide", "reason": "月底关账"}
    override = web.post("wang.fang", "/duty-overrides", json=body).json["id"]
    own = web.post("ma.lin", "/duty-overrides", json={**body, "person": "wang.fang"}).json["id"]

    page = office.desk("ma.lin").get("/duties")
    assert "李娜 办理“审批”" in words(page) and "月底关账" in words(page) and "须由另一位管理员批准" in words(page)
    assert f"/duties/overrides/{override}/approve" in page.text and f"/duties/overrides/{own}/approve" not in page.text
    assert office.desk("ma.lin").send("/duties", f"/duties/overrides/{override}/approve", note="同意").status_code == 303
    assert "已批准" in words(office.desk("sun.mei").get("/duties"))
    keys = {**office.desk("ma.lin").form("/duties?tab=rules", "/duties")}
    refused = office.desk("ma.lin").client.post(f"/duties/overrides/{own}/approve", data=keys)
    assert refused.status_code == 409 and "不能批准自己提出的例外" in words(refused)
    assert web.post("ma.lin", f"/duty-rules/{rule}/end", json={}).status_code == 200


def test_posts_are_made_held_and_given_up(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    assert desk.send("/posts", "/posts", key="cfo", name="财务总监").status_code == 303
    assert desk.send("/posts", "/posts", key="cfo", name="财务总监").status_code == 409
    assert desk.send("/posts", "/posts", key="c o", name="财务总监").status_code == 422
    assert "空缺" in words(desk.get("/posts"))
    assert desk.send("/posts", "/posts/cfo/appoint", person="nobody", entity="shenpi-sh").status_code == 422
    assert desk.send("/posts", "/posts/cfo/appoint", person="zhao.lei", entity="shenpi-sh").status_code == 303
    assert "赵蕾" in words(office.desk("qian.yi").get("/posts"))
    assert "<form" not in html.tostring(html.fromstring(office.desk("qian.yi").get("/posts").text).find(".//main"), encoding="unicode")
    assert "财务总监" in words(desk.get("/people?q=zhao")) and "财务总监" in words(desk.get("/people/zhao.lei"))
    assert desk.send("/posts", "/posts/cfo/dismiss", person="zhao.lei", entity="shenpi-sh").status_code == 303
    assert desk.send("/posts", "/posts/cfo/activate", active="false").status_code == 303
    assert "已停用" in words(desk.get("/posts"))


def test_a_person_works_in_several_departments(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    board = office.row("SELECT id FROM department WHERE key = 'board'").id
    home = office.row("SELECT department_id AS id FROM person WHERE key = 'chen.jing'").id
    form = {"name": "陈静", "department": str(home), "roles": ["archivist"], "groups": ["archivists"], "active": "true"}
    assert desk.send("/people/chen.jing", "/people/chen.jing", departments=[str(board), str(home), "x"], **form).status_code == 303
    assert "财务部 · 总经办" in words(desk.get("/people?q=chen"))
    assert office.row("SELECT count(*) AS n FROM department_member").n == 1, "the primary one is not counted twice"
    assert desk.send("/people/chen.jing", "/people/chen.jing", **form).status_code == 303
    assert office.row("SELECT count(*) AS n FROM department_member").n == 0


def test_an_import_is_looked_at_first_and_its_faults_stand_with_row_and_column(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")

    def send(text: str, script: bool = False, **more: str) -> TestResponse:
        keys = desk.form("/organisation/import", "/organisation/import")
        data = {**keys, **more, "files": [(io.BytesIO(text.encode()), "人员.csv")]}
        return desk.client.post("/organisation/import", data=data, headers={"HX-Request": "true"} if script else {})

    good = "工号,姓名,部门,在职\nhe.jun,何军,信息部,是\nli.na,李娜娜,,\n"
    looked = send(good)
    assert looked.status_code == 200
    for said in ("会有 2 项变更", "何军 新增", "名称 李娜 → 李娜娜"):
        assert said in words(looked), said
    assert "<html" not in send(good, script=True).text
    assert office.row("SELECT count(*) AS n FROM person WHERE key = 'he.jun'").n == 0
    faulty = send("工号,姓名,部门\nhe.jun,何军,火星部\n", script=True, do="true")
    assert faulty.status_code == 422 and "第 2 行 部门：没有部门 火星部" in words(faulty)

    done = send(good, do="true")
    assert done.status_code == 303
    assert "共 2 项变更" in words(desk.get("/people?q=he.jun"))
    assert "没有要改的" in words(send(good))
    assert "不能停用自己" in words(send("工号,姓名\nli.na,李娜\n", absent="true"))
    assert send("", do="true").status_code == 422
    assert office.desk("li.na").get("/organisation/import").status_code == 403
    send("工号,姓名,部门\nli.na,李娜,行政部\n", do="true")


def test_people_are_taken_away_as_a_table_without_formulas(office: Office) -> None:
    answer = office.desk("ma.lin").get("/organisation/people.csv")

    assert answer.data.startswith(b"\xef\xbb\xbf") and answer.mimetype == "text/csv"
    assert "wu.gang,吴刚,wu.gang@example.com,,board" in answer.data.decode()
    assert office.desk("sun.mei").get("/organisation/people.csv").status_code == 403


def test_the_tabs_show_only_what_one_may_open(office: Office, words: Words) -> None:
    for person, shown in (
        ("li.na", []),
        ("zhao.lei", ["授权矩阵"]),
        ("sun.mei", ["授权矩阵", "职责分离"]),
        ("ma.lin", ["授权矩阵", "职责分离"]),
    ):
        page = words(office.desk(person).get("/people"))
        assert [tab for tab in ("授权矩阵", "职责分离") if tab in page] == shown, person


def test_no_chinese_is_left_on_the_english_pages_but_names(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    desk.get("/language/en")
    for path in ("/substitutions?tab=over", "/organisation/import", "/duties", "/duties?tab=conflicts", "/authority?ended=true"):
        page = html.fromstring(desk.get(path).text).find(".//main")
        for part in page.xpath(".//option | .//optgroup | .//*[contains(@class, 'badge')] | .//tbody | .//*[@class='substitutions']"):
            part.drop_tree()
        assert re.findall(r"[\u4e00-\u9fff]+", page.text_content()) == [], path
    desk.get("/language/zh")
