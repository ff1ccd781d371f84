"""Who came in and who was turned away, as an administrator looks for it; after a time it is forgotten."""

from typing import Any

import pytest
from pages_support import Desk
from sqlalchemy import text
from web_support import Web, sign_in, web

from api import single_sign_on
from api.single_sign_on import Door
from engine.database import transaction
from engine.worker import Worker

__all__ = ["web"]


def execute(web: Web, statement: str, **values: Any) -> None:
    with web.inside(), transaction() as session:
        session.execute(text(statement), values)


WRITE = """INSERT INTO sign_in (id, at, person_id, connection, id_type, remote_id)
           SELECT gen_random_uuid(), now() - make_interval(days => :days), (SELECT id FROM person WHERE key = :person), :connection, :id_type, :remote"""


def write(
    web: Web,
    person: str | None = None,
    connection: str | None = "demo-oa",
    id_type: str | None = "",
    remote: str | None = None,
    days: int = 0,
) -> None:
    execute(web, WRITE, person=person, connection=connection, id_type=id_type, remote=remote, days=days)


@pytest.fixture
def desk(web: Web) -> Desk:
    execute(web, "DELETE FROM sign_in")
    return Desk(web.browser("ma.lin"))


def found(web: Web, **query: Any) -> list[dict[str, Any]]:
    answer = web.get("ma.lin", "/sign-ins", query_string=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_each_sign_in_says_who_by_which_way_and_what_came_of_it(web: Web, desk: Desk) -> None:
    execute(web, "INSERT INTO oa_identity (connection, id_type, remote_id, person_id) "
                 "SELECT 'demo-oa', 'userid', 'zhaolei', id FROM person WHERE key = 'zhao.lei'")  # fmt: skip
    write(web, "wang.fang", id_type="userid", remote="wangfang")
    write(web, id_type="userid", remote="stranger<b>")
    write(web, id_type="userid", remote="zhaolei")
    write(web)
    assert {(one["person"], one["connection"], one["remoteId"], one["result"]) for one in found(web)} == {
        ("ma.lin", None, None, "in"), ("wang.fang", "demo-oa", "wangfang", "in"), (None, "demo-oa", "stranger<b>", "unknown"),
        ("zhao.lei", "demo-oa", "zhaolei", "barred"), (None, "demo-oa", None, "unfinished"),
    }  # fmt: skip

    page = desk.get("/sign-ins").text
    assert "24 小时内 5 次，3 次没有进来" in page and "保留 180 天" in page
    assert all(said in page for said in ("马琳", "工号和密码", "没有进来：不认识", "没有进来：已锁定或停用", "没有完成", "办公系统模拟器"))
    assert "stranger&lt;b&gt;" in page and "stranger<b>" not in page
    assert "Turned away: unknown" in (desk.get("/language/en"), desk.get("/sign-ins").text)[1]


def test_they_are_filtered_by_way_result_and_words(web: Web, desk: Desk) -> None:
    for number in range(3):
        write(web, "wang.fang", remote=f"wf{number}")
    write(web, remote="nobody-1")

    assert [one["person"] for one in found(web, connection="-")] == ["ma.lin"]
    assert len(found(web, connection="demo-oa")) == 4 and found(web, connection="nothing") == []
    assert [one["remoteId"] for one in found(web, result="unknown")] == ["nobody-1"]
    assert len(found(web, q="王芳")) == len(found(web, q="WANG.F")) == 3 and len(found(web, q="wf1")) == 1
    assert found(web, q="%") == [] and found(web, q="' OR true --") == []
    assert web.get("ma.lin", "/sign-ins?result=x").status_code == 422
    page = desk.get("/sign-ins?connection=demo-oa&result=unknown").text
    assert "nobody-1" in page and "wf1" not in page
    assert "没有符合条件的" in desk.get("/sign-ins?q=zzz").text


def test_many_are_read_page_by_page_each_once(web: Web, desk: Desk) -> None:
    for number in range(65):
        write(web, "wang.fang", remote=f"n{number}")
    read: list[str] = []
    after = None
    while True:
        answer = web.get("ma.lin", "/sign-ins", query_string={"limit": 20, **({"after": after} if after else {})}).json
        read += [one["id"] for one in answer["items"]]
        after = answer["after"]
        if after is None:
            break
    assert len(read) == len(set(read)) == 66

    first = desk.get("/sign-ins")
    assert first.text.count('class="cell-end"') == 30 and "after=" in first.text
    more = desk.get(f"/sign-ins?after={read[29]}", headers={"HX-Request": "true"})
    assert more.text.count('class="cell-end"') == 30 and "<html" not in more.text
    assert desk.get("/sign-ins?after=x").status_code == 422


def test_a_password_that_does_not_fit_leaves_no_sign_in(web: Web, desk: Desk) -> None:
    assert sign_in(web.app.test_client(), "wang.fang", "wrong").status_code == 401
    assert [one["person"] for one in found(web)] == ["ma.lin"]


@pytest.mark.parametrize(("kept", "left"), [("30", {"d29", "d0"}), ("0", {"d0"})])
def test_workers_forget_old_ones_and_those_of_today_never(
    web: Web, desk: Desk, monkeypatch: pytest.MonkeyPatch, kept: str, left: set[str]
) -> None:
    monkeypatch.setenv("SHENPI_KEEP_SIGN_INS", kept)
    for days in (400, 31, 29, 0):
        write(web, "wang.fang", remote=f"d{days}", days=days)
    Worker("postgresql:///unused", web.inside)._sweep()
    assert {one["remoteId"] for one in found(web, connection="demo-oa")} == left


@pytest.mark.parametrize("remote", ["a\0b", "x" * 3000, "a\nb", "\u202eabc"])
def test_an_id_that_is_no_text_is_nobodys_and_not_written_down(web: Web, desk: Desk, remote: str) -> None:
    door = Door("demo-oa", "webhook", "办公系统", "", None)  # type: ignore[arg-type]
    with web.inside(), transaction() as session:
        written = single_sign_on.claim(session, "demo-oa", f"state-{remote}")
        assert written is not None
        assert single_sign_on.enter(session, door, written, {"": remote}) is None
    assert [(one["result"], one["remoteId"]) for one in found(web, connection="demo-oa")] == [("unfinished", None)]
