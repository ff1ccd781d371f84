"""A recorded case as the server would send it, and the real pages around it, served with the strict Content-Security-Policy."""

import base64
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask, Response, jsonify, render_template, render_template_string, request
from flask_babel import Babel
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = "01980000-0000-7000-8000-000000000123"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'"
PEOPLE = {
    "li.na": {"name": "李娜", "department": "行政部"},
    "wang.fang": {"name": "王芳", "department": "行政部"},
    "zhao.lei": {"name": "赵蕾", "department": "财务部"},
}


PARTS = """{% extends 'base.html' %}{% block content %}
<ul><li data-row><a href="#one" id="one">1</a></li><li data-row><a href="#two" id="two">2</a></li></ul>
<form id="decide"><label><input type="radio" name="outcome" value="approve" data-key="a" data-focus="comment"> 同意</label>
<textarea id="comment"></textarea></form>
<form data-upload data-upload-rows="rows" data-sending="正在上传" data-failed="上传失败"
 action="/upload" method="post" enctype="multipart/form-data">
<label for="file">选择文件</label><input id="file" type="file" name="file" multiple></form><div id="rows"></div>
<button class="btn" data-copy="FP-2026-000123" data-copied="已复制">复制</button>
<div data-bpmn-url="/invoice_approval.bpmn" data-current="approve_finance" data-taken="submitted submitted_to_again again"></div>
{% endblock %}{% block scripts %}<script type="module" src="{{ url_for('static', filename='assets/viewer.js') }}"></script>{% endblock %}"""


