"""Make sure that a Chromium is there for the browser tests: an installed one, Playwright's own, or Debian's.

Where none of these works, the browser tests are skipped, and pytest says so loudly at the end.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def attempt(*command: str) -> bool:
    """Run a command quietly; tell whether it worked."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> None:
    if find():
        return
    if attempt(sys.executable, "-m", "playwright", "install", "chromium"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempt("apt-get", "update", "-qq")
        if attempt("apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"):
            return
    print("No Chromium could be found or installed: the browser tests will be skipped.", file=sys.stderr)


if __name__ == "__main__":
    main()
