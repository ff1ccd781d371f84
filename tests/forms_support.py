"""A claim for expenses whose forms are files of form-js: a start form with rows, a condition and a file field, and a decision that sees what it declares."""

from typing import Any

import pytest
from pages_support import Office
from sqlalchemy import text
from web_support import Web

from engine import definitions
from engine.database import transaction
from processes import catalogue

CLAIM = catalogue.example("expense_claim")
ROWS: list[dict[str, Any]] = [
    {"day": "2026-11-20", "kind": "travel", "note": "高铁", "amount": "553.50"},
    {"day": "2026-11-21", "kind": "hotel", "note": "住宿", "amount": "820.00"},
]


def filled(**more: Any) -> dict[str, Any]:
    """Return a start form that fits."""
    return {"reason": "去杭州谈合同", "foreign": False, "items": ROWS, **more}


@pytest.fixture(scope="module")
def claims(web: Web) -> Web:
    """The application with the expense claim deployed."""
    with web.inside(), transaction() as session:
        definitions.deploy(session, CLAIM, by="zheng.hao")
    return web


@pytest.fixture(scope="module")
def claim_office(claims: Web) -> Office:
    return Office(claims)


def definition_id(web: Web) -> str:
    with web.inside(), transaction() as session:
        return str(
            session.execute(text("SELECT id FROM process_definition WHERE key = 'expense_claim' ORDER BY version DESC")).scalars().first()
        )
