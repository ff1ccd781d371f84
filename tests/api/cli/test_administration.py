"""People, departments and connections from a shell: nothing is replaced silently, no secret is shown twice, and keys are the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from web_support import Web

from api.cli import main
from engine.oa import vault

Run = Callable[..., Result]
GOOD = ("a", "zhang.san", "A-1_b", "x" * 64, "_7")
BAD = ("", ".hidden", "-x", "a/b", "a b", "张三", "a\n", "x" * 65, "system", "..")


@pytest.fixture
def shenpi(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, on a database of the test's own."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


@pytest.fixture
def ask(database: str) -> Callable[[str], Any]:
    def answer(sql: str) -> Any:
        with psycopg.connect(database.replace("+psycopg", "")) as connection:
            return connection.execute(sql).fetchone()

    return answer


def test_a_person_who_is_there_keeps_her_password_and_stays_locked(shenpi: Run, ask: Callable[[str], Any]) -> None:
    assert shenpi("user", "lock", "li.na").exit_code == 0
    account = "SELECT password_hash, locked, generation FROM account a JOIN person p ON p.id = a.person_id WHERE p.key = 'li.na'"
    before = ask(account)

    answer = shenpi("user", "add", "li.na", "--name", "李娜", "--role", "administrator", "--password", "another password")

    assert answer.exit_code != 0
    assert "shenpi user reset li.na" in answer.output
    assert ask(account) == before and before[1] is True
    assert ask(
        "SELECT count(*) FROM role_grant r JOIN person p ON p.id = r.person_id WHERE p.key = 'li.na' AND role = 'administrator'"
    ) == (0,)
    assert shenpi("user", "reset", "li.na", "--password", "another password").exit_code == 0
    assert ask(account)[1] is False


def test_keys_are_the_same_in_a_shell_over_rest_and_on_pages(shenpi: Run, web: Web) -> None:
    browser = web.browser("ma.lin")
    for number, key in enumerate((*GOOD, *BAD)):
        good = key in GOOD
        shell = shenpi("user", "add", "--name", "某人", "--password", "long enough", "--", key)
        assert (shell.exit_code == 0) is good, (key, shell.output)
        assert shell.exception is None or isinstance(shell.exception, SystemExit)
        rest = web.post("ma.lin", "/departments", json={"key": key, "name": "部门", "legalEntity": "shenpi-sh"})
        assert rest.status_code == (201 if good else 422), (key, rest.text)
        shown = browser.get("/people/new").text
        token = shown.split('name="csrf_token" value="')[1].split('"')[0]
        page = browser.post("/people", data={"csrf_token": token, "idempotency_key": f"key-{number}", "key": key, "name": "某人"})
        assert page.status_code == (303 if good else 422), key


def test_groups_and_connections_have_keys_too(shenpi: Run) -> None:
    assert shenpi("user", "add", "x.y", "--name", "某人", "--group", "a b", "--password", "long enough").exit_code != 0
    assert shenpi("connection", "add", "a/b", "--name", "OA", "--url", "https://oa.example.com").exit_code != 0


def test_departments_are_made_with_their_head_and_get_another(shenpi: Run) -> None:
    assert "entity-2" in shenpi("entity", "add", "--name", "新公司", "--tax-id", "91310000MA1FL0000X").output
    assert "was there" in shenpi("entity", "add", "--name", "别名", "--tax-id", "91310000MA1FL0000X").output
    assert "新公司" in shenpi("entity", "list").output
    made = shenpi("department", "add", "sales", "--name", "销售部", "--entity", "entity-2", "--head", "wang.fang")
    assert made.exit_code == 0, made.output
    assert "sales 销售部 wang.fang" in shenpi("department", "list").output
    assert shenpi("department", "head", "sales", "li.na").exit_code == 0
    assert "sales 销售部 li.na" in shenpi("department", "list").output
    assert shenpi("department", "head", "sales", "--none").exit_code == 0
    assert "sales 销售部 -" in shenpi("department", "list").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "office", "--name", "又一个", "--entity", "shenpi-sh"), "already"),
        (("add", "new", "--name", "新", "--entity", "nobody"), "No such legal entity"),
        (("add", "new", "--name", " ", "--entity", "shenpi-sh"), "A name is needed"),
        (("add", "new", "--name", "新", "--entity", "shenpi-sh", "--head", "nobody"), "No such person"),
        (("add", "new", "--name", "新", "--entity", "shenpi-sh", "--parent", "nowhere"), "No such department"),
        (("head", "nowhere", "li.na"), "No such department"),
        (("head", "office", "nobody"), "No such person"),
        (("head", "office"), "PERSON or --none"),
    ],
)
def test_a_department_that_does_not_fit_is_refused_with_the_reason(shenpi: Run, arguments: tuple[str, ...], said: str) -> None:
    answer = shenpi("department", *arguments)
    assert answer.exit_code != 0
    assert said in answer.output
    assert not isinstance(answer.exception, Exception) or isinstance(answer.exception, SystemExit)


def test_a_secret_is_printed_once_and_a_given_one_never(shenpi: Run, ask: Callable[[str], Any], tmp_path: Path) -> None:
    made = shenpi("connection", "add", "oa", "--name", "办公系统", "--url", "https://oa.example.com/shenpi/")
    secret = made.output.split("secret: ")[1].split()[0]
    assert len(secret) == 64
    assert "/oa/oa/callback" in made.output
    file = tmp_path / "secret"
    file.write_text("a secret of the customer\n")
    given = shenpi("connection", "add", "oa2", "--name", "办公系统", "--url", "https://oa.example.com", "--secret-file", str(file))
    assert given.exit_code == 0 and "secret of" not in given.output
    (sealed,) = ask("SELECT credentials FROM oa_connection WHERE key = 'oa2'")
    assert b"secret of" not in bytes(sealed) and vault.unseal("oa2", sealed) == {"secret": "a secret of the customer"}

    listed = shenpi("connection", "list").output
    assert "oa webhook https://oa.example.com/shenpi active" in listed
    assert secret not in listed and "secret of" not in listed
    again = shenpi("connection", "add", "oa", "--name", "x", "--url", "https://evil.example.com")
    assert again.exit_code != 0 and "already" in again.output
    assert shenpi("connection", "deactivate", "oa").exit_code == 0
    assert "oa webhook https://oa.example.com/shenpi not active" in shenpi("connection", "list").output
    assert shenpi("connection", "deactivate", "nothing").exit_code != 0


def test_a_kind_says_what_it_needs_and_gets_it_from_files(shenpi: Run, ask: Any, tmp_path: Path) -> None:
    told = shenpi("connection", "kinds", "feishu").output
    assert "app_secret" in told and "secret" in told and "unsure" in told
    for name in ("app_secret", "callback_token", "callback_key"):
        (tmp_path / name).write_text(f"the {name} of a test\n", encoding="utf-8")
    secrets = [part for name in ("app_secret", "callback_token", "callback_key") for part in ("--secret", f"{name}={tmp_path / name}")]
    missing = shenpi("connection", "add", "fs", "--name", "飞书", "--kind", "feishu", "--set", "app_id=cli_1")
    assert missing.exit_code != 0 and "app_secret" in missing.output
    made = shenpi("connection", "add", "fs", "--name", "飞书", "--kind", "feishu", "--set", "app_id=cli_1", "--off", *secrets)
    assert made.exit_code == 0 and made.output.count("callback: ") == 2 and "of a test" not in made.output
    (base, active, settings) = ask("SELECT base_url, active, settings ->> 'app_id' FROM oa_connection WHERE key = 'fs'")
    assert (base, active, settings) == ("https://open.feishu.cn", False, "cli_1")
    assert shenpi("connection", "add", "fs2", "--name", "x", "--kind", "feishu", "--set", "surprise=1", *secrets).exit_code != 0
    assert "0 sealed" in shenpi("connection", "rekey").output


def test_a_connection_that_cannot_work_is_refused(shenpi: Run, tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("short")
    for options in (
        ("--url", "ftp://oa.example.com"),
        ("--url", "https://user:pass@oa.example.com"),
        ("--url", "https://oa.example.com", "--secret-file", str(short)),
        ("--url", "https://oa.example.com", "--kind", "pigeon"),
    ):
        answer = shenpi("connection", "add", "oa", "--name", "OA", *options)
        assert answer.exit_code != 0 and isinstance(answer.exception, SystemExit), options
        assert "pass@" not in answer.output


def test_a_kind_that_no_sample_has_is_a_usage_error(shenpi: Run) -> None:
    for arguments in (("--kind", "nope"), ("--field", "nope=1"), ("--field", "gross")):
        answer = shenpi("demo", *arguments)
        assert answer.exit_code == 2, answer.output
        assert isinstance(answer.exception, SystemExit)
