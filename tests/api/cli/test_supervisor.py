"""What `shenpi run` does with the logs of its parts."""

import signal
from pathlib import Path

import pytest

from api.cli import supervisor
from api.cli.run import heed_signals
from api.cli.supervisor import Supervisor, trim


def test_a_long_log_is_moved_aside_and_written_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_LOG", 10)
    log = tmp_path / "web.log"
    with open(log, "ab", buffering=0) as writer:
        writer.write(b"the first lines\n")
        trim(log)
        writer.write(b"and on\n")
        trim(log)
    assert (log.read_bytes(), (tmp_path / "web.log.1").read_bytes()) == (b"and on\n", b"the first lines\n")


@pytest.mark.parametrize(("before", "ends"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["plain", "nohup"])
def test_a_closed_terminal_ends_it_unless_nohup_was_said(before: signal.Handlers, ends: bool) -> None:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        signal.signal(signal.SIGHUP, before)
        heed_signals()
        assert (signal.getsignal(signal.SIGHUP) == signal.getsignal(signal.SIGTERM)) is ends
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def test_a_part_whose_log_cannot_be_written_starts_without_one(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    made = Supervisor({"part": ["true"]}, tmp_path / "logs", {})
    made._start("part")
    assert made.processes["part"].wait(10) == 0
