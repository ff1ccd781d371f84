"""The wheel works elsewhere: installed into a fresh environment in another folder, it runs and tells its story."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from journeys_support import answers, free_port
from tests_support import ROOT, eventually


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done  # type: ignore[no-any-return]


def test_every_package_of_the_house_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert sorted(listed) == sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


@pytest.mark.slow
def test_the_wheel_runs_in_a_fresh_environment_and_tells_its_story(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", ROOT)
    wheel = next((tmp_path / "dist").glob("*.whl"))
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env")
    pip = (sys.executable, "-m", "pip", "--python", tmp_path / "env", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", "-c", ROOT / "constraints.txt", wheel)
    # compiled once here, or each of the processes below would compile everything for itself
    run(
        tmp_path / "env" / "bin" / "python",
        "-c",
        "import api.app, api.cli.demo, api.cli.run, api.cli.serve, api.cli.work, api.simulators.oa",
        cwd=tmp_path,
    )
    shenpi = tmp_path / "env" / "bin" / "shenpi"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if not re.match("SHENPI_|DATABASE_URL|PYTHONPATH|VIRTUAL_ENV", name)}
    web, simulator = free_port(), free_port()
    command = [str(shenpi), "run", "--demo", "--port", str(web), "--simulator-port", str(simulator)]
    with open(tmp_path / "run.log", "w") as log:
        process = subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{web}/health/ready"), 90)
        addresses = ["--url", f"http://127.0.0.1:{web}", "--simulator", f"http://127.0.0.1:{simulator}"]
        told = run(shenpi, "demo", *addresses, cwd=elsewhere, env=environment)
        assert "done" in told.stdout
        taken = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
        assert taken.returncode != 0
        assert str(web) in taken.stderr
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
        subprocess.run([shenpi, "database", "stop"], cwd=elsewhere, env=environment, capture_output=True)
    assert code in (0, 1), (tmp_path / "run.log").read_text()
    assert not answers(f"http://127.0.0.1:{web}/health/live")
    assert not answers(f"http://127.0.0.1:{simulator}/health")
