"""A finished approval opens its filing, and the filing collects and checks what it finds."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from archive_support import Flow
from sqlalchemy import func, select

from engine.database import transaction
from engine.errors import ExecutionFailed
from engine.operations import Situation
from models.archive import ArchiveItem
from models.identity import LegalEntity
from models.invoice import Invoice
from models.runtime import Incident, Job, ProcessInstance, UserTask
from processes.archive.filing import open_filing
from processes.invoice import intake
from processes.invoice.samples.generate import make

GIVEN = {"period": "2026-11", "voucherNumber": "记-1"}


def told(session, case: UUID, subject: UUID | None = None, kind: str = "invoice") -> Situation:  # type: ignore[no-untyped-def]
    row = session.get_one(ProcessInstance, case)
    return Situation(case, row.business_key, "open_filing", kind, subject or row.subject_id, row.initiator, row.started_at, "key")


def tasks_of(case: UUID) -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(UserTask.element).filter_by(instance_id=case, state="open")))


def test_an_approval_ends_with_an_item_that_an_archivist_can_confirm(flow: Flow) -> None:
    case = flow.submit()
    filing = flow.approve(case, period="2026-10", voucher="记-0042")

    item = flow.item(filing)
    with transaction() as session:
        approval, running = session.get_one(ProcessInstance, case), session.get_one(ProcessInstance, filing)
        assert (approval.status, approval.outcome) == ("completed", "approve")
        assert (running.status, running.subject_kind, running.subject_id, running.parent_id) == ("running", "archive_item", item.id, case)
        assert running.business_key.startswith("GD-")
    assert tasks_of(filing) == ["confirm_filing"]
    assert item.state == "collecting"
    assert (item.request["period"], item.request["voucherNumber"], item.request["retention"]) == ("2026-10", "记-0042", "D30")
    assert (item.metadata_["amount"], item.metadata_["voucherNumber"], item.metadata_["fonds"]) == ("10600.00", "记-0042", "S001")
    assert [(agent["agentType"], agent["agentCode"]) for agent in item.metadata_["agents"]] == [
        ("经办", "li.na"),
        ("审批", "wang.fang"),
        ("审批", "zhao.lei"),
        ("审批", "wu.gang"),
    ]
    assert [check["code"] for check in item.checks if check["result"] == "failed"] == []


def test_opening_again_finds_the_same_filing(flow: Flow) -> None:
    case = flow.submit()
    filing = flow.approve(case)

    with transaction() as session:
        again = open_filing(session, told(session, case), GIVEN)
        assert again.value["instanceId"] == str(filing)
        assert session.execute(select(func.count()).select_from(ArchiveItem).filter_by(source_instance_id=case)).scalar() == 1


@pytest.mark.parametrize("period", ["2026-13", "9999-12"])
def test_a_period_that_is_none_is_replaced_by_the_month_and_warned_about(flow: Flow, period: str) -> None:
    case = flow.submit()
    flow.decide(case, "wang.fang", "approve_manager")
    flow.decide(case, "zhao.lei", "approve_finance", voucherNumber="记-1", accountingPeriod="2026-11")
    flow.decide(case, "wu.gang", "approve_director")
    with transaction() as session:  # our own drawing lets no such period through; another one may
        value = open_filing(session, told(session, case), {"period": period, "voucherNumber": "记-1"}).value
    filing = UUID(value["instanceId"])
    flow.work(case)
    flow.work(filing)

    item = flow.item(filing)
    with transaction() as session:
        month = session.execute(select(func.to_char(func.timezone("Asia/Shanghai", func.shenpi_now()), "YYYY-MM"))).scalar_one()
    assert item.request["period"] == month
    assert [check["code"] for check in item.checks if check["result"] == "failed"] == ["GD-ZS-2-2"]
    assert tasks_of(filing) == ["confirm_filing"]


def test_a_subject_without_a_legal_entity_cannot_be_filed(flow: Flow) -> None:
    case = flow.submit()
    with transaction() as session:
        situation = told(session, case)
        session.get_one(ProcessInstance, case).legal_entity_id = None
        session.get_one(Invoice, situation.subject_id).legal_entity_id = None
        session.flush()
        with pytest.raises(ExecutionFailed, match="legal entity"):
            open_filing(session, situation, GIVEN)
        session.rollback()


def test_a_kind_that_nobody_registered_cannot_be_filed(flow: Flow) -> None:
    case = flow.submit()
    with transaction() as session, pytest.raises(ExecutionFailed, match="leave_request"):
        open_filing(session, told(session, case, kind="leave_request"), GIVEN)


def test_a_subject_that_is_gone_cannot_be_filed(flow: Flow) -> None:
    case = flow.submit()
    with transaction() as session, pytest.raises(ExecutionFailed, match="not there"):
        open_filing(session, told(session, case, subject=case), GIVEN)


def typed(number: str) -> dict[str, str]:
    return {
        "number": number, "issueDate": "2026-11-02", "currency": "CNY", "gross": "10600.00", "net": "9380.53", "tax": "1219.47",
        "seller.name": "华东办公用品有限公司", "seller.taxId": "91330100MA0000023P", "buyer.name": "上海申批科技有限公司",
        "buyer.taxId": "91310115MA0000015C",
    }  # fmt: skip


def test_a_photo_waits_until_the_electronic_original_is_there_r23(flow: Flow) -> None:
    number = flow.number()
    name, photo = make("photo", number=number)
    original_name, original = make("einvoice", number=number)
    by = flow.actor("li.na")
    with transaction() as session:
        submission = intake.submit(session, name, photo, by=by)
        stated = submission.invoice.as_json() if submission.invoice else {}
        fields = {path: text for path, text in typed(number).items() if path in submission.missing}
        assert fields, stated
        submission = intake.submit(session, name, photo, by=by, fields=fields)
    assert submission.case_id is not None, submission

    filing = flow.approve(submission.case_id)
    assert tasks_of(filing) == ["resolve_faults"]
    missing = [check for check in flow.item(filing).checks if check["result"] == "failed" and check["level"] == "block"]
    assert [check["code"] for check in missing] == ["GD-WZ-1-2"]
    assert "original missing" in missing[0]["evidence"][0]

    with transaction() as session:
        assert intake.submit(session, original_name, original, by=by).result == "attached"
    flow.decide(filing, "chen.jing", "resolve_faults", "recheck")
    flow.work(filing)

    assert tasks_of(filing) == ["confirm_filing"]
    assert [document["role"] for document in flow.item(filing).request["documents"]] == ["copy", "carrier"]


@pytest.fixture
def bad_fonds(flow: Flow) -> Iterator[None]:
    """The legal entity has a fonds that makes no archival code."""

    def give(fonds: str) -> None:
        with transaction() as session:
            session.scalars(select(LegalEntity)).one().fonds = fonds

    give("not a fonds")
    yield
    give("S001")


@pytest.mark.usefixtures("bad_fonds")
def test_a_filing_that_fails_leaves_the_approval_ended(flow: Flow) -> None:
    case = flow.submit()
    filing = flow.approve(case)

    assert tasks_of(filing) == ["resolve_faults"]
    assert [check["code"] for check in flow.item(filing).checks if check["result"] == "failed"] == ["GD-ZS-3-1"]
    with transaction() as session:
        assert session.get_one(ProcessInstance, case).outcome == "approve"
        assert session.scalars(select(Incident).filter_by(instance_id=case)).all() == []


def test_collecting_waits_for_the_commit_of_the_approval(flow: Flow) -> None:
    case = flow.submit()
    flow.decide(case, "wang.fang", "approve_manager")
    flow.decide(case, "zhao.lei", "approve_finance", voucherNumber="记-1", accountingPeriod="2026-11")
    flow.decide(case, "wu.gang", "approve_director")
    flow.work(case)

    with transaction() as session:
        filing = session.scalars(select(ArchiveItem.filing_instance_id).filter_by(source_instance_id=case)).one()
        assert [job.operation for job in session.scalars(select(Job).filter_by(instance_id=filing))] == ["archive.collect"]
