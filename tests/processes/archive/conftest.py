"""An installation without office systems, driven through the engine: invoices approved, filed and sealed by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from tests_support import settings_for

from api.app import configure
from engine import tasks, worker
from engine.database import transaction
from engine.permissions import Actor, load_actor
from models import db
from models.archive import ArchiveItem
from models.oa import OaConnection
from models.runtime import Job, UserTask
from processes.invoice import intake
from processes.invoice.samples.generate import default_number, make


@dataclass(frozen=True)
class Flow:
    """Cases moved as people and workers would move them."""

    home: Path

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    def actor(self, key: str) -> Actor:
        with transaction() as session:
            found = load_actor(session, key)
        assert found is not None
        return found

    def submit(self, kind: str = "einvoice", number: int = 1, fields: dict[str, str] | None = None) -> UUID:
        """Submit a sample invoice and return its case."""
        name, data = make(kind, number=default_number(kind, number))
        by = self.actor("li.na")
        with transaction() as session:
            submission = intake.submit(session, name, data, by=by, fields=fields)
        assert submission.case_id is not None, submission
        return submission.case_id

    def decide(self, case: UUID, by: str, element: str, outcome: str = "approve", comment: str = "同意", **values: str) -> None:
        actor = self.actor(by)
        with transaction() as session:
            task_id = session.scalars(select(UserTask.id).filter_by(instance_id=case, element=element, state="open")).one()
            tasks.complete(session, task_id, by=actor, outcome=outcome, comment=comment, values=values)

    def work(self, case: UUID, *, stop_before: str = "") -> None:
        """Run the jobs of a case until none waits; `stop_before` names an operation that is left waiting."""
        while True:
            with transaction() as session:
                waiting = session.scalars(select(Job).filter_by(instance_id=case, state="waiting").order_by(Job.created_at)).all()
                job = next((str(row.id) for row in waiting if row.operation != stop_before), None)
            if job is None:
                return
            worker.call(job)

    def approve(self, case: UUID, *, period: str = "2026-11", voucher: str = "记-0007") -> UUID:
        """Approve an invoice by everybody it needs and return its filing."""
        self.decide(case, "wang.fang", "approve_manager")
        self.decide(case, "zhao.lei", "approve_finance", voucherNumber=voucher, accountingPeriod=period)
        with transaction() as session:
            director = session.scalars(select(UserTask).filter_by(instance_id=case, element="approve_director", state="open")).first()
        if director is not None:
            self.decide(case, "wu.gang", "approve_director")
        self.work(case)
        with transaction() as session:
            filing = session.scalars(select(ArchiveItem.filing_instance_id).filter_by(source_instance_id=case)).one()
        assert filing is not None
        self.work(filing)
        return filing

    def seal(self, filing: UUID) -> None:
        """Confirm a filing and let the worker finish it."""
        self.decide(filing, "chen.jing", "confirm_filing")
        self.work(filing)

    def item(self, filing: UUID) -> ArchiveItem:
        with transaction() as session:
            found = session.scalars(select(ArchiveItem).filter_by(filing_instance_id=filing)).one()
            session.refresh(found)
            _ = found.package and found.package.digest
            session.expunge_all()
        return found


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
