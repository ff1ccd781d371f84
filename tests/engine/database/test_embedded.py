"""The PostgreSQL that comes with the product is started again when it has died, and only then."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.database.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("mortal") / "database")
    server.start()
    yield server
    server.stop()


def pid(server: EmbeddedServer) -> int:
    return int((server.folder / "postmaster.pid").read_text().split()[0])


def answers(server: EmbeddedServer) -> bool:
    try:
        psycopg.connect(server.dsn("postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_server_that_has_died_is_revived(mortal: EmbeddedServer) -> None:
    os.kill(pid(mortal), signal.SIGKILL)
    mortal.revive()
    assert answers(mortal)


def test_a_server_that_was_stopped_stays_so_until_it_is_started(mortal: EmbeddedServer) -> None:
    mortal.stop()
    EmbeddedServer(mortal.folder).revive()
    assert not answers(mortal)
    mortal.start()
    assert answers(mortal)


def test_a_server_without_a_free_connection_is_not_started_a_second_time(mortal: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    before, taken = pid(mortal), []
    monkeypatch.setattr(mortal, "_launch", lambda: pytest.fail("it runs"))
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        while True:
            taken.append(psycopg.connect(mortal.dsn("postgres")))
    mortal.revive()
    for connection in taken:
        connection.close()
    assert pid(mortal) == before


def test_a_folder_without_a_database_stays_as_it_is(tmp_path: Path) -> None:
    EmbeddedServer(tmp_path / "not-mounted").revive()
    assert not (tmp_path / "not-mounted").exists()
