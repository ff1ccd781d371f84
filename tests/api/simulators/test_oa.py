"""The simulated office system seen from its doors: people, tests, and a product it does not trust."""

import ast
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.simulators.oa import Config, create_app
from api.simulators.oa.signature import signature_of

SECRET = "whsec"
FOLDER = Path(__file__).parents[3] / "api" / "simulators"
TASK: dict[str, Any] = {
    "taskKey": "t-1",
    "nodeName": "部门经理审批",
    "assignee": "wang.fang",
    "status": "pending",
    "nonce": "n-1",
    "dueAt": "2026-11-24T01:41:07Z",
    "actions": [{"key": "approve", "label": "同意"}, {"key": "reject", "label": "驳回"}],
}
SNAPSHOT: dict[str, Any] = {
    "instanceKey": "i-1",
    "version": 1,
    "status": "running",
    "title": "发票审批 <script>",
    "applicant": "li.na",
    "amount": "1234.50",
    "currency": "CNY",
    "summary": [{"label": "供应商", "value": "华信"}],
    "tasks": [TASK],
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    # nothing listens there: what people press is recorded and not delivered
    app = create_app(Config(store=str(tmp_path / "oa.sqlite"), callback_url="http://127.0.0.1:9/callbacks", secret=SECRET))
    yield app.test_client()
    app.extensions["callbacks"].close()


def send(client: FlaskClient, path: str, body: Any, key: str = "k-1", **changes: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = changes.pop("timestamp", str(int(time.time())))
    mac = hmac.new(SECRET.encode(), f"{timestamp}.{key}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"X-OA-Timestamp": timestamp, "X-OA-Event-Id": key, "X-OA-Signature": f"v1={mac}", "Idempotency-Key": key} | changes
    return client.post(path, data=raw, headers=headers)


def test_the_published_vector_is_signed() -> None:
    expected = "v1=eb5b88d4ca752d29f5d6f70975a34d2285e6c26f1342e8c2da82f5c4b3641015"

    assert signature_of("whsec", "1700000000", "evt-1", b'{"a":1}') == expected


def test_it_imports_nothing_of_the_product() -> None:
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("engine", "models", "processes")], file


def test_a_person_finds_her_to_dos_with_amount_summary_and_due(client: FlaskClient) -> None:
    send(client, "/snapshots", SNAPSHOT)

    people = client.get("/").get_data(as_text=True)
    todos = client.get("/todos?person=wang.fang").get_data(as_text=True)

    assert "wang.fang" in people
    assert all(text in todos for text in ("发票审批", "1234.50 CNY", "供应商 华信", "截止 11-24 09:41"))
    assert "<script>" not in todos


def test_a_to_do_has_the_buttons_that_were_sent_or_approve_and_reject(client: FlaskClient) -> None:
    send(client, "/snapshots", SNAPSHOT)
    send(client, "/snapshots", {**SNAPSHOT, "version": 2, "tasks": [{**TASK, "taskKey": "t-2", "actions": []}]}, "k-2")

    for key in ("t-1", "t-2"):
        page = client.get(f"/task?key={key}").get_data(as_text=True)
        assert ("同意" in page and "驳回" in page) is (key == "t-2")
    assert "没有待办" not in client.get("/todos?person=wang.fang").get_data(as_text=True)


def test_a_press_on_the_page_shows_what_came_of_it(client: FlaskClient) -> None:
    send(client, "/snapshots", SNAPSHOT)

    answer = client.post(
        "/task", data={"key": "t-1", "person": "wang.fang", "outcome": "approve", "comment": "同意"}, follow_redirects=True
    )

    assert answer.status_code == 200
    assert "无法连接审批系统" in answer.get_data(as_text=True)
    assert "重新发送" in answer.get_data(as_text=True)
    assert "未送达" in client.get("/todos?person=wang.fang").get_data(as_text=True)
    assert client.post("/send", data={"press": "1"}).status_code == 303


def test_a_decided_task_is_among_the_done(client: FlaskClient) -> None:
    send(client, "/snapshots", SNAPSHOT)
    send(client, "/snapshots", {**SNAPSHOT, "version": 2, "status": "approved", "tasks": [{**TASK, "status": "approved"}]}, "k-2")

    page = client.get("/todos?person=wang.fang").get_data(as_text=True)

    assert "没有待办" in page
    assert "已同意" in page
    assert client.get("/api/todos?person=wang.fang").json == []


def test_an_ended_instance_leaves_no_to_do(client: FlaskClient) -> None:
    send(client, "/snapshots", {**SNAPSHOT, "status": "withdrawn"})

    assert client.get("/api/todos?person=wang.fang").json == []


@pytest.mark.parametrize("version", [0, 1])
def test_an_older_or_equal_version_is_acknowledged_and_ignored(client: FlaskClient, version: int) -> None:
    send(client, "/snapshots", SNAPSHOT)

    answer = send(client, "/snapshots", {**SNAPSHOT, "version": version, "tasks": []}, "k-2")

    assert answer.json["ignored"] is True
    assert len(client.get("/api/todos?person=wang.fang").json or []) == 1


@pytest.mark.parametrize(
    "changes",
    [{"X-OA-Signature": "v1=00"}, {"X-OA-Signature": ""}, {"X-OA-Event-Id": "k-9"}, {"timestamp": "1700000000"}, {"timestamp": ""}],
)
@pytest.mark.parametrize("path", ["/snapshots", "/requests"])
def test_what_is_not_signed_now_is_refused(client: FlaskClient, path: str, changes: dict[str, str]) -> None:
    assert send(client, path, SNAPSHOT, **changes).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"null"])
