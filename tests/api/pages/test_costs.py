"""What a page asks of the database does not grow with what it shows."""

from collections.abc import Callable
from uuid import UUID

from drawings import END, START, drawing, node, path
from lxml import html
from pages_support import Office
from sqlalchemy import text
from werkzeug.test import TestResponse

from engine import definitions, instances
from engine.database import transaction
from engine.duties import overrides, rules
from engine.permissions import load_actor

Words = Callable[[TestResponse], str]
#: the person who checks is the only one who could pay
PAYING = drawing(
    START, node("userTask", "check", name="初审", camunda_assignee="wang.fang"),
    node("userTask", "pay", name="付款", camunda_assignee="wang.fang", shenpi_notBy="check"), END, path("start", "check", "pay", "end"),
    key="paying", name="付款",
)  # fmt: skip

POST = "SELECT id FROM post WHERE key = 'clerk'"
ENTITY = "SELECT id FROM legal_entity ORDER BY key LIMIT 1"


def shown(answer: TestResponse) -> int:
    return len(html.fromstring(answer.text).xpath("//tr[@data-row]"))


def hire(office: Office, numbers: range) -> None:
    """Take on people who have a further department, a post, a role, a group and an account each."""
    with office.web.inside(), transaction() as session:
        session.execute(text("INSERT INTO post (id, key, name) VALUES (gen_random_uuid(), 'clerk', '文员') ON CONFLICT DO NOTHING"))
        for number in numbers:
            who = {"key": f"counted.{number:02}", "name": f"点数{number:02}"}
            session.execute(text("INSERT INTO person (id, key, name) VALUES (gen_random_uuid(), :key, :name)"), who)
            for table, columns, values in (
                ("department_member", "department_id", "(SELECT id FROM department ORDER BY key LIMIT 1)"),
                ("post_holder", "id, post_id, legal_entity_id", f"gen_random_uuid(), ({POST}), ({ENTITY})"),
                ("role_grant", "role", "'approver'"), ("group_member", "group_id", "(SELECT id FROM \"group\" WHERE key = 'finance')"),
                ("account", "id, password_hash", "gen_random_uuid(), ''"),
            ):  # fmt: skip
                session.execute(text(f"INSERT INTO {table} (person_id, {columns}) SELECT id, {values} FROM person WHERE key = :key"), who)


def test_people_take_no_more_questions_when_there_are_more_of_them(office: Office, words: Words) -> None:
    hire(office, range(3))
    few = office.questions("ma.lin", "/people?q=counted")
    hire(office, range(3, 12))
    assert office.questions("ma.lin", "/people?q=counted") == few
    page = office.desk("ma.lin").get("/people?q=counted")
    assert shown(page) == 12
    row = words(office.desk("ma.lin").get("/people?q=counted.07"))
    assert "点数07" in row and "点数08" not in row and "文员" in row


def stop(office: Office, number: int) -> None:
    """Make incidents of user tasks that two rules keep from the only person, each with an exception asked for, and of scripts that fail."""
    for _ in range(number):
        office.web.incident()
        with office.web.inside(), transaction() as session:
            li_na = load_actor(session, "li.na")
            assert li_na is not None
            case = instances.start(session, "paying", by=li_na).case.id
        assert office.desk("wang.fang").decide(office.task(case)).status_code == 303
        ask(office, case)


def ask(office: Office, case: UUID) -> None:
    with office.web.inside(), transaction() as session:
        ma_lin = load_actor(session, "ma.lin")
        assert ma_lin is not None
        overrides.ask(session, case, by=ma_lin, rule="notBy:check", person="wang.fang", element="pay", reason="只有她一人")


def test_incidents_take_no_more_questions_when_there_are_more_of_them(office: Office, words: Words) -> None:
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"paying.bpmn": PAYING}, by=None)
        member = "INSERT INTO group_member SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'finance' AND p.key = 'wang.fang'"
        session.execute(text(member))
        for values in (
            {"kind": "elements", "definition_key": "paying", "element": "check", "other_element": "pay", "reason": "钱账分管"},
            {"kind": "group-task", "definition_key": "paying", "element": "pay", "group": "finance", "reason": "不经手"},
        ):
            rules.add(session, values, by="ma.lin")
    stop(office, 2)
    few = office.questions("ma.lin", "/incidents")
    stop(office, 6)
    assert office.questions("ma.lin", "/incidents") == few
    page = office.desk("ma.lin").get("/incidents")
    assert shown(page) == 16
    assert words(page).count("例外待第二个人批准") == 8
    assert words(page).count("公司规则：钱账分管") == words(page).count("公司规则：不经手") == 8
