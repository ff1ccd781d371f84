"""Both sides compared: what differs is listed, and ours is taken, and a second look is clean."""

from uuid import UUID

import pytest
from engine_support import execute, rows, value
from rehearsal_support import Rehearsal
from tests_support import person

from engine import reconciliation
from engine.database import transaction
from engine.errors import NotPermitted, Refused


@pytest.fixture
def case(stage: Rehearsal) -> UUID:
    found = stage.begin()
    stage.settle()
    return found


def test_what_agrees_is_no_difference(stage: Rehearsal, case: UUID) -> None:
    assert stage.reconcile(case) == []


def test_nothing_is_compared_while_something_is_on_its_way(stage: Rehearsal, case: UUID) -> None:
    stage.decide(case, "check", "wang.fang")
    assert reconciliation.compare_case(stage.connectors, stage.key, case) == []
    stage.settle()
    assert stage.reconcile(case) == []


#: the others cannot be read, but for the process centre: it forgets the instance as well, and gives no list of instances
@pytest.mark.parametrize("stage", ["feishu", "landray", "todos"], indirect=True)
def test_an_office_system_that_forgot_everything_is_shown_it_again(stage: Rehearsal, case: UUID) -> None:
    stage.tell("reset")
    assert stage.differences(case) != []
    assert stage.reconcile(case)[0].startswith("missing_there")
    assert stage.differences(case) == []
    assert stage.reconcile(case) == []


def test_a_to_do_that_we_believe_closed_and_is_open_there_is_closed(stage: Rehearsal, case: UUID) -> None:
    """Our list of what is shown was lost in between, as with a database put back from yesterday."""
    before = rows("SELECT key, status, version FROM oa_shown WHERE instance_id = :case AND key LIKE 't-%'", case=case)
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    for row in before:
        execute("UPDATE oa_shown SET status = :status WHERE key = :key", status=row.status, key=row.key)
    assert "field_differs status" in stage.reconcile(case)
    assert stage.differences(case) == []
    assert stage.reconcile(case) == []


@pytest.mark.parametrize("stage", ["dingtalk", "feishu", "landray"], indirect=True)  # the others give no list of what they show
def test_a_to_do_that_only_the_office_system_has_is_closed_there_by_taking_ours(stage: Rehearsal, case: UUID) -> None:
    stage.slip_in(case, "zhao.lei")
    assert stage.differences(case) == ["zhao.lei sees 2 to-dos instead of 1"]
    found = reconciliation.compare_case(stage.connectors, stage.key, case)
    theirs = value("SELECT id FROM oa_difference WHERE id = ANY(:ids) AND kind = 'missing_here'", ids=found)

    with pytest.raises(Refused), transaction() as session:
        reconciliation.push_again(session, stage.connectors, theirs, by=person("ma.lin"))
    with transaction() as session:
        reconciliation.take_ours(session, stage.connectors, theirs, by=person("ma.lin"))
    stage.settle()

    assert stage.differences(case) == []
    stage.reconcile(case)
    assert stage.reconcile(case) == []


def test_a_difference_that_somebody_lets_be_is_not_told_again(stage: Rehearsal, case: UUID) -> None:
    still = stage.connector().capabilities().open_status
    execute("UPDATE oa_shown SET status = 'LOST' WHERE instance_id = :case AND status = :still", case=case, still=still)
    found = reconciliation.compare_case(stage.connectors, stage.key, case)
    assert found
    with pytest.raises(NotPermitted), transaction() as session:
        reconciliation.ignore(session, found[0], by=person("qian.yi"), reason="无妨")
    with pytest.raises(Refused), transaction() as session:
        reconciliation.ignore(session, found[0], by=person("ma.lin"), reason=" ")
    for one in found:
        with transaction() as session:
            reconciliation.ignore(session, one, by=person("ma.lin"), reason="对方系统升级")
    assert reconciliation.compare_case(stage.connectors, stage.key, case) == []
    assert value("SELECT DISTINCT reason FROM oa_difference WHERE instance_id = :case", case=case) == "对方系统升级"
    with pytest.raises(Refused), transaction() as session:
        reconciliation.take_ours(session, stage.connectors, found[0], by=person("ma.lin"))


def test_the_worker_compares_what_moved_and_mends_it(stage: Rehearsal, case: UUID) -> None:
    still = stage.connector().capabilities().open_status
    execute("UPDATE oa_shown SET status = 'LOST' WHERE instance_id = :case AND status = :still", case=case, still=still)
    execute("UPDATE oa_connection SET compared_at = NULL, compared_all_at = NULL")
    stage.compare_all()
    stage.settle()
    resolved = rows("SELECT resolution, resolved_by FROM oa_difference WHERE instance_id = :case", case=case)
    assert {(row.resolution, row.resolved_by) for row in resolved} == {("ours", "system")}
    assert stage.differences(case) == []
    assert stage.reconcile(case) == []
    assert stage.compare_all() == 0, "not again before five minutes are over"
