"""What people see: who they are, their to-dos, one to-do with its buttons, and what the product said to their press."""

from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.simulators.oa.store import Store

pages = Blueprint("pages", __name__)
CHINA = timezone(timedelta(hours=8))
DEFAULT_ACTIONS = [{"key": "approve", "label": "同意"}, {"key": "reject", "label": "驳回"}]
STATUSES = {
    "pending": "待处理",
    "approved": "已同意",
    "rejected": "已驳回",
    "transferred": "已转办",
    "delegated": "已委派",
    "closed": "已关闭",
    "canceled": "已取消",
}


def store() -> Store:
    found: Store = current_app.extensions["store"]
    return found


@pages.app_template_filter("china")
def china(value: str | None) -> str:
    """Return a moment as people in China read it."""
    if not value:
        return ""
    return datetime.fromisoformat(value).astimezone(CHINA).strftime("%m-%d %H:%M")


@pages.app_template_filter("status")
def status(value: str) -> str:
    return STATUSES.get(value, value)


@pages.get("/")
def people() -> str:
    return render_template("people.html", people=store().people())


@pages.get("/todos")
def todos() -> str:
    person = request.args.get("person", "")
    tasks = store().tasks(person)
    waiting = [task for task in tasks if task["status"] == "pending"]
    done = [task for task in tasks if task["status"] != "pending"]
    return render_template("todos.html", person=person, waiting=waiting, done=done)


@pages.get("/task")
def task() -> str:
    found = wanted(request.args.get("key", ""))
    number = request.args.get("press", "")
    press = store().press(int(number)) if number.isdecimal() and len(number) < 16 else None
    return render_template(
        "task.html", person=request.args.get("person", found["assignee"]), task=found, actions=buttons(found), press=press
    )


@pages.post("/task")
def decide() -> Response:
    found = wanted(request.form.get("key", ""))
    person = request.form.get("person", "")
    number = current_app.extensions["callbacks"].press(person, found, request.form.get("outcome", ""), request.form.get("comment", ""))
    return redirect(url_for("pages.task", key=found["taskKey"], person=person, press=number), code=303)


@pages.post("/send")
def send_again() -> Response:
    number = request.form.get("press", "")
    press = store().press(int(number)) if number.isdecimal() and len(number) < 16 else None
    if press is None:
        abort(404)
    current_app.extensions["callbacks"].send(press["id"])
    return redirect(url_for("pages.task", key=press["task_key"], person=press["person"], press=press["id"]), code=303)


def wanted(key: str) -> dict[str, Any]:
    found = store().task(key)
    if found is None:
        abort(404)
    return found


def buttons(task: dict[str, Any]) -> list[dict[str, Any]]:
    return task.get("actions") or DEFAULT_ACTIONS
