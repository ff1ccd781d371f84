"""What survives a power cut just before and just after everything that is committed, written or sent: real processes, real SIGKILL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from crashes_support import STALLED, Walker, Watcher, assert_all_is_well
from journeys_support import Installation, installed
from mail_support import MailServer, mail_server

from engine.crash import POINTS
from engine.database.embedded import EmbeddedServer

#: which points of the worker and of the web server end a process on the way of one case; each once, and the next process goes on to the next point
COMMITS = ("timer.fire", "mail.send", "inbox.apply", "push.receipts", "call.answer", "package.rename")
PRESSES = ("invoices.upload", "callbacks.receive", "tasks.complete")
WAYS = {
    "before": (("call:taken", "push:taken", *(f"{act}:before" for act in COMMITS)), tuple(f"{act}:before" for act in PRESSES)),
    "after": (("call:answered", "push:sent", *(f"{act}:after" for act in COMMITS)), tuple(f"{act}:after" for act in PRESSES)),
}


def test_every_named_point_is_on_the_way_of_a_case() -> None:
    assert sorted(point for worker, web in WAYS.values() for point in (*worker, *web)) == sorted(POINTS)


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def installation(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory, post: MailServer
) -> Iterator[Installation]:
    mail = {"SHENPI_SMTP_HOST": "127.0.0.1", "SHENPI_SMTP_PORT": str(post.port)}
    with installed(server, template, tmp_path_factory.mktemp("crashes"), **STALLED, **mail) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_each_named_point_can_be_the_last_one_of_its_process(
    installation: Installation, post: MailServer, tmp_path: Path, name: str
) -> None:
    deaths: dict[str, dict[str, str]] = {}
    post.taken.clear()
    for part, points in zip(("worker", "web"), WAYS[name], strict=True):
        (tmp_path / part).mkdir()
        deaths[part] = {"SHENPI_CRASH_AT": ",".join(points), "SHENPI_CRASH_ONCE": str(tmp_path / part)}
        installation.stop(part)
        installation.start(part, **deaths[part])
    watcher = Watcher(installation, **deaths["worker"])
    try:
        walker = Walker(installation, 5000 + list(WAYS).index(name), in_simulator=True)
        walker.approve(late=True)
        walker.file_away()
    finally:
        watcher.end()
    for part, points in zip(("worker", "web"), WAYS[name], strict=True):
        assert {path.name for path in (tmp_path / part).iterdir()} == set(points)
    assert_all_is_well(installation, [walker.case])
    mails = post.to("wang.fang@example.com")
    assert len(set(mails)) == 1, "a mail that went out twice is known by its Message-ID"
    assert len(mails) >= (2 if name == "after" else 1), "and once more when a slow worker is taken for a dead one"
