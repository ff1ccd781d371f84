"""One place finds the browser: on the path under any of its names, else Playwright's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from diagrams import chromium


def program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", chromium.NAMES)
def test_a_browser_on_the_path_is_found_under_each_of_its_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = program(tmp_path / name)
    assert chromium.find() == path


def test_of_several_the_headless_shell_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    paths = [program(tmp_path / name) for name in reversed(chromium.NAMES)]
    assert chromium.find() == paths[-1] == str(tmp_path / "chromium-headless-shell")


def test_playwrights_own_browser_is_found_where_playwright_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "kept"))
    assert chromium.find() is None
    wanted = Path(subprocess.run([sys.executable, "-c", chromium.ASK], capture_output=True, text=True, check=True).stdout.strip())
    assert tmp_path in wanted.parents
    program(wanted)
    assert chromium.find() == str(wanted)
