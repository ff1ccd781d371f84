"""The Chromium of tests and pictures: an installed one, or Playwright's own. Run as a program, it makes sure that there is one.

Where none can be had, the browser tests are skipped, and pytest says so loudly at the end.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ASK = "from playwright.sync_api import sync_playwright as run\nwith run() as playwright: print(playwright.chromium.executable_path)"
#: the best first: without all that belongs to a window, the headless shell does the same for half the work; Playwright takes its own like that too
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None) or playwrights()


def playwrights() -> str | None:
    """Return the path of the Chromium that Playwright has installed, or None."""
    # asked of a process of its own: Playwright refuses a second of itself beside tests that use it
    found = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False)
    path = found.stdout.strip()
    return path if path and Path(path).is_file() else None


def attempt(*command: str) -> bool:
    """Run a command quietly; tell whether it worked."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> None:
    if find():
        return
    if attempt(sys.executable, "-m", "playwright", "install", "chromium") and find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempt("apt-get", "update", "-qq")
        if any(attempt("apt-get", "install", "-y", "-qq", name, "fonts-noto-cjk") for name in NAMES[:2]):
            return
    print("No Chromium could be found or installed: the browser tests will be skipped.", file=sys.stderr)


if __name__ == "__main__":
    main()
