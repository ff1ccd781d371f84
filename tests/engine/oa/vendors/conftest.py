"""One simulator and one connection a vendor for all tests of a file."""

from collections.abc import Iterator

import pytest
from rehearsal_support import VENDORS, Rehearsal, rehearsal

from engine.database.embedded import EmbeddedServer


@pytest.fixture(scope="module", params=sorted(VENDORS))
def stage(
    request: pytest.FixtureRequest, server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    vendor = VENDORS[request.param]
    with rehearsal(vendor, server, template, tmp_path_factory.mktemp(vendor.name)) as found:
        yield found


@pytest.fixture(autouse=True)
def rested(stage: Rehearsal) -> None:
    """No test waits for the limits that the one before it used up."""
    stage.rest()
