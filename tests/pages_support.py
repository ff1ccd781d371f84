"""People at their browsers: one application with the demo company, and a desk for each person that fills in the forms as the pages show them."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import event, text
from web_support import Web
from werkzeug.test import TestResponse

from engine.database import transaction
from engine.permissions import load_actor
from models import db
from processes.invoice.intake import Submission, submit
from processes.invoice.samples.generate import default_number, make

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
FINANCE = {"field.voucherNumber": "记-0042", "field.accountingPeriod": "2026-11"}


@dataclass
class Desk:
    """One person's browser."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def form(self, path: str, action: str) -> dict[str, str]:
        """Return the hidden fields of the form that a page sends to an address."""
        page = html.fromstring(self.get(path).data)
        found = next(form for form in page.iter("form") if form.get("action") == action)
        return {field.get("name"): field.get("value", "") for field in found.iter("input") if field.get("type") == "hidden"}

    def send(self, path: str, action: str, **values: Any) -> TestResponse:
        """Fill in the form of a page and send it."""
        return self.client.post(action, data={**self.form(path, action), **values})

    def decide(self, task: UUID | str, outcome: str = "approve", **values: str) -> TestResponse:
        return self.send(f"/tasks/{task}", f"/tasks/{task}/decide", outcome=outcome, **values)

    def upload(self, *files: tuple[str, bytes], script: bool = True, **typed: str) -> TestResponse:
        """Send files as the page's script does, or as a plain form."""
        token = self.form("/submit", "/submit")
        data = {**token, **typed, "file": [(io.BytesIO(content), name) for name, content in files]}
        return self.client.post("/submit", data=data, headers={"HX-Request": "true"} if script else {})


class Office:
    """The application and everybody who works in it."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.desks: dict[str, Desk] = {}
        self.running = 100

    def desk(self, person: str) -> Desk:
        if person not in self.desks:
            self.desks[person] = Desk(self.web.browser(person))
            self.desks[person].client.environ_base["HTTP_ACCEPT"] = BROWSER
        return self.desks[person]

    def sample(self, kind: str = "einvoice", **options: Any) -> tuple[str, bytes]:
        """Return an invoice that nobody has seen."""
        self.running += 1
        return make(kind, number=default_number(kind, self.running), **options)

    def submitted(self, kind: str = "einvoice", gross: str = "10600.00", **options: Any) -> Submission:
        """Have Li Na submit an invoice."""
        name, data = self.sample(kind, gross=Decimal(gross), **options)
        with self.web.inside(), transaction() as session:
            actor = load_actor(session, "li.na")
            assert actor is not None
            return submit(session, name, data, by=actor)

    def questions(self, person: str, path: str) -> int:
        """Return how many questions to the database a page takes that somebody has seen before."""
        asked: list[str] = []
        assert self.desk(person).get(path).status_code == 200
        with self.web.inside():
            event.listen(db.engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
            try:
                assert self.desk(person).get(path).status_code == 200
            finally:
                event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    def row(self, sql: str, **values: Any) -> Any:
        with self.web.inside(), transaction() as session:
            return session.execute(text(sql), values).first()

    def task(self, case: UUID | None) -> UUID:
        """Return the open task of a case."""
        found = self.row("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)
        assert found is not None
        return UUID(str(found.id))

    def approved(self, gross: str = "900.00") -> Submission:
        """Return a case that head of department and finance have approved."""
        case = self.submitted(gross=gross)
        for person, values in (("wang.fang", {}), ("zhao.lei", FINANCE)):
            assert self.desk(person).decide(self.task(case.case_id), **values).status_code == 303
        return case

    def job(self, case: UUID | None) -> UUID:
        """Return the waiting job of a case."""
        found = self.row("SELECT id FROM job WHERE instance_id = :case AND state = 'waiting'", case=case)
        return UUID(str(found.id))


@pytest.fixture(scope="module")
def office(web: Web) -> Office:
    return Office(web)


@pytest.fixture
def words() -> Callable[[TestResponse], str]:
    """Return what a person reads on a page, without its markup."""

    def read(answer: TestResponse) -> str:
        body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.text, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    return read
