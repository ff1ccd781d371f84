"""A database that cannot work now is told from a fault of ours: whoever asked is told to come again, and a job is done again."""

import pytest
from flask import Flask
from sqlalchemy import text

from engine.database import transaction
from engine.errors import Unavailable


@pytest.mark.parametrize(
    "statements",
    [
        ("SET LOCAL statement_timeout = 20", "SELECT pg_sleep(20)"),
        ("SET TRANSACTION READ ONLY", "UPDATE person SET name = name"),
        ("DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$",),
        ("DO $$ BEGIN RAISE EXCEPTION 'cannot write' USING ERRCODE = '58030'; END $$",),
    ],
    ids=["cancelled", "read-only", "disk full", "broken disk"],
)
def test_a_database_that_cannot_work_now_is_unavailable(app: Flask, statements: tuple[str, ...]) -> None:
    with pytest.raises(Unavailable), transaction() as session:
        for statement in statements:
            session.execute(text(statement))
    with transaction() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1


def test_nobody_waits_for_ever_for_a_lock_or_holds_one_for_ever(app: Flask) -> None:
    with transaction() as session:
        told = [session.execute(text(f"SHOW {name}")).scalar() for name in ("lock_timeout", "idle_in_transaction_session_timeout")]
    assert told == ["10s", "2min"]
