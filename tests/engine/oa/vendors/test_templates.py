"""Templates that several workers need at once."""

import threading
from uuid import UUID

import pytest
from drawings import END, START, drawing, node, path
from engine_support import start, value
from rehearsal_support import Rehearsal

from engine import definitions, deliveries, worker
from engine.database import transaction
from models import db

RACED = drawing(
    START, node("userTask", "check", name="初审", camunda_assignee="wang.fang"), END, path("start", "check", "end"), key="raced", name="抢建",
    shenpi_title="${'抢建'}",
)  # fmt: skip
MAKING = {"dingtalk": "/v1.0/workflow/processCentres/schemas", "feishu": "/open-apis/approval/v4/external_approvals"}


@pytest.mark.parametrize("stage", sorted(MAKING), indirect=True)  # the others need no template
def test_workers_who_need_a_new_template_at_the_same_moment_make_one(stage: Rehearsal) -> None:
    with transaction() as session:
        definitions.deploy(session, {"raced.bpmn": RACED}, by=None)
    cases = [start("raced").case.id for _ in range(4)]
    before = value("SELECT count(*) FROM oa_exchange WHERE api = :api", api=MAKING[stage.vendor.kind])
    together = threading.Barrier(len(cases))

    def push(case: UUID) -> None:
        with stage.app.app_context():
            with transaction() as session:
                pending = deliveries.look(session, stage.key, case, stage.url)
            assert pending is not None
            together.wait()
            worker.send(pending)
            db.session.remove()

    threads = [threading.Thread(target=push, args=(case,)) for case in cases]
    stage.faults(slow=0.2)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stage.faults(slow=0)
    assert value("SELECT count(*) FROM oa_exchange WHERE api = :api", api=MAKING[stage.vendor.kind]) == before + 1
    stage.settle()