class Recorder:
    """Writes events as the engine does: exact bytes, chained, the personal part beside them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.step = 0

    def add(
        self,
        kind: str,
        element: str | None = None,
        *,
        actor: str | None = None,
        behalf: str | None = None,
        personal: Any = None,
        **data: Any,
    ) -> None:
        number = len(self.events) + 1
        payload = orjson.dumps(personal, option=orjson.OPT_SORT_KEYS) if personal is not None else None
        salt = hashlib.sha256(str(number).encode()).digest()[:16] if payload else None
        digest = hashlib.sha256(salt + payload).hexdigest() if payload and salt else None
        at = f"2026-11-22T01:{self.step:02d}:07.{123456 + number:06d}Z"
        row = {"number": number, "step": self.step, "type": kind, "at": at, "actor": actor, "onBehalfOf": behalf, "element": element}
        body = orjson.dumps({"v": 1, "instance": INSTANCE, "data": data, "personal": digest, **row}, option=orjson.OPT_SORT_KEYS)
        previous = bytes.fromhex(self.events[-1]["hash"]) if self.events else bytes(32)
        self.events.append(
            row
            | {"body": base64.b64encode(body).decode(), "hash": hashlib.sha256(previous + body).hexdigest()}
            | {
                "personal": base64.b64encode(payload).decode() if payload else None,
                "salt": base64.b64encode(salt).decode() if salt else None,
            }
        )

    def way(self, *places: str) -> None:
        """Walk over elements and flows in turn; the last element is entered and not left."""
        for here, following in zip(places, [*places[1:], None], strict=True):
            if following is None:
                self.add("element:entered", here)
            elif "_to_" in here or here in FLOWS:
                self.add("flow:taken", here)
            else:
                self.add("element:entered", here)
                self.add("element:left", here)


FLOWS = {
    "checks_blocking",
    "checks_clean",
    "manager_returns",
    "manager_approves",
    "recheck_clean",
    "finance_approves",
    "director_not_needed",
}


def record() -> dict[str, Any]:
    """Return a case that is returned once, delegated once, delivered to the office system after one failure, and approved."""
    book = Recorder()

    def decide(element: str, actor: str, outcome: str, comment: str, **more: Any) -> None:
        book.step += 1
        changes = [{"name": "outcome", "old": None, "new": outcome}, *more.pop("changes", [])]
        form = [{"label": "销售方", "value": "上海某某科技有限公司"}, {"label": "价税合计", "value": "10600.00"}]
        facts = {"channel": {"zh": "飞书", "en": "Feishu"}, "address": "10.1.2.3", "outcome": outcome}
        book.add("task:completed", element, actor=actor, personal={"comment": comment, "changes": changes, "form": form}, **facts, **more)
        book.add("element:left", element)

    def offer(element: str, assignee: str, zh: str, en: str) -> None:
        book.add("task:created", element, why={"zh": zh, "en": en})
        book.add("task:assigned", element, assignee=assignee)
        if element.startswith("approve"):
            book.add("timer:created", element.replace("approve", "late"), due="2026-11-23T01:00:00.000000Z")

    book.step = 1
    book.add(
        "instance:started",
        actor="li.na",
        personal={"changes": [{"name": "reminderAfter", "old": None, "new": "PT24H"}]},
        channel={"zh": "网页", "en": "Web page"},
    )
    book.way("submitted", "submitted_to_again", "again", "again_to_check", "check_invoice")
    book.add("operation:completed", "check_invoice", operation="invoice.check")
    book.add("element:left", "check_invoice")
    book.way("check_to_passed", "checks_passed", "checks_clean", "approve_manager")
    offer("approve_manager", "wang.fang", "行政部负责人", "Head of Administration")
    decide("approve_manager", "wang.fang", "return", "请补充合同编号，金额与订单不符。")
    book.way("approve_manager_to_decided", "manager_decided", "manager_returns", "correct_submission")
    offer("correct_submission", "li.na", "发起人", "Initiator")
    decide("correct_submission", "li.na", "resubmit", "已补充")
    book.way(
        "correct_to_again",
        "again",
        "again_to_check",
        "check_invoice",
        "check_to_passed",
        "checks_passed",
        "checks_clean",
        "approve_manager",
    )
    offer("approve_manager", "wang.fang", "行政部负责人", "Head of Administration")
    decide("approve_manager", "zhao.lei", "approve", "同意", behalf="wang.fang")
    book.way(
        "approve_manager_to_decided",
        "manager_decided",
        "manager_approves",
        "recheck_invoice",
        "recheck_to_passed",
        "recheck_passed",
        "recheck_clean",
        "approve_finance",
    )
    offer("approve_finance", "zhao.lei", "财务组成员", "Member of the finance group")
    decide("approve_finance", "zhao.lei", "approve", "凭证已录", changes=[{"name": "voucherNumber", "old": None, "new": "记-2026-11-0042"}])
    book.way("approve_finance_to_decided", "finance_decided", "finance_approves", "decide_authority")
    book.add("decision:evaluated", "decide_authority", rules=["cny_within"])
    book.add("element:left", "decide_authority")
    book.way("authority_to_needed", "director_needed", "director_not_needed", "tell_oa")
    book.add("job:created", "tell_oa", operation="oa.notify")
    book.step += 1
    book.add("job:failed", "tell_oa", error="503 Service Unavailable")
    book.add("incident:raised", "tell_oa", error="503 Service Unavailable")
    book.step += 1
    book.add("incident:resolved", "tell_oa", actor="zhao.lei")
    book.step += 1
    book.add("oa:delivered", "tell_oa", operation="oa.notify")
    book.add("element:left", "tell_oa")
    book.way("told_to_filing", "open_filing", "filing_to_approved", "approved")
    book.add("instance:completed", "approved", outcome="approve")
    case = {
        "id": INSTANCE,
        "businessKey": "FP-2026-000123",
        "title": "发票 26312000000123456789 · 上海某某科技有限公司",
        "status": "completed",
        "outcome": "approve",
    }
    return {
        "bpmn": (ROOT / "processes/invoice/invoice_approval.bpmn").read_text("utf-8"),
        "instance": case,
        "people": PEOPLE,
        "events": book.events,
    }


def application(recordings: dict[str, dict[str, Any]]) -> Flask:
    """Return a small app that shows the real templates with these recordings."""
    app = Flask("replay", template_folder=str(ROOT / "api/templates"), static_folder=str(ROOT / "api/static"))
    app.secret_key = "for this test only"
    Babel(app, locale_selector=lambda: request.args.get("language", "zh"))
    case = {"business_key": "FP-2026-000123", "title": "发票 26312000000123456789 · 上海某某科技有限公司"}
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
        body = base64.b64decode(decided["body"]).replace(b'"outcome":"approve"', b'"outcome":"reject "')
        decided["body"] = base64.b64encode(body).decode()
    elif change == "column":
        decided["actor"] = "li.na"
    elif change == "comment":
        decided["personal"] = base64.b64encode(base64.b64decode(decided["personal"]).replace("同意".encode(), "不行".encode())).decode()
    elif change == "gap":
        events.remove(decided)
    elif change == "erased":
        decided["personal"] = decided["salt"] = None
    return recording


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("NO CHROMIUM on this machine: the replay page was not tested")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


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
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
