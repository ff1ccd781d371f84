"""What survives a power cut at each named point: real processes, real SIGKILL."""

import os
from pathlib import Path

import pytest
from crashes_support import STALLED, Walker, Watcher, assert_all_is_well
from journeys_support import installed

from engine.crash import POINTS
from engine.database.embedded import EmbeddedServer

IN_WEB = ("callback:stored",)
EVERYWHERE = ("commit:before", "commit:after")


@pytest.mark.slow
def test_each_named_point_can_be_the_last_one_of_its_process(server: EmbeddedServer, template: str, tmp_path: Path) -> None:
    cases = []
    with installed(server, template, tmp_path, **STALLED) as installation:
        for number, point in enumerate(os.environ.get("SHENPI_TEST_POINTS", " ".join(POINTS)).split()):
            once = tmp_path / f"crashed-{number}"
            crash = {"SHENPI_CRASH_AT": point, "SHENPI_CRASH_ONCE": str(once)}
            part = "web" if point in IN_WEB else "worker"
            installation.stop(part)
            installation.start(part, **crash)
            watcher = Watcher(installation, once)
            try:
                walker = Walker(installation, 5000 + number, in_simulator=True)
                walker.approve_with_reminder() if point == "timer:fired" else walker.approve()
                walker.file_away()
            finally:
                watcher.end()
            assert once.exists(), f"{point} was not passed"
            cases.append(walker.case)
        for number, point in enumerate(EVERYWHERE):
            once = tmp_path / f"crashed-web-{number}"
            installation.stop("web")
            installation.start("web", SHENPI_CRASH_AT=point, SHENPI_CRASH_ONCE=str(once))
            walker = Walker(installation, 6000 + number, in_simulator=True)
            walker.approve()
            walker.file_away()
            assert once.exists()
            cases.append(walker.case)
        assert_all_is_well(installation, cases)
