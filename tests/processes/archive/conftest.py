"""An installation without office systems, driven through the engine; and a package from plain data. Their parts stand in `archive_support.py`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parent))

from archive_support import Flow, Package, material_of
from tests_support import settings_for

from api.app import configure
from engine.database import transaction
from models import db
from models.oa import OaConnection
from processes.archive import bag, contents


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    """An application with a database of its own and the demo company in it, without pages."""
    found = configure(Flask("shenpi"), settings_for(database, tmp_path))
    with found.app_context():
        yield found
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def flow(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flow:
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    with transaction() as session:
        for connection in session.scalars(select(OaConnection)):
            connection.active = False
    return Flow(tmp_path)


@pytest.fixture
def sealed(flow: Flow) -> Callable[[], tuple[UUID, UUID, Path]]:
    """Make a sealed package; returns approval, filing and the package's folder."""

    def make_one() -> tuple[UUID, UUID, Path]:
        case = flow.submit()
        filing = flow.approve(case)
        flow.seal(filing)
        item = flow.item(filing)
        assert item.package is not None
        return case, filing, flow.archive / item.package.path

    return make_one


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """A sound package made from plain data."""
    folder = tmp_path / "bag"
    folder.mkdir()
    bag.write(folder, contents.payload(material_of()), [("External-Identifier", "S001-KU·PZ·2026-D30-0001-0001")])
    return Package(folder)
