"""What a simulator remembers: entries of several kinds in one SQLite file."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SCHEMA = """
create table if not exists entry (serial integer primary key autoincrement, kind text not null, key text not null, parent text not null,
    person text not null, status text not null, body text not null, unique (kind, key));
create index if not exists entry_parent on entry (kind, parent);
create index if not exists entry_person on entry (kind, person, status);
create index if not exists entry_status on entry (kind, status);
"""


class Ledger:
    """Safe for threads: one connection, and one transaction at a time. Nothing survives a power cut: a simulator may forget, but not be slow."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._lock = threading.RLock()
        self._depth = 0
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = off")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Everything in it happens, or nothing. A turn in a turn is part of the outer one."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("begin immediate")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("rollback")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("commit")
            finally:
                self._depth -= 1

    def put(self, kind: str, key: str, body: Any, *, parent: str = "", person: str = "", status: str = "") -> None:
        """Write an entry, or write over it; its place in the order stays."""
        statement = (
            "insert into entry (kind, key, parent, person, status, body) values (?, ?, ?, ?, ?, ?) on conflict (kind, key) do update set"
            " parent = excluded.parent, person = excluded.person, status = excluded.status, body = excluded.body"
        )
        with self.turn():
            self._db.execute(statement, (kind, key, parent, person, status, json.dumps(body, ensure_ascii=False)))

    def get(self, kind: str, key: str) -> Any | None:
        with self._lock:
            row = self._db.execute("select body from entry where kind = ? and key = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def known(self, kind: str, key: str) -> Any:
        """Return what was stored before; raises `KeyError` when it is not there."""
        found = self.get(kind, key)
        if found is None:
            raise KeyError(f"{kind} {key}")
        return found

    def find(
        self, kind: str, *, parent: str | None = None, person: str | None = None, status: str | None = None, last: int = -1
    ) -> list[Any]:
        """Return the bodies that fit, in the order in which they were first written; with `last`, only so many of the newest."""
        wanted = {"kind": kind, "parent": parent, "person": person, "status": status}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " and ".join(f"{name} = ?" for name in given)
        with self._lock:
            rows = self._db.execute(
                f"select body from entry where {where} order by serial desc limit ?", (*given.values(), last)
            ).fetchall()
        return [json.loads(row[0]) for row in reversed(rows)]

    def drop(self, kind: str, key: str | None = None) -> None:
        """Forget one entry, or all of a kind."""
        with self.turn():
            if key is None:
                self._db.execute("delete from entry where kind = ?", (kind,))
            else:
                self._db.execute("delete from entry where kind = ? and key = ?", (kind, key))

    def next(self, name: str) -> int:
        """Return 1, 2, 3 ... for each name: a number is never given twice, not even after a reset."""
        with self.turn():
            number = int(self.get("number", name) or 0) + 1
            self.put("number", name, number)
        return number

    def reset(self) -> None:
        """Forget everything but the people, their departments, the clock and the numbers that were given."""
        with self.turn():
            self._db.execute("delete from entry where kind not in ('number', 'person', 'department', 'extra', 'clock')")
