"""A recorded case as the server would send it, and the real pages around it, served with the strict Content-Security-Policy."""

import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, jsonify, render_template, render_template_string, request
from flask_babel import Babel
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from engine.history.events import GENESIS, Event, Recorder, stamp

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = UUID("01980000-0000-7000-8000-000000000123")
TITLE = "发票 26312000000123456789 · 上海某某科技有限公司"
TO_MANAGER = "check_to_passed checks_passed checks_clean"
TO_FINANCE = "recheck_to_passed recheck_passed recheck_clean"
TO_OA = "finance_approves decide_authority authority_to_needed director_needed director_not_needed"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'"
PEOPLE = {
    "li.na": {"name": "李娜", "department": "行政部"},
    "wang.fang": {"name": "王芳", "department": "行政部"},
    "zhao.lei": {"name": "赵蕾", "department": "财务部"},
}


PARTS = """{% extends 'base.html' %}{% block content %}<h1>部件</h1>
<ul><li data-row><a href="#one" id="one">1</a></li><li data-row><a href="#two" id="two">2</a></li></ul>
<form id="decide"><label><input type="radio" name="outcome" value="approve" data-key="a" data-focus="comment"> 同意</label>
<textarea id="comment" aria-label="意见"></textarea></form>
<form data-upload data-upload-rows="rows" data-sending="正在上传" data-failed="上传失败"
 action="/upload" method="post" enctype="multipart/form-data">
<label for="file">选择文件</label><input id="file" type="file" name="file" multiple></form><div id="rows"></div>
<button class="btn" data-copy="FP-2026-000123" data-copied="已复制">复制</button>
<div data-bpmn-url="/invoice_approval.bpmn" data-current="approve_finance" data-taken="submitted submitted_to_again again"></div>
{% endblock %}{% block scripts %}<script type="module" src="{{ url_for('static', filename='assets/viewer.js') }}"></script>{% endblock %}"""


class Case:
    """One case, recorded by the engine's own recorder; rows as the server sends them."""

    def __init__(self) -> None:
        self.step = 0
        self.events: list[Event] = []

    def act(
        self, kind: str, element: str | None = None, *, at: str, by: str | None = None, behalf: str | None = None, **parts: Any
    ) -> None:
        """Begin a step with what somebody or something did."""
        self.step += 1
        self.now = datetime.fromisoformat(f"2026-11-22T{at}Z")
        self.add(kind, element, by=by, behalf=behalf, **parts)

    def add(self, kind: str, element: str | None = None, *, by: str | None = None, behalf: str | None = None, **parts: Any) -> None:
        last = self.events[-1].hash if self.events else GENESIS
        recorder = Recorder(INSTANCE, self.step, self.now, len(self.events), last)
        self.events.append(recorder.record(kind, actor=by, on_behalf_of=behalf, element=element, **parts))

    def decide(
        self, element: str, by: str, outcome: str, comment: str, at: str, values: dict[str, str] | None = None, behalf: str | None = None
    ) -> None:
        personal = {"comment": comment, "values": values or {}, "by": PEOPLE[by]}
        self.act(
            "task:completed",
            element,
            at=at,
            by=by,
            behalf=behalf,
            data={"outcome": outcome, "channel": "飞书 · 10.1.2.3"},
            personal=personal,
        )
        changes = [
            {"element": element, "name": name, "old": None, "new": new} for name, new in {"outcome": outcome, **(values or {})}.items()
        ]
        self.add("variables:changed", data={"names": [change["name"] for change in changes]}, personal={"changes": changes})

    def walk(self, path: str) -> None:
        self.add("path:taken", data={"path": path.split()})

    def offer(self, element: str, why: str) -> None:
        self.add("task:created", element, data={"why": why})
        if element.startswith("approve"):
            self.add("timer:created", element.replace("approve", "late"), data={"due": "2026-11-23T01:00:00.000000Z"})

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "number": event.number,
                "step": event.step,
                "type": event.type,
                "at": stamp(event.at),
                "actor": event.actor,
                "element": event.element,
            }
            | {"body": b64encode(event.body).decode(), "hash": event.hash.hex()}
            | {"personal": event.personal and b64encode(event.personal).decode(), "salt": event.salt and b64encode(event.salt).decode()}
            for event in self.events
        ]


