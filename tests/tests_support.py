"""What every test may ask for: a database of its own, the cast, and an installation of real processes.

Databases are made from a template on one embedded server in `var/test-database`; nothing is mocked.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from seats_support import KEEP, Seat
from sqlalchemy.orm import Session

from api import accounts
from api.app import create_app
from api.cli.company import make_company
from api.foundation import configure
from diagrams.chromium import find
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.permissions import Actor, load_actor
from engine.settings import Settings, read_settings
from models import db
from models.migrations import upgrade
from processes import catalogue

ROOT = Path(__file__).parent.parent
HOME = ROOT / "var" / "test-database"
SAMPLES = ROOT.parent / "shared" / "samples"
SECRET = "a secret for tests"
SHIPPED = accounts.hasher  #: what customers have
#: what a password costs in tests, which sign in some hundred times; the test of the wheel pays the whole price
QUICK = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
accounts.hasher = PasswordHasher(**QUICK)


#: databases that a file of tests has had for itself, and the next one may have
_left: list[Seat] = []


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The PostgreSQL of the tests; it stays up between runs."""
    found = EmbeddedServer(HOME)
    found.start("postgres")
    with psycopg.connect(found.dsn("postgres"), autocommit=True) as connection:
        connection.execute("ALTER ROLE postgres SET synchronous_commit = off")
    yield found
    while _left:
        _left.pop().leave()


def fingerprint() -> str:
    """Return a digest of everything a template database is made from."""
    digest = sha256(f"{KEEP}{QUICK}".encode())
    folders = [ROOT / "models", ROOT / "processes", ROOT / "api" / "cli", ROOT / "engine" / "bpmn", ROOT / "engine" / "dmn"]
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".bpmn", ".dmn")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def settings_for(url: str, home: Path) -> Settings:
    """Return the settings of an installation with this database and home."""
    return replace(read_settings({}), home=home, database_url=url, secret_key="test", development=True)


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with tables, drawings and the demo company, made once for each state of the code."""
    name = f"template_{fingerprint()}"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(771)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            drop_old(connection)
            server.start(f"{name}_draft")
            upgrade(server.url(f"{name}_draft"))
            fill(server.url(f"{name}_draft"), tmp_path_factory.mktemp("template"))
            with psycopg.connect(server.dsn(f"{name}_draft"), autocommit=True) as made:
                made.execute(KEEP)
            connection.execute(f'ALTER DATABASE "{name}_draft" RENAME TO "{name}"')
    return name


def drop_old(connection: psycopg.Connection) -> None:
    """Drop what runs of some hours ago left; a run that goes on beside this one keeps its databases."""
    rows = connection.execute(
        """SELECT datname FROM pg_database WHERE (datname LIKE 'template\\_%' OR datname LIKE 'case\\_%' OR datname LIKE 'bench\\_%')
           AND (pg_stat_file('base/' || oid || '/PG_VERSION')).modification < now() - interval '6 hours'"""
    ).fetchall()
    for (name,) in rows:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def fill(url: str, home: Path) -> None:
    app = configure(Flask("template", root_path=str(ROOT)), settings_for(url, home))
    with app.app_context():
        with transaction() as session:
            catalogue.deploy_shipped(session)
            make_company(session, simulator_url="http://127.0.0.1:9", secret=SECRET)
        db.session.remove()
        db.engine.dispose()


@contextmanager
def fresh_database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Give the name of a database that is as the template, and nobody else's meanwhile."""
    seat = _left.pop() if _left else Seat(server, template)
    try:
        yield seat.take()
    finally:
        _left.append(seat)


_applications: dict[str, Flask] = {}  #: by the address of their database


def application(url: str, home: Path) -> Flask:
    """Return the whole web application over a database. Each database has one, which takes a third of a second to make."""
    settings = settings_for(url, home)
    if url not in _applications:
        _applications[url] = create_app(settings)
    _applications[url].config["SETTINGS"] = settings
    return _applications[url]


@pytest.fixture(scope="session")
def seat(server: EmbeddedServer, template: str) -> Iterator[Seat]:
    """The database that the tests of this process use one after another."""
    found = Seat(server, template)
    yield found
    found.leave()


@pytest.fixture
def database(seat: Seat) -> str:
    """The SQLAlchemy address of a database with the demo company in it, which is the test's own while it runs."""
    return seat.server.url(seat.take())


@pytest.fixture
def app(database: str, seat: Seat, tmp_path: Path) -> Iterator[Flask]:
    """An application with that database and no pages, its context open."""
    found = configure(Flask("case", root_path=str(ROOT)), settings_for(database, tmp_path))
    with found.app_context():
        db.engines[None] = seat.engine(db.engine)
        yield found
        db.session.remove()


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the application's context; tests commit through `transaction()`."""
    return db.session()


def person(key: str) -> Actor:
    """Return somebody of the cast as she is now."""
    with transaction() as session:
        found = load_actor(session, key)
    assert found is not None, key
    return found


@pytest.fixture
def li_na(app: Flask) -> Actor:
    return person("li.na")


@pytest.fixture
def wang_fang(app: Flask) -> Actor:
    return person("wang.fang")


@pytest.fixture
def zhao_lei(app: Flask) -> Actor:
    return person("zhao.lei")


@pytest.fixture
def wu_gang(app: Flask) -> Actor:
    return person("wu.gang")


@pytest.fixture
def chen_jing(app: Flask) -> Actor:
    return person("chen.jing")


@pytest.fixture
def sun_mei(app: Flask) -> Actor:
    return person("sun.mei")


@pytest.fixture
def zheng_hao(app: Flask) -> Actor:
    return person("zheng.hao")


@pytest.fixture
def ma_lin(app: Flask) -> Actor:
    return person("ma.lin")


@pytest.fixture
def qian_yi(app: Flask) -> Actor:
    return person("qian.yi")


@pytest.fixture
def samples() -> Path:
    """The folder of real invoices beside the repository."""
    if not SAMPLES.is_dir():
        pytest.skip(f"REAL SAMPLES ARE MISSING: {SAMPLES} is not there; these tests did not run")
    return SAMPLES


def eventually(check, seconds: float = 30.0):  # type: ignore[no-untyped-def]
    """Wait until `check()` gives something true and return it; the last value is in the failure. What takes long is looked at less often."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while True:
        value = check()
        if value or time.monotonic() > deadline:
            assert value, f"not within {seconds} s: {value!r}"
            return value
        time.sleep(pause)
        pause = min(1.3 * pause, 0.2)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium."""
    found = find()
    if found is None:
        pytest.skip("NO CHROMIUM: the browser tests did not run")
    return found


os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
os.environ.setdefault("SHENPI_CREDENTIALS_KEY", "a key for the credentials of tests")
#: simulators, and whoever else a test lets us speak to, stand on this machine
os.environ.setdefault("SHENPI_LOCAL_HOSTS", "127.0.0.1, ::1")
