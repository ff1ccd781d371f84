"""Connections, deliveries, identities and the inbox as an administrator uses them in a browser; where no worker runs, what she asked for waits."""

import io
import re
from collections.abc import Callable

from pages_support import Office
from sqlalchemy import text
from werkzeug.test import TestResponse

from api import connections
from engine.database import transaction
from engine.oa import vault

Words = Callable[[TestResponse], str]


def test_a_connection_is_added_by_steps_and_its_made_secret_is_shown_once(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    assert "通用签名 Webhook" in words(desk.get("/connections/new"))
    feishu = desk.get("/connections/new?kind=feishu")
    assert "App ID" in words(feishu) and "对方文档没有说清" in words(feishu) and 'type="password"' in feishu.text

    wrong = desk.send(
        "/connections/new?kind=webhook",
        "/connections/new",
        kind="webhook",
        key="a/b",
        name="新系统",
        url="ftp://x",
        **{"secret.secret": "short"},
    )
    page = words(wrong)
    assert wrong.status_code == 422 and "新系统" in wrong.text and "http(s)" in page and "至少 16 个字符" in page
    assert "short" not in wrong.text, "a secret is never shown again, not even a wrong one"

    made = desk.send(
        "/connections/new?kind=webhook", "/connections/new", kind="webhook", key="oa-2", name="新系统", url="https://oa.example.com"
    )
    assert made.headers["Location"] == "/connections/oa-2"
    first, second = words(desk.get("/connections/oa-2")), words(desk.get("/connections/oa-2"))
    secret = re.search(r"[0-9a-f]{64}", first)
    assert secret and secret[0] not in second
    assert "未启用" in second and "/oa/oa-2/callback" in second and "先把下面的回调地址登记到对方" in second


def test_settings_secrets_scope_and_the_switch_are_changed_on_the_page(office: Office, words: Words) -> None:
    desk, path = office.desk("ma.lin"), "/connections/oa-2"
    wrong = desk.send(path, path, name="改名", url="https://oa.example.com", **{"setting.target_seconds": "-3"})
    assert wrong.status_code == 422 and "改名" in wrong.text and "须大于 0" in words(wrong)
    targets = {"setting.target_share": "99", "setting.target_seconds": "5", "setting.rate_factor": "1"}
    assert desk.send(path, path, name="改名", url="https://oa.example.com/x/", **targets).status_code == 303
    assert "99 % 在 5 秒内" in words(desk.get(path))

    assert desk.send(path, f"{path}/secrets", **{"secret.secret": "a secret of sixteen and more"}).status_code == 303
    assert "旧密钥仍然有效" in words(desk.get(path))
    with office.web.inside(), transaction() as session:
        sealed = session.execute(text("SELECT credentials FROM oa_connection WHERE key = 'oa-2'")).scalar_one()
        assert set(vault.unseal("oa-2", sealed)) == {"secret", "former_secret"} and b"sixteen" not in sealed
    assert desk.send(path, f"{path}/secrets/former_secret/take-away").status_code == 303
    assert "旧密钥仍然有效" not in words(desk.get(path))

    assert desk.client.post(f"{path}/scope", data={**desk.form(path, f"{path}/scope"), "module": ["tasks"]}).status_code == 303
    assert "不用于 通知" in words(desk.get("/connections"))
    assert desk.send(path, f"{path}/active", active="true").status_code == 303
    assert "停用后不再向它发送" in words(desk.get(path))
    assert desk.send(path, f"{path}/active", active="false").status_code == 303


def test_what_was_plain_before_it_could_be_sealed_is_sealed_and_a_new_key_takes_over(office: Office) -> None:
    with office.web.inside(), transaction() as session:
        session.execute(
            text("UPDATE oa_connection SET credentials = '\\x00'::bytea || '{\"secret\": \"plain until now\"}'::bytea WHERE key = 'oa-2'")
        )
        assert connections.rekey(session, only_plain=True) == 1 and connections.rekey(session) == 0
        sealed = session.execute(text("SELECT credentials FROM oa_connection WHERE key = 'oa-2'")).scalar_one()
        assert vault.unseal("oa-2", sealed) == {"secret": "plain until now"} and vault.is_newest(sealed) and b"plain" not in sealed


def test_failed_deliveries_are_found_opened_and_sent_again_with_progress(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    case = office.submitted()
    assert "等待发送" in words(desk.get("/deliveries"))
    row = office.row("SELECT * FROM oa_delivery WHERE instance_id = :case AND connection = 'demo-oa'", case=case.case_id)
    with office.web.inside(), transaction() as session:
        session.execute(
            text(
                """UPDATE oa_delivery SET state = 'dead', open = false, failed_at = now(), attempts = 3, last_error = 'HTTP 400: 单据不对'
                   WHERE instance_id = :case AND connection = 'demo-oa'"""
            ),
            {"case": case.case_id},
        )
        session.execute(text("INSERT INTO oa_exchange (id, connection, purpose, instance_id, version, api, request, answer, status, code, ok, milliseconds) "
                             "VALUES (gen_random_uuid(), 'demo-oa', 'push', :case, :version, '/snapshots', 'POST', '没有', 400, '', false, 7)"),
                        {"case": case.case_id, "version": row.version})  # fmt: skip
    listed = desk.get("/deliveries?state=failed&error=单据")
    assert "HTTP 400: 单据不对" in words(listed) and "全部重新发送（1 条）" in words(listed)
    assert "没有符合条件的送达" in words(desk.get("/deliveries?state=failed&error=没这回事"))
    one = desk.get(f"/deliveries/{case.case_id}/demo-oa/{row.version}")
    assert "/snapshots" in words(one) and "关联编号" in words(one) and "***" in one.text and "重新发送" in words(one)

    keys = desk.form("/deliveries?state=failed", "/deliveries/resend")
    sent = desk.client.post("/deliveries/resend", data={**keys, "all": "demo-oa"})
    assert (
        sent.status_code == 303
        and desk.client.post("/deliveries/resend", data={**keys, "all": "demo-oa"}).headers["Location"] == sent.headers["Location"]
    )
    assert "0 / 1 条已有结果" in words(desk.get(sent.headers["Location"])) and "关掉这个页面也会继续" in words(
        desk.get(sent.headers["Location"])
    )
    again = desk.send("/deliveries", "/deliveries/resend", all="demo-oa")
    assert again.status_code == 409 and "没有可以重新发送的" in words(again)
    assert desk.send("/deliveries", "/deliveries/resend").status_code == 422
    assert "正在重新发送" in words(desk.get("/deliveries"))


def test_who_is_who_is_typed_and_imported_and_a_misfit_is_told_at_its_row(office: Office, words: Words) -> None:
    desk = office.desk("ma.lin")
    path = "/identities?connection=demo-oa"
    assert "没有填写对应时，就用工号" in words(desk.get(path))
    assert desk.send(path, "/identities/demo-oa/li.na", **{"id.": "lina01"}).status_code == 303
    assert "lina01" in words(desk.get("/identities?connection=demo-oa&q=李娜")) and "lina01" in words(desk.get("/people/li.na"))
    taken = desk.send(path, "/identities/demo-oa/wang.fang", **{"id.": "lina01"})
    assert taken.status_code == 422 and "已对应 李娜（li.na）" in words(taken)

    def upload(table: str) -> TestResponse:
        keys = desk.form(path, "/identities/demo-oa/import")
        return desk.client.post("/identities/demo-oa/import", data={**keys, "files": (io.BytesIO(table.encode()), "map.csv")})

    assert "第 2 行" in words(upload("工号,编号\nnobody,x\n")) and "缺少“编号”列" in words(upload("工号\nli.na\n"))
    assert upload("工号,编号\nwang.fang,wf\nli.na,lina02\n").status_code == 303
    assert "li.na,李娜,,lina02" in desk.get("/identities/demo-oa.csv").text
    assert desk.send(path, "/identities/demo-oa/li.na", **{"id.": ""}).status_code == 303
    assert "lina02" not in desk.get("/identities/demo-oa.csv").text
    assert desk.send(path, "/identities/demo-oa/wang.fang", **{"id.": ""}).status_code == 303


def test_only_administrators_see_office_systems(office: Office) -> None:
    for path in ("/connections", "/deliveries", "/inbox", "/identities", "/directory", "/sign-ins"):
        assert office.desk("ma.lin").get(path).status_code == 200, path
        assert office.desk("zheng.hao").get(path).status_code == 403, path
    assert "/connections" not in office.desk("li.na").get("/").text


def test_a_connection_that_leads_to_another_host_forgets_its_secrets_and_is_off_until_they_are_given_again(
    office: Office, words: Words
) -> None:
    """Else whoever may change an address could have the secret sent to a host of his own."""
    desk, path = office.desk("ma.lin"), "/connections/oa-3"
    new = {"kind": "webhook", "key": "oa-3", "name": "搬家", "url": "https://oa.example.com"}
    desk.send("/connections/new?kind=webhook", "/connections/new", **new)
    targets = {"setting.target_share": "99", "setting.target_seconds": "5", "setting.rate_factor": "1"}

    assert desk.send(path, path, name="搬家", url="https://oa.example.com/deeper", **targets).status_code == 303
    assert kept(office, "oa-3") == ({"secret"}, False)
    desk.send(path, f"{path}/active", active="true")
    assert kept(office, "oa-3") == ({"secret"}, True)

    assert desk.send(path, path, name="搬家", url="https://elsewhere.example.com", **targets).status_code == 303
    assert kept(office, "oa-3") == (set(), False)
    refused = desk.send(path, f"{path}/active", active="true")
    assert refused.status_code == 422 and "请先填写密钥" in words(refused)

    desk.send(path, f"{path}/secrets", **{"secret.secret": "a new secret for the new host"})
    desk.send(path, f"{path}/active", active="true")
    assert kept(office, "oa-3") == ({"secret"}, True)
    desk.send(path, f"{path}/active", active="false")


def kept(office: Office, key: str) -> tuple[set[str], bool]:
    """Return which secrets a connection has, and whether it is on."""
    with office.web.inside(), transaction() as session:
        row = session.execute(text("SELECT credentials, active FROM oa_connection WHERE key = :key"), {"key": key}).one()
        return set(vault.unseal(key, row.credentials)), row.active