def record() -> dict[str, Any]:
    """Return a case that is returned once, decided once for somebody else, delivered to the office system after one failure, and approved."""
    case = Case()
    case.act("instance:started", at="01:01:07.123456", by="li.na", personal={"by": PEOPLE["li.na"]})
    case.add("operation:completed", "check_invoice", data={"operation": "invoice.check"})
    case.walk(f"submitted submitted_to_again again again_to_check check_invoice {TO_MANAGER}")
    case.offer("approve_manager", "assignee=${headOfDepartment(initiator)}")
    case.decide("approve_manager", "wang.fang", "return", "请补充合同编号，金额与订单不符。", "01:02:07.123456")
    case.walk("approve_manager approve_manager_to_decided manager_decided manager_returns")
    case.offer("correct_submission", "assignee=${initiator}")
    order = {"number": "PO-118", "lines": [{"net": {"$d": "10600.00"}, **{f"note{number}": "同前" for number in range(8)}}]}
    case.decide("correct_submission", "li.na", "resubmit", "已补充", "01:03:07.123456", {"reason": "合同 HT-2026-118", "order": order})
    case.walk(f"correct_submission correct_to_again again again_to_check check_invoice {TO_MANAGER}")
    case.offer("approve_manager", "assignee=${headOfDepartment(initiator)}")
    case.decide("approve_manager", "zhao.lei", "approve", "同意", "01:04:07.123456", behalf="wang.fang")
    case.walk(f"approve_manager approve_manager_to_decided manager_decided manager_approves recheck_invoice {TO_FINANCE}")
    case.offer("approve_finance", "candidateGroups=finance")
    case.decide("approve_finance", "zhao.lei", "approve", "凭证已录", "01:05:07.123456", {"voucherNumber": "记-2026-11-0042"})
    case.add("decision:evaluated", "decide_authority", data={"decision": "authority", "rules": ["cny_within"]})
    case.walk(f"approve_finance approve_finance_to_decided finance_decided {TO_OA}")
    case.add("job:created", "tell_oa", data={"operation": "oa.notify"})
    case.act(
        "job:failed",
        "tell_oa",
        at="01:05:08.000001",
        by="system",
        data={"operation": "oa.notify"},
        personal={"message": "503 Service Unavailable"},
    )
    case.add("incident:raised", "tell_oa", data={"kind": "job"}, personal={"message": "503 Service Unavailable"})
    case.act(
        "incident:resolved", "tell_oa", at="01:20:00.5", by="zhao.lei", personal={"reason": "办公系统已恢复", "by": PEOPLE["zhao.lei"]}
    )
    case.act("oa:delivered", at="01:20:01", data={"connection": "feishu", "version": 9})
    case.act("job:completed", "tell_oa", at="01:20:02", by="system", data={"operation": "oa.notify"})
    case.walk("tell_oa told_to_filing open_filing filing_to_approved approved")
    case.add("instance:completed", data={"outcome": "approve"})
    about = {"id": str(INSTANCE), "businessKey": "FP-2026-000123", "title": TITLE, "status": "completed", "outcome": "approve"}
    return {
        "bpmn": (ROOT / "processes/invoice/invoice_approval.bpmn").read_text("utf-8"),
        "instance": about,
        "people": PEOPLE,
        "events": case.rows(),
    }


def application(recordings: dict[str, dict[str, Any]]) -> Flask:
    """Return a small app that shows the real templates with these recordings."""
    app = Flask("replay", template_folder=str(ROOT / "api/templates"), static_folder=str(ROOT / "api/static"))
    app.secret_key = "for this test only"
    Babel(app, locale_selector=lambda: request.args.get("language", "zh"))
    case = {"business_key": "FP-2026-000123", "title": TITLE}
    nav = [
        ("/", "待办", False, "inbox"),
        ("/s", "提交", False, "upload"),
        ("/c", "案件", True, "files"),
        ("/a", "归档", False, "archive"),
        ("/m", "管理", False, "settings"),
        ("/h", "帮助", False, "help"),
    ]

    @app.get("/replay/<name>")
    def page(name: str) -> str:
        language = "en" if request.args.get("language") == "en" else "zh-CN"
        frame = {
            "nav": nav,
            "person": {"name": "孙梅", "department": "审计部"},
            "language": language,
            "language_switch": ("?language=en", "English"),
        }
        return render_template("replay.html", instance=case, recording_url=f"/recordings/{name}.json", back_url="/", **frame)

    @app.get("/parts")
    def parts() -> str:
        return render_template_string(PARTS, nav=nav)

    @app.get("/invoice_approval.bpmn")
    def drawing() -> Response:
        return Response((ROOT / "processes/invoice/invoice_approval.bpmn").read_bytes(), mimetype="application/xml")

    @app.post("/upload")
    def upload() -> str:
        file = request.files["file"]
        return f'<p class="taken">{file.filename}: {len(file.read())}</p>'

    @app.get("/recordings/<name>.json")
    def recording(name: str) -> Response:
        return jsonify(recordings[name])

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


def tampered(change: str) -> dict[str, Any]:
    """Return the recording with one thing changed by a forger."""
    recording: dict[str, Any] = json.loads(json.dumps(record()))
    events = recording["events"]
    decided = next(event for event in events if event["type"] == "task:completed" and event["actor"] == "zhao.lei")
    if change == "body":
        body = b64decode(decided["body"]).replace(b'"outcome":"approve"', b'"outcome":"reject "')
        decided["body"] = b64encode(body).decode()
    elif change == "column":
        decided["actor"] = "li.na"
    elif change == "comment":
        decided["personal"] = b64encode(b64decode(decided["personal"]).replace("同意".encode(), "不行".encode())).decode()
    elif change == "gap":
        events.remove(decided)
    elif change == "erased":
        decided["personal"] = decided["salt"] = None
    return recording


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on an auditor's desk in Shanghai; any error or blocked resource on it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    if not (ROOT / "api/static/assets/replay.js").exists():
        pytest.skip("NO BROWSER FILES: run python diagrams/build.py; the replay page was not tested")
    recordings = {"good": record()} | {change: tampered(change) for change in ("body", "column", "comment", "gap", "erased")}
    server = make_server("127.0.0.1", 0, application(recordings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
