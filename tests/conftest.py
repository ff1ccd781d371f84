"""The fixtures of every test; what they are made of stands in `tests_support.py`, which test files may also import from."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tests_support import (
    app,
    chen_jing,
    chromium,
    database,
    li_na,
    ma_lin,
    qian_yi,
    samples,
    server,
    session,
    sun_mei,
    template,
    wang_fang,
    wu_gang,
    zhao_lei,
    zheng_hao,
)

__all__ = [
    "app",
    "chen_jing",
    "chromium",
    "database",
    "li_na",
    "ma_lin",
    "qian_yi",
    "samples",
    "server",
    "session",
    "sun_mei",
    "template",
    "wang_fang",
    "wu_gang",
    "zhao_lei",
    "zheng_hao",
]
