"""What survives a power cut at each named point: real processes, real SIGKILL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from crashes_support import STALLED, Walker, Watcher, assert_all_is_well
from journeys_support import Installation, installed

from engine.crash import POINTS
from engine.database.embedded import EmbeddedServer

#: which points of the worker and of the web server end a process on the way of one case; each once, and the next process goes on to the next point
WAYS = {
    "before": (("commit:before", "call:taken", "push:taken", "inbox:applied", "package:written"), ("callback:stored",)),
    "after": (("commit:after", "call:answered", "push:sent", "timer:fired"), ("commit:before",)),
    "recorded": (("call:recorded", "push:recorded"), ("commit:after",)),
}


def test_every_named_point_is_on_the_way_of_a_case() -> None:
    assert {point for worker, web in WAYS.values() for point in (*worker, *web)} == set(POINTS)


@pytest.fixture(scope="module")
def installation(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(server, template, tmp_path_factory.mktemp("crashes"), **STALLED) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_each_named_point_can_be_the_last_one_of_its_process(installation: Installation, tmp_path: Path, name: str) -> None:
    deaths: dict[str, dict[str, str]] = {}
    for part, points in zip(("worker", "web"), WAYS[name], strict=True):
        (tmp_path / part).mkdir()
        deaths[part] = {"SHENPI_CRASH_AT": ",".join(points), "SHENPI_CRASH_ONCE": str(tmp_path / part)}
        installation.stop(part)
        installation.start(part, **deaths[part])
    watcher = Watcher(installation, **deaths["worker"])
    try:
        walker = Walker(installation, 5000 + list(WAYS).index(name), in_simulator=True)
        walker.approve_with_reminder() if "timer:fired" in WAYS[name][0] else walker.approve()
        walker.file_away()
    finally:
        watcher.end()
    for part, points in zip(("worker", "web"), WAYS[name], strict=True):
        assert {path.name for path in (tmp_path / part).iterdir()} == set(points)
    assert_all_is_well(installation, [walker.case])
