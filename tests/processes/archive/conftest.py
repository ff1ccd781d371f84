"""An installation without office systems, driven through the engine; and a package from plain data. Their parts stand in `archive_support.py`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parent))

from archive_support import Flow, Package, material_of
from tests_support import fresh_database, settings_for

from api.foundation import configure
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from models import db
from models.oa import OaConnection
from processes.archive import bag, contents


@pytest.fixture(scope="module")
def installed(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with a database and a home of this module's own, without pages and without office systems."""
    home = tmp_path_factory.mktemp("home")
    with fresh_database(server, template) as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHENPI_HOME", str(home))
        patch.setenv("DATABASE_URL", server.url(name))
        patch.setenv("SHENPI_SECRET_KEY", "test")
        app = configure(Flask("shenpi"), settings_for(server.url(name), home))
        with app.app_context():
            with transaction() as session:
                for connection in session.scalars(select(OaConnection)):
                    connection.active = False
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def flow(installed: Flask) -> Flow:
    """Cases moved by hand in this module's installation; every test has invoices of its own."""
    return Flow(Path(installed.config["SETTINGS"].home))


@pytest.fixture(scope="module")
def sealed(flow: Flow) -> tuple[UUID, UUID, Path]:
    """One sealed package: approval, filing and folder. A test that damages it works on a copy."""
    case = flow.submit()
    filing = flow.approve(case)
    flow.seal(filing)
    item = flow.item(filing)
    assert item.package is not None
    return case, filing, flow.archive / item.package.path


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """A sound package made from plain data."""
    folder = tmp_path / "bag"
    folder.mkdir()
    bag.write(folder, contents.payload(material_of()), [("External-Identifier", "S001-KU·PZ·2026-D30-0001-0001")])
    return Package(folder)
