"""The web application as its callers see it: bearer tokens for everybody of the cast, browsers with sessions, and a small approval to decide."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from drawings import END, START, drawing, flow, human, node, path, service
from flask import Flask
from flask.testing import FlaskClient
from tests_support import application, fresh_database
from werkzeug.test import TestResponse

from api import accounts
from api.cli.company import PASSWORD, PEOPLE
from engine import definitions, worker
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from models import db

FORM = (
    "<extensionElements><camunda:formData>"
    '<camunda:formField id="reason" label="事由" type="string"/>'
    '<camunda:formField id="days" label="天数" type="long"/>'
    '<camunda:formField id="cost" label="费用" type="decimal"/>'
    '<camunda:formField id="from" label="开始" type="date"/>'
    '<camunda:formField id="paid" label="带薪" type="boolean"/>'
    "</camunda:formData></extensionElements>"
)
#: one person decides, a return asks the same person again
LEAVE = drawing(
    START, node("exclusiveGateway", "again"), node("userTask", "decide", FORM, name="审批", camunda_assignee="wang.fang"),
    node("exclusiveGateway", "good", default="good_to_end"), END, path("start", "again", "decide", "good", "end"),
    flow("good", "again", "${outcome == 'return'}"), key="leave", name="请假", shenpi_title="${'请假 ' + initiator_name}",
    shenpi_amount="${amount}", shenpi_currency="CNY",
)  # fmt: skip
#: the finance group may claim
GROUPED = drawing(
    START, node("userTask", "check", camunda_candidateGroups="finance", camunda_candidateUsers="wu.gang"), END, path("start", "check", "end"),
    key="grouped", name="组审批",
)  # fmt: skip
#: begins with an operation of ours and then asks one of the outside
CALLING = drawing(
    START, service("call", "oa.notify"), human("decide"), END, path("start", "call", "decide", "end"), key="calling", name="调用"
)
#: a script that may fail
DIVIDING = drawing(
    START, node("scriptTask", "divide", "<script>share = 100 / parts</script>"), human("decide"), END, path("start", "divide", "decide", "end"),
    key="dividing", name="平摊",
)  # fmt: skip
#: the assignee stands in a variable
NAMED = drawing(START, human("decide", "${boss}", camunda_dueDate="${due}"), END, path("start", "decide", "end"), key="named", name="指定")
#: two people decide, one after the other
TWICE = drawing(
    START, human("first"), human("second", "zhao.lei"), END, path("start", "first", "second", "end"), key="two_levels", name="两级"
)


class Web:
    """One application with a database of its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            with transaction() as session:
                self.tokens = {person.key: accounts.make_token(session, person.key, "test")[1] for person in PEOPLE}
                for xml in (LEAVE, GROUPED, CALLING, DIVIDING, NAMED, TWICE):
                    definitions.deploy(session, {"p.bpmn": xml}, by=None)
            db.session.remove()

    def call(self, person: str | None, method: str, route: str, **options: Any) -> TestResponse:
        """Send one request as somebody of the cast; `/api/v1` goes before the route."""
        headers = dict(options.pop("headers", {}))
        if person is not None:
            headers["Authorization"] = f"Bearer {self.tokens[person]}"
        return self.app.test_client().open(f"/api/v1{route}", method=method, headers=headers, **options)

    def get(self, person: str | None, route: str, **options: Any) -> TestResponse:
        return self.call(person, "GET", route, **options)

    def post(self, person: str | None, route: str, **options: Any) -> TestResponse:
        return self.call(person, "POST", route, **options)

    def start(self, key: str = "leave", by: str = "li.na", **body: Any) -> dict[str, Any]:
        """Start a case and return where it stands."""
        answer = self.post(by, "/process-instances", json={"processDefinitionKey": key, **body})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    def task(self, key: str = "leave", **body: Any) -> str:
        """Start a case and return the id of its first task."""
        return str(self.start(key, **body)["tasks"][0]["id"])

    def complete(
        self, person: str, task: str, outcome: str = "approve", headers: dict[str, str] | None = None, **body: Any
    ) -> TestResponse:
        return self.post(person, f"/user-tasks/{task}/complete", json={"outcome": outcome, **body}, headers=headers or {})

    def browser(self, person: str | None = None, password: str = PASSWORD) -> FlaskClient:
        """Return a browser, signed in as somebody if asked for."""
        client = self.app.test_client()
        if person is not None:
            answer = sign_in(client, person, password)
            assert answer.status_code == 303, answer.text
        return client

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open the application's context to look at rows."""
        with self.app.app_context():
            yield
            db.session.remove()

    def incident(self, by: str = "ma.lin") -> tuple[str, str]:
        """Make an incident; returns its case and its id."""
        case = self.start("dividing", variables={"parts": 0})["id"]
        found = self.get(by, "/incidents?state=open&limit=200").json["items"]
        return case, next(item["id"] for item in found if item["processInstanceId"] == case)


def token_of(page: str) -> str:
    """Return the CSRF token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page) or re.search(r'name="csrf-token"[^>]*content="([^"]+)"', page)
    assert found, page[:2000]
    return found[1]


def sign_in(client: FlaskClient, person: str, password: str = PASSWORD, **more: str) -> TestResponse:
    token = token_of(client.get("/sign-in").text)
    return client.post("/sign-in", data={"key": person, "password": password, "csrf_token": token, **more})


def multipart(*parts: tuple[str, str, bytes]) -> dict[str, Any]:
    """Return the body of an upload in memory; the test client's own leaves temporary files of large ones open."""
    head = 'Content-Disposition: form-data; name="{}"; filename="{}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    bodies = [head.format(field, name).encode() + content for field, name, content in parts]
    return {
        "data": b"".join(b"--edge\r\n" + body + b"\r\n" for body in bodies) + b"--edge--\r\n",
        "content_type": "multipart/form-data; boundary=edge",
    }


def call_job(identity: str | UUID) -> None:
    """Run one job as a worker does."""
    worker.call(str(identity))


@pytest.fixture(scope="module")
def web(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One application for all tests of a file; each test brings cases of its own."""
    with fresh_database(server, template) as name:
        app = application(server.url(name), tmp_path_factory.mktemp("home"))
        yield Web(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def unknown() -> str:
    """Return an id that nothing has."""
    return str(uuid4())
