"""Checking chains: bytes against hashes, columns against bytes, payload against digests. Needs no database, only rows in order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from engine.errors import Fault
from engine.history.events import FORMAT_VERSION, GENESIS, stamp


class Row(NamedTuple):
    """One event as it was stored; the order of the fields is that of `COLUMNS`."""

    instance_id: UUID
    number: int
    step: int
    type: str
    at: datetime
    actor: str | None
    element: str | None
    body: bytes
    hash: bytes
    personal: bytes | None
    salt: bytes | None


COLUMNS = ", ".join(Row._fields)


@dataclass(slots=True)
class Check:
    """What was checked and what was wrong."""

    chains: int = 0
    events: int = 0
    erased: int = 0
    faults: list[Fault] = field(default_factory=list)
    ends: dict[str, tuple[int, bytes]] = field(default_factory=dict)


def verify(rows: Iterable[Row], check: Check | None = None) -> Check:
    """Verify the chains of any number of instances, whose rows come in order of instance and number; faults are collected, never raised."""
    result = check or Check()
    instance: UUID | None = None
    name, previous, expected = "", GENESIS, 1
    for row in rows:
        if row[0] != instance:
            if instance is not None:
                result.ends[name] = (expected - 1, previous)
            instance, name, previous, expected = row[0], str(row[0]), GENESIS, 1
            result.chains += 1
        result.events += 1
        body, kept = row[7], row[8]
        if sha256(previous + body).digest() != kept or row[1] != expected or not (_spelled(row, name, body) or _agrees(row, name)):
            result.faults.extend(_explain(row, bytes(body), sha256(previous + body).digest(), expected))
        if row[9] is None and row[10] is None and b'"personal":null' not in body:
            result.erased += 1
        previous, expected = kept, row[1] + 1
    if instance is not None:
        result.ends[name] = (expected - 1, bytes(previous))
    return result


def _spelled(row: Row, instance: str, body: bytes) -> bool:
    """Tell whether the bytes begin and end as the columns spell them: the fast way, for ordinary events on nobody's behalf.

    Keys are sorted and `data` is the third, so what stands before and after it is known to the letter. False only means that it must be looked at.
    """
    actor = f'"{row[5]}"' if row[5] is not None else "null"
    if not body.startswith(f'{{"actor":{actor},"at":"{stamp(row[4])}","data":{{'.encode()):
        return False
    if row[9] is not None and row[10] is not None:
        personal = f'"{sha256(row[10] + row[9]).hexdigest()}"'
    else:
        personal = "null"
    element = f'"{row[6]}"' if row[6] is not None else "null"
    return body.endswith(
        f'}},"element":{element},"instance":"{instance}","number":{row[1]},"onBehalfOf":null,"personal":{personal},'
        f'"step":{row[2]},"type":"{row[3]}","v":{FORMAT_VERSION}}}'.encode()
    )


def _agrees(row: Row, instance: str) -> bool:
    """Compare the columns with the bytes; the fast way for rows that are right."""
    try:
        content = orjson.loads(row[7])
        return (
            content["number"] == row[1]
            and content["type"] == row[3]
            and content["actor"] == row[5]
            and content["element"] == row[6]
            and content["step"] == row[2]
            and content["instance"] == instance
            and content["at"] == stamp(row[4])
            and (row[9] is None or (row[10] is not None and sha256(row[10] + row[9]).hexdigest() == content["personal"]))
        )
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _explain(row: Row, body: bytes, digest: bytes, expected: int) -> Iterator[Fault]:
    """Name everything that is wrong with one row."""
    place = f"{row.instance_id}/{row.number}"
    if row.number != expected:
        yield Fault(
            "event-missing",
            "事件编号不连续",
            "An event is missing or out of order",
            path=place,
            expected=str(expected),
            found=str(row.number),
        )
    if digest != row.hash:
        yield Fault(
            "hash-mismatch", "哈希不一致", "The hash does not fit the bytes", path=place, expected=digest.hex(), found=bytes(row.hash).hex()
        )
    try:
        content: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError:
        yield Fault("bytes-unreadable", "事件内容无法读取", "The bytes are no JSON", path=place)
        return
    columns = {
        "number": row.number, "type": row.type, "actor": row.actor, "element": row.element, "step": row.step,
        "instance": str(row.instance_id), "at": stamp(row.at),
    }  # fmt: skip
    for name, value in columns.items():
        if content.get(name) != value:
            yield Fault(
                "column-differs",
                f"字段 {name} 与内容不符",
                f"Column {name} differs from the bytes",
                path=place,
                expected=str(content.get(name)),
                found=str(value),
            )
    if row.personal is not None and (
        row.salt is None or sha256(bytes(row.salt) + bytes(row.personal)).hexdigest() != content.get("personal")
    ):
        yield Fault("personal-differs", "附加内容与摘要不符", "The personal payload does not fit its digest", path=place)
