"""`shenpi deploy`: versions, faults and warnings in a shell."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from drawings import END, START, drawing, human, path, script

from api.cli import main

#: nobody is named for `a`, and nothing gives `y` a value
DOUBTFUL = drawing(START, '<userTask id="a"/>', script("s", "x = y"), END, path("start", "a", "s", "end"), key="doubtful")
PLAIN = drawing(START, human("a"), END, path("start", "a", "end"), key="plain")

Run = Callable[..., Result]


@pytest.fixture
def deploy(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, on a database of the test's own."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))

    def run(xml: bytes, *options: str) -> Result:
        file = tmp_path / "drawn.bpmn"
        file.write_bytes(xml)
        return CliRunner().invoke(main, ["deploy", *options, str(file)])

    return run


def versions(database: str, key: str) -> int:
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        found = connection.execute("SELECT count(*) FROM process_definition WHERE key = %s", (key,)).fetchone()
        assert found is not None
        return int(found[0])


@pytest.mark.parametrize(("options", "stored"), [((), 1), (("--check",), 0)])
def test_what_should_be_looked_at_is_told_with_its_place_and_refuses_nothing(
    deploy: Run, database: str, options: tuple[str, ...], stored: int
) -> None:
    done = deploy(DOUBTFUL, *options)

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("doubtful version 1 ")
    assert done.stderr.splitlines() == [
        "warning: drawn.bpmn:1:a: Nobody is named; the administrators are asked",
        "warning: drawn.bpmn:1:s: The variable y may be undefined: it must be given when the case is started",
    ]
    assert versions(database, "doubtful") == stored


def test_a_drawing_with_nothing_to_look_at_is_deployed_without_a_word_more(deploy: Run) -> None:
    done = deploy(PLAIN)

    assert (done.exit_code, done.stderr) == (0, "")


def test_a_fault_is_told_with_its_place_and_stores_nothing(deploy: Run, database: str) -> None:
    done = deploy(PLAIN.replace(b'id="a"', b'id="b"'))

    assert done.exit_code == 1
    assert "drawn.bpmn:1:start_to_a: targetRef 'a' is no element" in done.stderr.splitlines()
    assert versions(database, "plain") == 0
