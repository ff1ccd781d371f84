"""Sealing: from the archivist's confirmation to a package that proves itself, also when the worker is killed on the way."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from archive_support import Flow
from sqlalchemy import select, text
from tests_support import ROOT

from engine import replay
from engine.database import transaction
from engine.errors import EvidenceBroken, ExecutionFailed
from engine.operations import Situation
from models.archive import ArchiveItem, ArchivePackage
from models.file import StoredFile
from models.history import HistoryEvent
from models.oa import OaConnection, OaDelivery
from models.runtime import Incident, Job, ProcessInstance
from processes.archive import package
from processes.archive.sealing import write_package
from processes.archive.verify import verify

WORKER = """
import sys
from flask import Flask
from engine import worker
from engine.settings import read_settings
from models import db
from processes import catalogue
catalogue.install()
app = Flask("worker")
app.config["SQLALCHEMY_DATABASE_URI"] = read_settings().database_url
db.init_app(app)
with app.app_context():
    worker.call(sys.argv[1])
"""


def run_in_a_process(job: str, **environment: str) -> int:
    """Run a job in a process of its own; returns its exit code, negative for the signal that killed it."""
    known = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", WORKER, job], env=known | environment, capture_output=True, text=True)
    assert done.returncode <= 0, done.stderr
    return done.returncode


def events(instance: UUID, kind: str) -> list[dict[str, object]]:
    with transaction() as session:
        rows = session.scalars(select(HistoryEvent.body).filter_by(instance_id=instance, type=kind).order_by(HistoryEvent.number))
        return [orjson.loads(body)["data"] for body in rows]


def told(flow: Flow, filing: UUID) -> Situation:
    return Situation(filing, "GD-1", "write_package", "archive_item", flow.item(filing).id, "system", None, "key")  # type: ignore[arg-type]


def test_an_approved_invoice_is_filed_coded_sealed_and_proves_itself(flow: Flow, sealed: tuple[UUID, UUID, Path]) -> None:
    case, filing, folder = sealed

    report = verify(folder)
    item = flow.item(filing)
    assert report.faults == []
    assert (report.code, report.documents, report.chains) == (item.code, 1, 2)
    assert item.package is not None
    assert (item.state, item.package.digest) == ("sealed", report.digest)
    assert events(filing, "archive:sealed") == [
        {"code": item.code, "digest": report.digest, "files": report.files, "bytes": report.bytes, "path": item.package.path}
    ]
    with transaction() as session:
        running = session.get_one(ProcessInstance, filing)
        assert (running.status, running.outcome) == ("completed", "approve")
        assert session.scalars(select(Incident).where(Incident.instance_id.in_([case, filing]))).all() == []
        assert [replay.verify_instance(session, instance).faults for instance in (case, filing)] == [[], []]


def test_the_package_holds_everything_and_the_original_byte_for_byte(flow: Flow, sealed: tuple[UUID, UUID, Path]) -> None:
    case, filing, folder = sealed

    original = f"data/original/{flow.item(filing).request['documents'][0]['name']}"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", original, "data/invoice.json",
        "data/approval-record.html", "data/history/approval.jsonl", "data/history/filing.jsonl", "data/process/invoice_approval.bpmn",
        "data/process/authority.dmn", "data/process/archive_filing.bpmn", "data/receipts.json", "data/metadata.json", "data/checks.json", "data/说明.txt",
    }  # fmt: skip
    with transaction() as session:
        kept = session.get_one(StoredFile, flow.item(filing).request["documents"][0]["sha256"])
        chain = session.scalars(select(HistoryEvent.hash).filter_by(instance_id=case).order_by(HistoryEvent.number)).all()
    assert (folder / original).read_bytes() == kept.content
    assert (folder / "data/process/invoice_approval.bpmn").read_bytes() == (ROOT / "processes/invoice/invoice_approval.bpmn").read_bytes()
    written = [orjson.loads(line)["hash"] for line in (folder / "data/history/approval.jsonl").read_bytes().splitlines()]
    assert written == [bytes(digest).hex() for digest in chain]
    assert "记-0007" in (folder / "data/approval-record.html").read_text(encoding="utf-8")


def test_sealing_again_changes_nothing(flow: Flow, sealed: tuple[UUID, UUID, Path]) -> None:
    _case, filing, folder = sealed
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    again = write_package(told(flow, filing), {})

    assert again.value["digest"] == verify(folder).digest
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert len(events(filing, "archive:sealed")) == 1


def test_a_worker_killed_after_writing_leaves_exactly_one_package(flow: Flow, tmp_path: Path) -> None:
    filing = flow.approve(flow.submit())
    flow.decide(filing, "chen.jing", "confirm_filing")
    with transaction() as session:
        job = str(session.scalars(select(Job.id).filter_by(instance_id=filing, operation="archive.write_package")).one())
    before = set(flow.archive.glob("*/*/*"))
    crash = {"SHENPI_CRASH_AT": "package.rename:after", "SHENPI_CRASH_ONCE": str(tmp_path)}

    assert run_in_a_process(job, **crash) == -9
    (folder,) = set(flow.archive.glob("*/*/*")) - before
    written, inode = verify(folder), folder.stat().st_ino
    assert written.faults == []
    with transaction() as session:
        row = session.scalars(select(ArchiveItem).filter_by(filing_instance_id=filing)).one()
        assert (row.state, row.package) == ("filed", None)

    flow.work(filing)
    assert [(path, path.stat().st_ino) for path in set(flow.archive.glob("*/*/*")) - before] == [(folder, inode)]
    item = flow.item(filing)
    assert item.package is not None
    assert (item.state, item.package.digest) == ("sealed", written.digest)
    assert len(events(filing, "archive:sealed")) == 1


def test_a_case_without_a_code_is_not_packed(flow: Flow) -> None:
    filing = flow.approve(flow.submit())
    before = set(flow.archive.glob("*/*/*"))

    with pytest.raises(ExecutionFailed, match="no archival code"):
        write_package(told(flow, filing), {})
    assert set(flow.archive.glob("*/*/*")) == before


def test_another_package_than_the_sealed_one_is_broken_evidence(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    filing = flow.approve(flow.submit())
    flow.decide(filing, "chen.jing", "confirm_filing")
    item = flow.item(filing)

    def write_and_be_overtaken(*arguments: object) -> package.Stored:
        with transaction() as session:
            session.add(ArchivePackage(item_id=item.id, path="elsewhere", digest="0" * 64, files=1, bytes=1))
        return package.Stored("here", "1" * 64, 1, 1)

    monkeypatch.setattr(package, "write", write_and_be_overtaken)
    with pytest.raises(EvidenceBroken):
        write_package(told(flow, filing), {})
    assert events(filing, "archive:sealed") == []


def test_receipts_of_office_systems_are_packed(flow: Flow) -> None:
    case = flow.submit()
    filing = flow.approve(case)
    with transaction() as session:
        connection = session.scalars(select(OaConnection)).first()
        assert connection is not None
        now = session.execute(text("SELECT now()")).scalar_one()
        for version, state in ((1, "superseded"), (2, "sent")):
            session.add(
                OaDelivery(
                    connection=connection.key, instance_id=case, version=version, snapshot={}, state=state, receipt={"remoteId": f"r{version}"},
                    created_at=now, delivered_at=now,
                )
            )  # fmt: skip
    flow.seal(filing)

    item = flow.item(filing)
    assert item.package is not None
    receipts = orjson.loads((flow.archive / item.package.path / "data/receipts.json").read_bytes())
    assert [(row["version"], row["receipt"]) for row in receipts["deliveries"]] == [(2, {"remoteId": "r2"})]
    assert [row["element"] for row in receipts["jobs"]] == ["tell_oa", "collect"]
