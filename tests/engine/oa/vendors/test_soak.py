"""Two hundred to-dos through each connector with one call in twenty going wrong; `make soak` does ten thousand."""

import os
import time

import pytest
from rehearsal_support import Rehearsal
from soak_support import Soak


@pytest.mark.slow
def test_two_hundred_to_dos_lose_nothing_double_nothing_and_exceed_no_limit(stage: Rehearsal) -> None:
    seed = int(os.environ.get("SHENPI_TEST_SEED", time.time_ns() % 10**6))
    todos = int(os.environ.get("SHENPI_SOAK", "200"))
    print(f"SHENPI_TEST_SEED={seed}")
    found = Soak(stage, todos, seed, rate=60.0).run()
    print(stage.vendor.name, found)
    assert found.good, found
    assert found.faults > 0
