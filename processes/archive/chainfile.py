"""A history as a file: one line of JSON an event, with the exact bytes that were hashed, so that the chain can be checked anywhere.

A line is `{number, step, type, at, actor, element, body, hash, personal, salt}`; body, personal and salt are base64, hash is hex. An erased payload is null.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from engine.errors import Fault
from engine.history.chain import Row
from engine.history.events import stamp


def dump(rows: Iterable[Row]) -> bytes:
    """Return the file of a history."""
    return b"".join(orjson.dumps(_line(row)) + b"\n" for row in rows)


def _line(row: Row) -> dict[str, Any]:
    return {
        "number": row.number, "step": row.step, "type": row.type, "at": stamp(row.at), "actor": row.actor, "element": row.element,
        "body": b64encode(row.body).decode(), "hash": row.hash.hex(), "personal": _text(row.personal), "salt": _text(row.salt),
    }  # fmt: skip


def _text(payload: bytes | None) -> str | None:
    return None if payload is None else b64encode(payload).decode()


def load(data: bytes, path: str) -> tuple[list[Row], list[Fault]]:
    """Return the events of a file and a fault for each line that is no event; what the hashes say is not looked at here."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            rows.append(_row(orjson.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            faults.append(
                Fault(
                    "event-unreadable",
                    "记录行无法读取",
                    "A line is no event",
                    path=f"{path}:{number}",
                    line=number,
                    found=repr(error)[:120],
                )
            )
    return rows, faults


def _row(line: dict[str, Any]) -> Row:
    body = b64decode(line["body"], validate=True)
    content = orjson.loads(body)
    at = datetime.fromisoformat(line["at"])
    stamp(at)  # a time that cannot be written in UTC is none
    if not isinstance(content, dict) or at.tzinfo is None or not isinstance(line["number"], int):
        raise TypeError("an event is an object with a number and a time with its zone")
    return Row(
        UUID(content["instance"]), line["number"], line["step"], line["type"], at, line["actor"], line["element"], body, bytes.fromhex(line["hash"]),
        _bytes(line["personal"]), _bytes(line["salt"]),
    )  # fmt: skip


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)
