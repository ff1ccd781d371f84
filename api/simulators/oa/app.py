"""The simulator's doors: what the product calls, what tests and demos call, and the pages."""

import hashlib
import json
import socket
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, current_app, jsonify, request

from api.simulators.oa.callbacks import Callbacks
from api.simulators.oa.pages import pages
from api.simulators.oa.signature import fault_in
from api.simulators.oa.store import Store

#: counters: the next N are hit. `slow` is not counted: it is seconds, until set to 0
FAULTS = {
    "fail": "the next N answers are 500, and nothing is done",
    "busy": "the next N answers are 429 with Retry-After, and nothing is done",
    "refuse": "the next N answers are 403, and nothing is done",
    "closed": "the next N answers are 409, and nothing is done",
    "lose": "the next N are done, and the answer is lost",
    "slow": "seconds before each answer, after it is done",
    "duplicate": "the next N presses are sent twice",
    "outOfOrder": "the next N presses are sent after the one that follows them",
}
NOT_DONE = {"fail": 500, "busy": 429, "refuse": 403, "closed": 409}


@dataclass(frozen=True, slots=True)
class Config:
    """Where it keeps its store, the secret it shares with the product, and where it sends what people press."""

    store: str
    callback_url: str
    secret: str = field(repr=False)


def create_app(config: Config) -> Flask:
    """Return the simulator as a WSGI application. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = Flask(__name__, template_folder="templates", static_folder=None)
    # a page of somebody else's in the same browser must not reach it under another name
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.config["MAX_CONTENT_LENGTH"] = 5_000_000
    store = Store(config.store)
    app.extensions["store"] = store
    app.extensions["callbacks"] = Callbacks(store, config.secret, config.callback_url)
    app.extensions["secret"] = config.secret
    app.before_request(refuse_other_sites)
    app.register_blueprint(pages)
    app.add_url_rule("/snapshots", "snapshots", snapshots, methods=["POST"])
    app.add_url_rule("/requests", "requests", requests, methods=["POST"])
    app.add_url_rule("/api/todos", "todos", todos)
    app.add_url_rule("/api/press", "press", press, methods=["POST"])
    app.add_url_rule("/api/presses/<int:number>/send", "send_again", send_again, methods=["POST"])
    app.add_url_rule("/api/requests", "listed", lambda: jsonify(store.requests()))
    app.add_url_rule("/api/faults", "faults", faults, methods=["GET", "POST"])
    app.add_url_rule("/health", "health", lambda: jsonify(ok=True))
    return app


def refuse_other_sites() -> Response | None:
    """A page of another site must not press buttons here."""
    foreign = request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
    return error(403, "another site") if foreign else None


def store() -> Store:
    found: Store = current_app.extensions["store"]
    return found


def error(status: int, message: str) -> Response:
    answer = jsonify(message=message)
    answer.status_code = status
    return answer


# what the product calls


def snapshots() -> Response:
    return taken("snapshot", ("instanceKey", "version", "status", "title"))


def requests() -> Response:
    return taken("request", ("operation", "key"))


def taken(what: str, needed: tuple[str, ...]) -> Response:
    """Do what was sent once per `Idempotency-Key`, and answer with its receipt; or fail in the way that is due."""
    raw = request.get_data()
    wrong = fault_in(current_app.extensions["secret"], request.headers, raw)
    if wrong:
        return error(401, wrong)
    for name, status in NOT_DONE.items():
        if store().use_fault(name):
            answer = error(status, f"simulated {name}")
            if name == "busy":
                answer.headers["Retry-After"] = "7"
            return answer
    try:
        body = json.loads(raw)
    except ValueError:
        return error(400, "no JSON")
    key = request.headers.get("Idempotency-Key", "")
    missing = [name for name in needed if not isinstance(body, dict) or name not in body] or ([] if key else ["Idempotency-Key"])
    if missing:
        return error(400, f"missing: {', '.join(missing)}")
    answer = once(what, key, raw, body)
    time.sleep(store().faults().get("slow", 0))
    if store().use_fault("lose"):
        return hang_up()
    return answer


def once(what: str, key: str, raw: bytes, body: dict[str, Any]) -> Response:
    digest = hashlib.sha256(raw).hexdigest()
    with store().writing() as db:
        known = db.execute("select digest, body from receipt where key = ?", (key,)).fetchone()
        if known and known["digest"] != digest:
            return error(422, "another body under the same Idempotency-Key")
        if known:
            return jsonify(json.loads(known["body"]))
        try:
            receipt = store().take_snapshot(db, body) if what == "snapshot" else store().take_request(db, body)
        except (KeyError, TypeError, AttributeError, sqlite3.Error) as wrong:
            db.execute("rollback")
            return error(400, f"cannot be read: {wrong}")
        db.execute("insert into receipt values (?, ?, ?)", (key, digest, json.dumps(receipt)))
        return jsonify(receipt)


def hang_up() -> Response:
    """Close the connection without an answer; under a server without sockets, answer 500."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return error(500, "the answer is lost")


# what tests and demos call


def todos() -> Response:
    person = request.args.get("person", "")
    found = [task for task in store().tasks(person) if task["status"] == "pending"]
    return jsonify(found)


def press() -> Response:
    """Press as a person. `task` must be known; that it is hers and open is for the product to judge: late and foreign presses do happen."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("person", "taskKey", "outcome")):
        return error(400, "person, taskKey and outcome are needed")
    task = store().task(body["taskKey"])
    if task is None:
        return error(404, "no such task")
    number = current_app.extensions["callbacks"].press(body["person"], task, body["outcome"], str(body.get("comment", "")))
    return pressed(number)


def send_again(number: int) -> Response:
    if store().press(number) is None:
        return error(404, "no such press")
    current_app.extensions["callbacks"].send(number)
    return pressed(number)


def pressed(number: int) -> Response:
    found = store().press(number)
    if found is None:
        return error(404, "no such press")
    return jsonify(press=number, eventId=found["event_id"], status=found["status"], answer=found["answer"])


def faults() -> Response:
    if request.method == "POST":
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not all(
            name in FAULTS and isinstance(value, int | float) and 0 <= value <= 100 for name, value in body.items()
        ):
            return error(400, f"known faults: {', '.join(FAULTS)}; values 0 to 100")
        store().set_faults({name: float(value) for name, value in body.items()})
    current = store().faults()
    return jsonify({name: {"value": current.get(name, 0), "meaning": meaning} for name, meaning in FAULTS.items()})
