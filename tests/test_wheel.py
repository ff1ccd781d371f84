"""The wheel works elsewhere: installed into a fresh environment in another folder, it runs and tells its story."""

import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from journeys_support import answers, free_port, hears_interrupts
from tests_support import ROOT, eventually


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done  # type: ignore[no-any-return]


def install(wheel: Path, environment: Path) -> None:
    """Install a wheel and everything it asks for, by uv, which needs seconds; where uv finds no packages (it does not read pip's configuration), by pip."""
    what = ("-c", ROOT / "constraints.txt", wheel)
    quick = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", environment / "bin" / "python", *what]
    if subprocess.run(list(map(str, quick)), capture_output=True).returncode != 0:
        run(
            sys.executable, "-m", "pip", "--python", environment, "--disable-pip-version-check", "install", "--quiet", "--no-compile", *what
        )


def test_every_package_of_the_house_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert sorted(listed) == sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


#: what a clean checkout does not have
NOT_CHECKED_OUT = (".git", ".venv", "node_modules", "var", "assets", "dist", "__pycache__", ".stamps", ".*_cache", ".hypothesis")


def checked_out(target: Path) -> Path:
    """Copy the sources as a clean checkout has them: without built assets. The packages of npm are the ones that are installed here."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_CHECKED_OUT))
    assert not (target / "api" / "static" / "assets").exists()
    if (ROOT / "diagrams" / "node_modules").is_dir():
        (target / "diagrams" / "node_modules").symlink_to(ROOT / "diagrams" / "node_modules")
    return target


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of its own: pytest closes the one it gives out to others when it starts again, and PostgreSQL loads its libraries from below."""
    with tempfile.TemporaryDirectory(prefix="shenpi-wheel-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.slow
def test_the_wheel_runs_in_a_fresh_environment_and_tells_its_story(place: Path) -> None:
    source = checked_out(place / "source")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place / "dist", source)
    wheel = next((place / "dist").glob("*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        stamp = packed.read("api/static/assets/.sources").decode()
    script = runpy.run_path(str(source / "diagrams" / "build.py"))
    assert stamp == script["digest_of"](script["sources"]())
    assert {f"api/static/assets/{name}" for name in ("app.js", "app.css", "replay.js", "viewer.js")} <= names, "the hook has built them"
    run(sys.executable, "-m", "venv", "--without-pip", place / "env")
    install(wheel, place / "env")
    # compiled once here, or each of the processes below would compile everything for itself
    run(
        place / "env" / "bin" / "python",
        "-c",
        "import api.app, api.cli.demo, api.cli.run, api.cli.serve, api.cli.work, api.simulators.oa",
        cwd=place,
    )
    shenpi = place / "env" / "bin" / "shenpi"
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if not re.match("SHENPI_|DATABASE_URL|PYTHONPATH|VIRTUAL_ENV", name)}
    web, simulator = free_port(), free_port()
    command = [str(shenpi), "run", "--demo", "--port", str(web), "--simulator-port", str(simulator)]
    with open(place / "run.log", "w") as log:
        process = subprocess.Popen(
            command, cwd=elsewhere, env=environment, stdout=log, stderr=log, start_new_session=True, preexec_fn=hears_interrupts
        )
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{web}/health/ready"), 90)
        addresses = ["--url", f"http://127.0.0.1:{web}", "--simulator", f"http://127.0.0.1:{simulator}"]
        told = run(shenpi, "demo", *addresses, cwd=elsewhere, env=environment)
        assert "done" in told.stdout
        again = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
        assert again.returncode != 0 and f"process {process.pid}" in again.stderr
        (place / "another").mkdir()
        taken = subprocess.run(command, cwd=place / "another", env=environment, capture_output=True, text=True)
        assert taken.returncode != 0 and str(web) in taken.stderr
    except BaseException:
        for part in sorted((elsewhere / "var" / "logs").glob("*.log")):
            print(f"--- {part.name}\n{part.read_text(errors='replace')[-3000:]}")
        raise
    finally:
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.terminate()  # it ends its parts, and nothing is left behind
            raise
        ended = subprocess.run([shenpi, "database", "stop"], cwd=elsewhere, env=environment, capture_output=True, text=True)
    said = (place / "run.log").read_text()
    assert code == 0, said
    assert "Traceback" not in said
    assert "shenpi database stop" in said
    assert ended.returncode == 0, ended.stderr
    assert not answers(f"http://127.0.0.1:{web}/health/live")
    assert not answers(f"http://127.0.0.1:{simulator}/health")
