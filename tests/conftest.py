"""The fixtures of every test; what they are made of stands in `tests_support.py`, which test files may also import from."""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from browser_support import browser, desks
from tests_support import (
    app,
    chen_jing,
    chromium,
    database,
    li_na,
    ma_lin,
    qian_yi,
    samples,
    seat,
    server,
    session,
    sun_mei,
    template,
    wang_fang,
    wu_gang,
    zhao_lei,
    zheng_hao,
)

# No time limit on an example: a slow machine is no fault. On a build server the examples are the same each time; elsewhere they wander.
settings.register_profile("here", deadline=None)
settings.register_profile("build-server", deadline=None, derandomize=True)
settings.load_profile("build-server" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests or start processes, so that no worker is left with a long one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow and item.path.parent.name not in ("journeys", "vendors"))


def pytest_collection_finish() -> None:
    """Spare the garbage collector thousands of looks at what was collected for the tests: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


__all__ = [
    "app",
    "browser",
    "chen_jing",
    "chromium",
    "database",
    "desks",
    "li_na",
    "ma_lin",
    "qian_yi",
    "samples",
    "seat",
    "server",
    "session",
    "sun_mei",
    "template",
    "wang_fang",
    "wu_gang",
    "zhao_lei",
    "zheng_hao",
]
