"""Lists of tasks: filters, orders, pages, counts; on behalf of others within their scopes; copies with whether they were read."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from approvals_support import act
from drawings import END, START, drawing, flow, human, node, path, script
from engine_support import advance, decide, deploy, execute, start, task_of
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support import person

from engine import copies, substitutions, tasks, worklist
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import InvalidContent
from engine.permissions import Actor
from engine.worklist import Wanted, due_within

SUMMARY = '<extensionElements><shenpi:summary><shenpi:item label="供应商" value="${supplier}"/></shenpi:summary></extensionElements>'
CLAIM = drawing(
    SUMMARY, START, node("userTask", "check", name="复核", camunda_candidateGroups="finance,directors", camunda_dueDate="${due}"), END,
    path("start", "check", "end"), key="claim", name="报销", shenpi_title="${title}", shenpi_amount="${amount}", shenpi_currency="${currency}",
)  # fmt: skip
HELD = drawing(
    START, node("exclusiveGateway", "again"), human("boss"), node("exclusiveGateway", "good", default="good_to_end"), END,
    path("start", "again", "boss", "good", "end"), flow("good", "again", "${outcome == 'return'}"), key="held", name="请假",
    shenpi_title="${title}", shenpi_amount="${amount}", shenpi_currency="${currency}",
)  # fmt: skip
RENAMED = drawing(
    START, human("first"), script("rename", "title = '无锡厂房'"), human("second"), END, path("start", "first", "rename", "second", "end"), key="renamed",
    shenpi_title="${title}",
)  # fmt: skip
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _ready(app: Flask) -> Iterator[None]:
    deploy(CLAIM, HELD)
    yield


def claim(title: str = "差旅", amount: str | None = "100.00", due: str | None = None, **more: Any) -> UUID:
    values = {"title": title, "amount": amount, "currency": "CNY", "supplier": "上海某某", "due": due, **more}
    return task_of(start("claim", **values))


def held(title: str = "年假", amount: str | None = None, by: str = "li.na", **more: Any) -> UUID:
    return task_of(start("held", by=by, **{"title": title, "amount": amount, "currency": "CNY", **more}))


def now() -> datetime:
    with transaction() as session:
        return read_clock(session)


def titles(who: str, lister: Callable[..., Any] = worklist.my_tasks, **more: Any) -> list[str | None]:
    actor = person(who)
    with transaction() as session:
        return [row.title for row in lister(session, actor, **more).rows]


def walked(who: str, lister: Callable[..., Any] = worklist.my_tasks, **more: Any) -> list[str | None]:
    """Return the whole list, two rows a page."""
    actor, found, after = person(who), [], None
    with transaction() as session:
        while True:
            page = lister(session, actor, limit=2, after=after, **more)
            found += [row.title for row in page.rows]
            after = page.after
            if after is None:
                return found


def test_each_order_is_the_same_in_pages_as_in_one(app: Flask) -> None:
    late = (now() - timedelta(hours=1)).isoformat()
    soon = (now() + timedelta(hours=1)).isoformat()
    claim("乙", "5.00")
    claim("丁", "20.00", soon)
    claim("甲", None)
    claim("丙", "1000.00", late)
    claim("戊", "20.00", late)
    for sort, expected in (("due", "丙戊丁乙甲"), ("amount", "丙戊丁乙甲"), ("age", "乙丁甲丙戊")):
        found = walked("zhao.lei", sort=sort)
        assert found == titles("zhao.lei", sort=sort)
        if sort == "amount":  # two have the same amount
            assert (found[0], set(found[1:3]), found[3:]) == ("丙", {"丁", "戊"}, ["乙", "甲"])
        else:
            assert "".join(str(each) for each in found) == expected


def test_a_task_of_several_of_my_groups_stands_there_once(app: Flask) -> None:
    claim()
    both = Actor("qian.yi", "", groups=frozenset({"finance", "directors"}))
    with transaction() as session:
        assert len(worklist.my_tasks(session, both).rows) == 1
        assert worklist.count_my_tasks(session, both) == 1


def test_words_are_found_in_title_number_step_initiator_and_summary_and_all_of_them_must_be(app: Flask) -> None:
    claim("华东采购")
    claim("100%_会议", supplier="北京甲乙")
    for words, expected in (
        ("华东", ["华东采购"]), ("上海某", ["华东采购"]), ("100%_", ["100%_会议"]), ("采购 李娜", ["华东采购"]), ("采购 北京", []), ("供应商", []),
        ("复核", ["华东采购", "100%_会议"]), ("  ", ["华东采购", "100%_会议"]),
    ):  # fmt: skip
        assert titles("zhao.lei", wanted=Wanted(words=words)) == expected, words


TEXTS = st.text(alphabet="苏州采购Zz_% \\ß😀", max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=4),
    st.lists(st.text(alphabet="苏州采购Z_%\\ß😀李", min_size=1, max_size=3), min_size=1, max_size=2),
)
def test_words_that_few_cases_have_are_found_as_if_every_task_was_read(app: Flask, made: list[tuple[str, str]], words: list[str]) -> None:
    execute("UPDATE process_instance SET status = 'terminated'")
    execute("DELETE FROM candidate")
    for number, (title, supplier) in enumerate(made):
        claim(f"{number}{title}", supplier=supplier)
    expected = [
        f"{number}{title}" for number, (title, supplier) in enumerate(made)
        if all(any(word.lower() in text.lower() for text in (f"{number}{title}", supplier, "李娜", "复核")) for word in words)
    ]  # fmt: skip
    assert walked("zhao.lei", wanted=Wanted(words=" ".join(words))) == expected


def test_words_are_found_after_the_case_has_changed_them_in_texts_of_any_length_and_on_behalf_of_others(app: Flask) -> None:
    deploy(RENAMED)
    first = task_of(start("renamed", title="苏州厂房"))
    held("长" * 3000 + "昆山")
    assert titles("wang.fang", wanted=Wanted(words="苏州")) == ["苏州厂房"]
    decide(first)
    assert titles("wang.fang", wanted=Wanted(words="苏州")) == []
    assert titles("wang.fang", wanted=Wanted(words="无锡 厂房")) == ["无锡厂房"]
    assert titles("wang.fang", wanted=Wanted(words="昆山")) == ["长" * 3000 + "昆山"]
    stand_in("wang.fang", "qian.yi")
    assert titles("qian.yi", worklist.on_behalf, wanted=Wanted(words="无锡")) == ["无锡厂房"]
    assert titles("qian.yi", wanted=Wanted(words="无锡")) == []


def test_a_task_that_is_put_back_stands_under_its_amount_again(app: Flask) -> None:
    task = claim("小", "10.00")
    claim("大", "1000.00")
    act(tasks.claim, task, by="zhao.lei")
    act(tasks.unclaim, task, by="zhao.lei")
    assert titles("wu.gang", wanted=Wanted(most="500")) == ["小"]
    assert titles("wu.gang", sort="amount") == ["大", "小"]


def test_filters_by_process_department_amount_and_return(app: Flask) -> None:
    claim("小", "10.00")
    claim("大", "1000.00")
    boss = held("请假", "50.00")
    assert titles("zhao.lei", wanted=Wanted(least="10", most="10.00")) == ["小"]
    assert titles("zhao.lei", wanted=Wanted(definition="held")) == []
    assert titles("wang.fang", wanted=Wanted(definition="held", least="50")) == ["请假"]
    execute("UPDATE department SET parent_id = (SELECT id FROM department WHERE key = 'finance') WHERE key = 'office'")
    for department, expected in (("office", ["小", "大"]), ("finance", ["小", "大"]), ("it", []), ("nowhere", [])):
        assert titles("zhao.lei", wanted=Wanted(department=department)) == expected, department
    assert titles("wang.fang", wanted=Wanted(returned=True)) == []
    decide(boss, outcome="return")
    assert titles("wang.fang", wanted=Wanted(returned=True)) == ["请假"]


def test_due_today_and_this_week_go_by_the_clock_of_the_zone() -> None:
    sunday = datetime(2026, 11, 29, 15, 30, tzinfo=UTC)  # half past eleven at night in Shanghai
    assert due_within("overdue", sunday, SHANGHAI) == (None, sunday)
    assert due_within("today", sunday, SHANGHAI) == (datetime(2026, 11, 28, 16, tzinfo=UTC), datetime(2026, 11, 29, 16, tzinfo=UTC))
    assert due_within("week", sunday, SHANGHAI)[1] == datetime(2026, 11, 29, 16, tzinfo=UTC)
    assert due_within("week", sunday + timedelta(hours=1), SHANGHAI)[0] == datetime(2026, 11, 29, 16, tzinfo=UTC)


def test_candidates_find_what_is_due_first(app: Flask) -> None:
    claim("无期限")
    claim("逾期", due=(now() - timedelta(days=2)).isoformat())
    assert titles("zhao.lei") == ["逾期", "无期限"]
    assert titles("zhao.lei", wanted=Wanted(due_until=due_within("overdue", now(), SHANGHAI)[1])) == ["逾期"]
    with transaction() as session:
        found = worklist.count(session, person("zhao.lei"))
    assert (found.mine, found.overdue, found.behalf, found.unread) == (2, 1, 0, 0)


def stand_in(person_key: str, substitute: str, **scope: Any) -> None:
    with transaction() as session:
        substitutions.add(
            session, by=person(person_key), person=person_key, substitute=substitute, starts_at=read_clock(session), reason="休假", **scope
        )


def test_on_behalf_is_what_others_may_do_within_the_scope_and_never_ones_own(app: Flask) -> None:
    claim("小", "10.00")
    claim("大", "1000.00")
    claim("外币", "1.00", currency="USD")
    held("请假")
    assert titles("qian.yi", worklist.on_behalf) == []
    stand_in("zhao.lei", "qian.yi", amount_limit="100", currency="CNY")
    assert walked("qian.yi", worklist.on_behalf) == ["小"]
    stand_in("wang.fang", "qian.yi", definition_key="held")
    assert sorted(str(each) for each in walked("qian.yi", worklist.on_behalf)) == ["小", "请假"]
    with transaction() as session:
        rows = worklist.on_behalf(session, person("qian.yi")).rows
        assert {(row.title, row.behalf, row.behalf_name) for row in rows} == {("小", "zhao.lei", "赵蕾"), ("请假", "wang.fang", "王芳")}
        assert worklist.count(session, person("qian.yi")).behalf == 2
    assert titles("wu.gang", worklist.on_behalf) == []
    stand_in("zhao.lei", "wu.gang")  # whose own group is asked as well
    assert titles("wu.gang", worklist.on_behalf) == []
    assert titles("wu.gang", worklist.on_behalf, wanted=Wanted(words="小")) == []


def test_a_scope_of_a_department_is_that_of_the_initiator(app: Flask) -> None:
    claim("行政")
    stand_in("zhao.lei", "qian.yi", department="office")
    assert titles("qian.yi", worklist.on_behalf) == ["行政"]
    execute("UPDATE person SET department_id = (SELECT id FROM department WHERE key = 'it') WHERE key = 'li.na'")
    assert titles("qian.yi", worklist.on_behalf) == []


def test_every_task_that_is_listed_on_behalf_may_be_decided_and_says_for_whom(app: Flask) -> None:
    task = claim("小", "10.00")
    stand_in("zhao.lei", "qian.yi", amount_limit="100")
    decide(task, by="qian.yi")
    actor = person("qian.yi")
    with transaction() as session:
        done = worklist.my_decisions(session, actor).rows
    assert [(row.title, row.behalf, row.behalf_name) for row in done] == [("小", "zhao.lei", "赵蕾")]
    assert titles("qian.yi", worklist.my_decisions, wanted=Wanted(words="小", definition="claim", least="10")) == ["小"]
    assert titles("qian.yi", worklist.my_decisions, wanted=Wanted(words="大")) == []


def test_copies_say_who_sent_them_and_whether_they_were_read(app: Flask) -> None:
    first, second = start("held", title="甲", amount=None, currency="CNY"), start("held", title="乙", amount=None, currency="CNY")
    for case in (first, second):
        with transaction() as session:
            copies.send_by_hand(session, case.case.id, by=person("li.na"), to=["sun.mei"])
        advance(60)
    assert walked("sun.mei", worklist.copied) == ["乙", "甲"]
    with transaction() as session:
        assert worklist.count(session, person("sun.mei")).unread == 2
        copies.mark_read(session, second.case.id, by=person("sun.mei"))
    assert titles("sun.mei", worklist.copied, unread=True) == ["甲"]
    assert titles("sun.mei", worklist.copied, words="甲 李娜") == ["甲"]
    with transaction() as session:
        assert worklist.count(session, person("sun.mei")).unread == 1
        row = worklist.copied(session, person("sun.mei")).rows[0]
    assert (row.sent_by, row.sent_by_name, row.read_at is not None) == ("li.na", "李娜", True)
    assert titles("wu.gang", worklist.copied) == []


def test_a_mark_of_another_list_or_of_nobody_is_refused(app: Flask) -> None:
    for values, sort in (
        (("1e999999999", UUID(int=1)), "amount"), (("NaN", UUID(int=1)), "amount"), (("Infinity", UUID(int=1)), "amount"), (("x", "y"), "age"),
        (("2026-11-22", UUID(int=1)), "due"), (("9" * 60, UUID(int=1)), "amount"),
    ):  # fmt: skip
        with pytest.raises(InvalidContent):
            titles("zhao.lei", after=worklist.mark(*values), sort=sort)
