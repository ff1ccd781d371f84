"""What `shenpi run` does with the logs of its parts."""

from pathlib import Path

import pytest

from api.cli import supervisor
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


def test_a_part_whose_log_cannot_be_written_starts_without_one(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    made = Supervisor({"part": ["true"]}, tmp_path / "logs", {})
    made._start("part")
    assert made.processes["part"].wait(10) == 0
