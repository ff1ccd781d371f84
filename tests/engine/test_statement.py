"""The statement of a step: every part of it, as one row and as many, and nothing for a part with nothing to write."""

import pytest
from drawings import END, START, drawing, human, path
from engine_support import deploy, start
from flask import Flask

from engine.database import transaction
from engine.step import lock, statement
from engine.step.document import Document
from engine.step.statement import writing

NAMES = sorted(name for name in Document.__slots__ if name != "snapshot")


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("single", [True, False])
def test_the_server_understands_each_part_alone_and_all_together(app: Flask, new: bool, single: bool) -> None:
    combinations = [{name} for name in [*NAMES, "events", "ended", "snapshot"]] + [{*NAMES, "events", "ended", "snapshot"}, set()]
    for names in combinations:
        prepared = writing(new, frozenset((name, single) for name in names))
        with transaction() as session:
            connection = session.connection().connection.driver_connection
            assert connection is not None
            connection.pgconn.prepare(b"tried", prepared.sql)
            said = connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'tried'").fetchone()
            connection.execute("DEALLOCATE tried")
        assert said == (1,), names


def test_a_part_with_nothing_to_write_is_left_out() -> None:
    document = Document(opened=[{"id": 1}], closed=[{"id": 1}, {"id": 2}])

    assert document.parts(ended=False) == {("opened", True), ("closed", False), ("events", False)}
    assert document.parts(ended=True) - document.parts(ended=False) == {("ended", True)}
    text = writing(False, document.parts(ended=False)).sql.decode()
    assert "jsonb_to_record(d.j -> 'opened' -> 0)" in text and "jsonb_to_recordset(d.j -> 'closed')" in text
    assert "candidate" not in text and "procrastinate" not in text


def test_every_list_of_the_document_has_its_part() -> None:
    known = {*statement._PARTS, *statement._WAKES}

    assert {*NAMES, "snapshot"} <= known


def test_a_step_that_changes_nothing_else_is_written(app: Flask) -> None:
    deploy(drawing(START, human("a"), END, path("start", "a", "end")))
    step = start()
    with transaction() as session:
        again = lock(session, step.case.id)
        again.write()
    with transaction() as session:
        assert lock(session, step.case.id).case.revision == step.case.revision + 2