@pytest.mark.parametrize("path", ["/snapshots", "/requests"])
def test_a_malformed_body_is_an_error_of_the_caller(client: FlaskClient, path: str, body: bytes) -> None:
    assert send(client, path, body).status_code == 400


@pytest.mark.parametrize("changes", [{"tasks": [{}]}, {"tasks": 5}, {"tasks": ["x"]}, {"version": "x"}, {"instanceKey": []}])
def test_a_snapshot_that_cannot_be_read_is_an_error_of_the_caller_and_changes_nothing(client: FlaskClient, changes: dict[str, Any]) -> None:
    send(client, "/snapshots", SNAPSHOT)

    assert send(client, "/snapshots", {**SNAPSHOT, "version": 2, **changes}, "k-2").status_code == 400
    assert len(client.get("/api/todos?person=wang.fang").json or []) == 1


def test_a_request_is_kept_once_per_key(client: FlaskClient) -> None:
    body = {"operation": "oa.notify", "key": "k-1", "payload": {"to": "li.na"}}

    first, again = (send(client, "/requests", body).json for _ in range(2))

    assert first == again
    assert [each["payload"] for each in client.get("/api/requests").json or []] == [{"to": "li.na"}]
    assert send(client, "/requests", {**body, "payload": {}}).status_code == 422


@pytest.mark.parametrize(("fault", "status"), [("fail", 500), ("busy", 429), ("refuse", 403), ("closed", 409), ("lose", 500)])
def test_each_fault_hits_as_often_as_it_was_set(client: FlaskClient, fault: str, status: int) -> None:
    client.post("/api/faults", json={fault: 2})

    assert [send(client, "/snapshots", SNAPSHOT).status_code for _ in range(3)] == [status, status, 200]


def test_only_a_lost_answer_was_done(client: FlaskClient) -> None:
    client.post("/api/faults", json={"fail": 1})
    send(client, "/snapshots", SNAPSHOT)
    assert client.get("/api/todos?person=wang.fang").json == []

    client.post("/api/faults", json={"lose": 1})
    send(client, "/snapshots", SNAPSHOT)
    assert len(client.get("/api/todos?person=wang.fang").json or []) == 1


@pytest.mark.parametrize("body", [{"explode": 1}, {"fail": -1}, {"fail": "x"}, {"slow": 1e9}, [], "x"])
def test_an_unknown_fault_is_refused_and_names_the_known_ones(client: FlaskClient, body: Any) -> None:
    answer = client.post("/api/faults", json=body)

    assert answer.status_code == 400
    assert "outOfOrder" in (answer.json or {})["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ([], 400), ({"person": "a", "taskKey": 1, "outcome": "x"}, 400), ({"person": "a", "taskKey": "no", "outcome": "x"}, 404)],
)
def test_a_press_on_nothing_is_an_error_of_the_caller(client: FlaskClient, body: Any, status: int) -> None:
    assert client.post("/api/press", json=body).status_code == status


@pytest.mark.parametrize("path", ["/task?key=nothing", "/task", "/nowhere", "/api/presses/99/send"])
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.post(path) if "presses" in path else client.get(path)

    assert answer.status_code == 404


def test_a_page_of_somebody_elses_cannot_reach_it_under_another_name(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_page_of_another_site_cannot_press_a_button(client: FlaskClient) -> None:
    send(client, "/snapshots", SNAPSHOT)

    answer = client.post("/task", data={"key": "t-1", "person": "a", "outcome": "approve"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_the_secret_shows_in_no_repr() -> None:
    assert "whsec" not in repr(Config(store="x", callback_url="http://127.0.0.1:9", secret=SECRET))
