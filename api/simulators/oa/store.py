"""What the simulated office system remembers: one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

SCHEMA = """
create table if not exists snapshot (instance_key text primary key, version integer not null, body text not null);
create table if not exists task (task_key text primary key, instance_key text not null, assignee text not null, status text not null, body text not null);
create index if not exists task_assignee on task (assignee, status);
create table if not exists receipt (key text primary key, digest text not null, body text not null);
create table if not exists request (id integer primary key, key text not null, operation text not null, payload text not null, at text not null);
create table if not exists press (id integer primary key, event_id text not null, task_key text not null, person text not null, body blob not null,
    at text not null, status integer, answer text);
create table if not exists fault (name text primary key, value real not null);
"""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """Every method is one transaction, or runs in the one its caller has opened with `writing`."""

    def __init__(self, path: str) -> None:
        self.path = path
        with self.writing() as db:
            db.executescript(SCHEMA)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("begin immediate")
            try:
                yield db
            except BaseException:
                db.execute("rollback")
                raise
            if db.in_transaction:
                db.execute("commit")

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self.path, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(statement, values).fetchall()

    # what the product sends

    def take_snapshot(self, db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
        """Remember a snapshot if it is newer than the last one of its instance; an older or equal one changes nothing."""
        key, version = body["instanceKey"], body["version"]
        known = db.execute("select version from snapshot where instance_key = ?", (key,)).fetchone()
        if known and known["version"] >= version:
            return {"remoteId": key, "ignored": True, "version": known["version"]}
        db.execute("insert or replace into snapshot values (?, ?, ?)", (key, version, json.dumps(body)))
        # a task that was open and is not spoken of any more was decided in a step whose snapshot never came
        db.execute("update task set status = 'closed' where instance_key = ? and status = 'pending'", (key,))
        for task in body.get("tasks", []):
            values = (task["taskKey"], key, task["assignee"], task["status"], json.dumps(task))
            db.execute("insert or replace into task values (?, ?, ?, ?, ?)", values)
        if body["status"] != "running":
            db.execute("update task set status = 'closed' where instance_key = ? and status = 'pending'", (key,))
        return {"remoteId": key, "ignored": False, "version": version}

    def take_request(self, db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
        values = (body["key"], body["operation"], json.dumps(body.get("payload")), now())
        number = db.execute("insert into request (key, operation, payload, at) values (?, ?, ?, ?)", values).lastrowid
        return {"remoteId": f"OA-{number}", "operation": body["operation"]}

    def requests(self) -> list[dict[str, Any]]:
        rows = self.rows("select * from request order by id")
        return [{**dict(row), "payload": json.loads(row["payload"])} for row in rows]

    # what people see and do

    def people(self) -> list[sqlite3.Row]:
        return self.rows(
            "select assignee, sum(status = 'pending') as waiting, count(*) as tasks from task group by assignee order by assignee"
        )

    def tasks(self, person: str) -> list[dict[str, Any]]:
        """Return a person's tasks, the newest first, each with the instance it belongs to and whether the person has pressed on it."""
        rows = self.rows(
            "select t.status, t.body, s.body as instance, (select p.status from press p where p.task_key = t.task_key order by p.id desc limit 1) as press,"
            " (select count(*) from press p where p.task_key = t.task_key) as presses"
            " from task t join snapshot s using (instance_key) where t.assignee = ? order by t.rowid desc limit 500",
            person,
        )
        return [
            {
                **json.loads(row["body"]),
                "status": row["status"],
                "instance": json.loads(row["instance"]),
                "press": row["press"],
                "presses": row["presses"],
            }
            for row in rows
        ]

    def task(self, task_key: str) -> dict[str, Any] | None:
        rows = self.rows("select t.*, s.body as instance from task t join snapshot s using (instance_key) where task_key = ?", task_key)
        return {**json.loads(rows[0]["body"]), "status": rows[0]["status"], "instance": json.loads(rows[0]["instance"])} if rows else None

    def note_press(self, event_id: str, task_key: str, person: str, body: bytes) -> int:
        with self.writing() as db:
            statement = "insert into press (event_id, task_key, person, body, at) values (?, ?, ?, ?, ?)"
            return int(db.execute(statement, (event_id, task_key, person, body, now())).lastrowid or 0)

    def note_answer(self, press: int, status: int | None, answer: str) -> None:
        with self.writing() as db:
            db.execute("update press set status = ?, answer = ? where id = ?", (status, answer, press))

    def press(self, number: int) -> sqlite3.Row | None:
        rows = self.rows("select * from press where id = ?", number)
        return rows[0] if rows else None

    # faults

    def faults(self) -> dict[str, float]:
        return {row["name"]: row["value"] for row in self.rows("select name, value from fault where value > 0")}

    def set_faults(self, values: dict[str, float]) -> None:
        with self.writing() as db:
            db.executemany("insert or replace into fault values (?, ?)", list(values.items()))

    def use_fault(self, name: str) -> bool:
        """Say whether a fault is due, and count it down."""
        with self.writing() as db:
            return db.execute("update fault set value = value - 1 where name = ? and value >= 1", (name,)).rowcount > 0
