"""Where the shared samples are; the tests that need them say loudly when they are missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples"


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """Return the bytes of a shared sample by its path, such as `ubl/guide-example1.xml`."""

    def read(path: str) -> bytes:
        if not SAMPLES.is_dir():
            pytest.skip(f"THE SHARED SAMPLES ARE MISSING: {SAMPLES} does not exist, real invoices were NOT tested")
        return (SAMPLES / path).read_bytes()

    return read
