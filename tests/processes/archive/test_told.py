"""An invoice told from its submission to its sealed package, as CloudEvents."""

from collections.abc import Iterator

import pytest
from archive_support import Flow
from receiver_support import SECRET, Receiver, receiving

from engine import worker
from engine.database import transaction
from engine.oa import vault
from models.oa import OaConnection


@pytest.fixture
def receiver(flow: Flow) -> Iterator[Receiver]:
    with receiving() as found:
        with transaction() as session:
            sealed = vault.seal("lake", {"secret": SECRET})
            session.add(
                OaConnection(key="lake", kind="cloudevents", name="数据平台", base_url=found.address, credentials=sealed, active=True)
            )
        yield found
        worker.hands.connectors.close()


def test_an_invoice_is_told_from_its_submission_to_its_sealed_package(flow: Flow, receiver: Receiver) -> None:
    case = flow.submit()
    filing = flow.approve(case)
    flow.seal(filing)
    worker.push("lake")

    told = receiver.types(case)
    assert told[:2] == ["instance.started", "invoice.submitted"] and told[-2:] == ["instance.completed", "invoice.approved"]
    sealed = next(one for one in receiver.events if one.get_type() == "cn.shenpi.archive.sealed")
    assert sealed.get_subject() == str(filing)
    package = flow.item(filing).package
    assert package is not None and sealed.get_data()["digest"] == package.digest
    assert sealed.get_data()["code"] == flow.item(filing).code
