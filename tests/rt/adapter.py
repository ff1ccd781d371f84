"""A small adapter between the generic webhook and Request Tracker: what a company writes whose office system is none of those we know.

Snapshots become tickets: one a task and person, owned by her. A ticket that somebody resolves or rejects becomes a press. Request Tracker tells of it once and
never again when nobody listens, so `POST /reconcile` looks through what changed. A write carries the ETag that was read: 412 says that somebody was quicker.
"""

import argparse
import hashlib
import hmac
import json
import sqlite3
from contextlib import closing
from typing import Any

import httpx
from adapter_names import HOOK_SECRET, QUEUE, SECRET
from flask import Flask, Response, jsonify, request

from api.simulators.oa.signature import fault_in, signed_headers

SCHEMA = """
create table if not exists ticket (id integer primary key, task text not null, task_key text not null unique, nonce text not null);
create table if not exists version (instance text primary key, version integer not null);
create table if not exists told (id text primary key);
"""
ENDED = {"approved": "resolved", "rejected": "rejected"}
PRESSED = {"resolved": "approve", "rejected": "reject"}


class Adapter:
    """One store, one Request Tracker, one callback address."""

    def __init__(self, store: str, rt: str, callback: str) -> None:
        self.store, self.callback, self.listens = store, callback, True
        self.rt = httpx.Client(base_url=f"{rt}/REST/2.0", auth=("root", "password"), timeout=30)
        with self.db() as db:
            db.executescript(SCHEMA)

    def db(self) -> Any:
        found = sqlite3.connect(self.store, timeout=20, isolation_level=None)
        found.row_factory = sqlite3.Row
        return closing(found)

    # from us

    def show(self, snapshot: dict[str, Any]) -> None:
        with self.db() as db:
            known = db.execute("select version from version where instance = ?", (snapshot["instanceKey"],)).fetchone()
            if known and known["version"] >= snapshot["version"]:
                return
            for task in sorted(snapshot["tasks"], key=lambda one: one["status"] == "pending"):
                self.show_task(db, snapshot, task)
            db.execute("insert or replace into version values (?, ?)", (snapshot["instanceKey"], snapshot["version"]))

    def show_task(self, db: sqlite3.Connection, snapshot: dict[str, Any], task: dict[str, Any]) -> None:
        row = db.execute("select * from ticket where task_key = ?", (task["taskKey"],)).fetchone()
        if task["status"] != "pending":
            if row is not None and self.read(row["id"])["Status"] in ("new", "open"):
                self.write(row["id"], {"Status": ENDED.get(task["status"], "deleted")})
            return
        fields = {"TaskKey": task["taskKey"], "Nonce": task["nonce"], "Link": task["links"]["pc"]}
        if row is not None:
            self.write(row["id"], {"CustomFields": fields, "Status": "open"})
            db.execute("update ticket set nonce = ? where id = ?", (task["nonce"], row["id"]))
            return
        moved = self.moved(db, snapshot, task)
        if moved is not None:  # it went to somebody else: the ticket follows
            self.write(moved, {"Owner": task["assignee"].replace(".", "_"), "CustomFields": fields, "Status": "open"})
            db.execute("update ticket set task_key = ?, nonce = ? where id = ?", (task["taskKey"], task["nonce"], moved))
            return
        made = self.rt.post(
            "/ticket",
            json={"Queue": QUEUE, "Subject": snapshot["title"], "Owner": task["assignee"].replace(".", "_"), "Status": "open", "CustomFields": fields},
        ).raise_for_status().json()  # fmt: skip
        values = (int(made["id"]), task["taskKey"].partition(":")[0], task["taskKey"], task["nonce"])
        db.execute("insert into ticket values (?, ?, ?, ?)", values)

    def moved(self, db: sqlite3.Connection, snapshot: dict[str, Any], task: dict[str, Any]) -> int | None:
        """Return the ticket of the same task that is nobody's any more."""
        mine = task["taskKey"].partition(":")[0]
        still = {one["taskKey"] for one in snapshot["tasks"] if one["status"] == "pending"}
        rows = db.execute("select id, task_key from ticket where task = ?", (mine,)).fetchall()
        return next((int(row["id"]) for row in rows if row["task_key"] not in still), None)

    def read(self, ticket: int) -> dict[str, Any]:
        found: dict[str, Any] = self.rt.get(f"/ticket/{ticket}").raise_for_status().json()
        return found

    def write(self, ticket: int, changes: dict[str, Any]) -> None:
        """Change a ticket as it was read; when somebody was quicker, read it again. An impossible change is answered with 200 and a sentence."""
        for _ in range(3):
            read = self.rt.get(f"/ticket/{ticket}").raise_for_status()
            if read.json()["Status"] in ("resolved", "rejected", "deleted") and changes.get("Status") == "deleted":
                return
            answer = self.rt.put(f"/ticket/{ticket}", json=changes, headers={"If-Match": read.headers["ETag"]})
            if answer.status_code != 412:
                answer.raise_for_status()
                wanted = changes.get("Status")
                if wanted and self.read(ticket)["Status"] != wanted:
                    raise RuntimeError(f"ticket {ticket}: {answer.text[:200]}")
                return
        raise RuntimeError(f"ticket {ticket} changes under our hands")

    # from Request Tracker

    def press(self, transaction: int, ticket: int, actor: str, new: str) -> bool:
        """Tell of a decision once; False when there is nothing to tell."""
        if actor == "root" or new not in PRESSED:
            return False
        with self.db() as db:
            row = db.execute("select * from ticket where id = ?", (ticket,)).fetchone()
            if row is None or db.execute("select 1 from told where id = ?", (f"rt-{transaction}",)).fetchone():
                return False
            body = json.dumps(
                {"eventId": f"rt-{transaction}", "kind": "task.action", "taskKey": row["task_key"], "nonce": row["nonce"], "outcome": PRESSED[new],
                 "comment": "", "actor": actor}
            ).encode()  # fmt: skip
            httpx.post(
                self.callback, content=body, headers=signed_headers(SECRET, f"rt-{transaction}", body), timeout=10
            ).raise_for_status()
            db.execute("insert into told values (?)", (f"rt-{transaction}",))
            return True

    def reconcile(self) -> int:
        """Look through every ticket that was changed in the last days for decisions nobody told us of; returns how many there were."""
        found = 0
        listed = self.rt.get("/tickets", params={"query": f"Queue = '{QUEUE}' AND LastUpdated > '2 days ago'", "per_page": 100})
        for item in listed.raise_for_status().json()["items"]:
            history = self.rt.get(f"/ticket/{item['id']}/history", params={"fields": "Type,Creator,NewValue", "per_page": 100})
            for one in history.raise_for_status().json()["items"]:
                if one.get("Type") == "Status":
                    found += self.press(int(one["id"]), int(item["id"]), one["Creator"]["id"], one["NewValue"])
        return found


