"""What the tests of the archive are made of: invoices approved, filed and sealed by hand, and packages from plain data."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import new, sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from engine import tasks, worker
from engine.database import transaction
from engine.history import GENESIS, Recorder
from engine.history.chain import Row
from engine.permissions import Actor, load_actor
from models.archive import ArchiveItem
from models.runtime import Job, UserTask
from processes.archive.contents import Chronicle, Material
from processes.archive.verify import verify
from processes.invoice import intake
from processes.invoice.samples.generate import default_number, make


@dataclass(frozen=True)
class Flow:
    """Cases moved as people and workers would move them."""

    home: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    def actor(self, key: str) -> Actor:
        with transaction() as session:
            found = load_actor(session, key)
        assert found is not None
        return found

    def number(self) -> str:
        """Return the number of an invoice that nobody has submitted yet."""
        return default_number("einvoice", next(self.numbers))

    def submit(self) -> UUID:
        """Submit a new invoice and return its case."""
        name, data = make("einvoice", number=self.number())
        by = self.actor("li.na")
        with transaction() as session:
            submission = intake.submit(session, name, data, by=by)
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


NOW = datetime(2026, 11, 22, 9, 41, 7, 123456, tzinfo=UTC)
APPROVAL, FILING = UUID("01970000-0000-7000-8000-000000000001"), UUID("01970000-0000-7000-8000-000000000002")


def chain_of(instance: UUID, events: list[tuple[str, str | None, dict[str, Any], dict[str, Any]]]) -> list[Row]:
    """Return the rows of a case; an event is (type, element, data, personal)."""
    recorder = Recorder(instance, 1, NOW, 0, GENESIS)
    for kind, element, data, personal in events:
        recorder.record(kind, actor="li.na", element=element, data=data, personal=personal)
    return [Row(*(getattr(event, name) for name in Row._fields)) for event in recorder.events]


OPINION = {"comment": "同意", "values": {"voucherNumber": "记-1"}, "by": {"name": "王芳", "department": "行政部"}}


def approval_rows() -> list[Row]:
    """The record of an approval with one task, one comment and its end."""
    return chain_of(
        APPROVAL,
        [
            ("instance:started", None, {"initiator": "li.na"}, {"by": {"name": "李娜", "department": "行政部"}}),
            ("task:created", "approve_manager", {"task": "t1"}, {}),
            ("task:completed", "approve_manager", {"task": "t1", "outcome": "approve", "round": 1}, OPINION),
            ("path:taken", None, {"path": ["submitted", "flow", "approve_manager"]}, {}),
            ("instance:completed", None, {"outcome": "approve"}, {}),
        ],
    )  # fmt: skip


def document_of(name: str, content: bytes, role: str = "original") -> tuple[dict[str, Any], bytes]:
    stated = {"name": name, "role": role, "mediaType": "application/xml", "size": len(content)}
    return stated | {"sha256": sha256(content).hexdigest(), "sm3": new("sm3", content).hexdigest()}, content


def material_of(**changes: Any) -> Material:
    """Return what a package is made of; `changes` replace fields."""
    names = {"submitted": "提交", "approve_manager": "部门负责人审批"}
    chronicles = [
        Chronicle("approval", str(APPROVAL), "FP-2026-000001", "发票审批", approval_rows(), {"a.bpmn": b"<definitions/>"}, names, {"voucherNumber": "凭证号"}),
        Chronicle("filing", str(FILING), "GD-2026-000001", "归档", chain_of(FILING, [("instance:started", None, {"initiator": "system"}, {})])),
    ]  # fmt: skip
    values: dict[str, Any] = {
        "code": "S001-KU·PZ·2026-D30-0001-0001",
        "title": "发票 1",
        "kind": "invoice",
        "metadata": {"title": "发票 1", "amount": "10.00"},
        "content": {"number": "1"},
        "documents": [document_of("发票.xml", b"<invoice/>"), document_of("发票.xml", b"<other/>", "carrier")],
        "checks": [{"code": "GD-ZS-1-1", "result": "ok"}],
        "receipts": {"deliveries": [], "jobs": []},
        "chronicles": chronicles,
        "time_zone": "Asia/Shanghai",
    }
    return Material(**(values | changes))


class Package:
    """A package on disk that a test may damage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def change(self, path: str, content: bytes) -> None:
        """Put other bytes into a file (files of a package are read-only)."""
        place = self.folder / path
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def lines(self, path: str) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.read(path).splitlines()]

    def change_lines(self, path: str, lines: list[dict[str, Any]]) -> None:
        self.change(path, b"".join(orjson.dumps(line) + b"\n" for line in lines))

    def cover_up(self) -> None:
        """Write manifests and counts that fit what is there now, as a forger would."""
        data = {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in self.folder.glob("data/**/*") if path.is_file()}
        info = [line for line in self.read("bag-info.txt").decode().splitlines() if not line.startswith("Payload-Oxum")]
        info.append(f"Payload-Oxum: {sum(map(len, data.values()))}.{len(data)}")
        self.change("bag-info.txt", "".join(f"{line}\n" for line in info).encode())
        self.change("manifest-sha256.txt", manifest_of(data))
        self.change(
            "tagmanifest-sha256.txt", manifest_of({name: self.read(name) for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")})
        )

    def faults(self) -> list[tuple[str, str | None]]:
        """Return what verification finds, as (code, place)."""
        return [(fault.code, fault.path) for fault in verify(self.folder).faults]


def manifest_of(files: dict[str, bytes]) -> bytes:
    return "".join(f"{sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())).encode()