def create_app(adapter: Adapter) -> Flask:
    app = Flask("adapter")

    @app.get("/health")
    def health() -> Response:
        return jsonify(ok=True)

    @app.post("/snapshots")
    def snapshots() -> Any:
        wrong = fault_in(SECRET, request.headers, request.get_data())
        if wrong:
            return jsonify(message=wrong), 401
        snapshot = request.get_json()
        adapter.show(snapshot)
        return jsonify(remoteId=snapshot["instanceKey"])

    @app.post("/requests")
    def requests() -> Response:
        return jsonify(remoteId="none")

    @app.post("/rt")
    def rt() -> Any:
        if not adapter.listens:
            return jsonify(message="away"), 503
        mine = hmac.new(HOOK_SECRET.encode(), request.get_data(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mine, request.headers.get("X-RT-Signature", "")):
            return jsonify(message="signature"), 401
        told = request.get_json()
        return jsonify(told=adapter.press(told["transaction"], told["ticket"], told["actor"], told["new"]))

    @app.post("/listen/<int:on>")
    def listen(on: int) -> Response:
        adapter.listens = bool(on)
        return jsonify(listens=adapter.listens)

    @app.post("/reconcile")
    def reconcile() -> Response:
        return jsonify(found=adapter.reconcile())

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--port", "--store", "--rt", "--callback"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    create_app(Adapter(options.store, options.rt, options.callback)).run("127.0.0.1", int(options.port), threaded=True)


if __name__ == "__main__":
    main()
