"""What goes into a package, from plain data: no database, no clock, no settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.history.chain import Row
from processes.archive import chainfile, explanation, metadata, naming, record_page

READABLE = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
METADATA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Chronicle:
    """One case behind the item: `name` is `approval` or `filing`. `files` are its drawings and decision tables as deployed."""

    name: str
    instance: str
    business_key: str
    process: str
    rows: Sequence[Row]
    files: Mapping[str, bytes] = field(default_factory=dict)
    element_names: Mapping[str, str] = field(default_factory=dict)
    field_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"data/history/{self.name}.jsonl"

    @property
    def last_hash(self) -> str:
        return self.rows[-1].hash.hex() if self.rows else ""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything about an item that has its code. `documents` are (document as in the request, bytes); `kind` names the subject's own file."""

    code: str
    title: str
    kind: str
    metadata: Mapping[str, Any]
    content: Mapping[str, Any]
    documents: Sequence[tuple[Mapping[str, Any], bytes]]
    checks: Sequence[Mapping[str, Any]]
    receipts: Mapping[str, Any]
    chronicles: Sequence[Chronicle]
    time_zone: str


def payload(material: Material) -> dict[str, bytes]:
    """Return the payload files of a package by path."""
    originals, files = _originals(material)
    for chronicle in material.chronicles:
        files[chronicle.path] = chainfile.dump(chronicle.rows)
    files |= _processes(material)
    files[f"data/{naming.safe(material.kind)}.json"] = _json(material.content)
    files["data/checks.json"] = _json(list(material.checks))
    files["data/receipts.json"] = _json(material.receipts)
    files["data/metadata.json"] = _json(_metadata(material, originals))
    files["data/approval-record.html"] = record_page.render(material, originals).encode()
    files["data/说明.txt"] = explanation.write(material).encode()
    return files


def _originals(material: Material) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    taken: set[str] = set()
    listed, files = [], {}
    for document, content in material.documents:
        path = f"data/original/{naming.unique(document['name'], taken)}"
        listed.append({**document, "path": path})
        files[path] = content
    return listed, files


def _processes(material: Material) -> dict[str, bytes]:
    taken: set[str] = set()
    files: dict[str, bytes] = {}
    for chronicle in material.chronicles:
        for name, content in chronicle.files.items():
            files[f"data/process/{naming.unique(name, taken)}"] = content
    return files


def _metadata(material: Material, originals: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "v": METADATA_VERSION,
        "code": material.code,
        "title": material.title,
        "metadata": material.metadata,
        "labels": metadata.LABELS,
        "documents": originals,
        "histories": [
            {
                "path": chronicle.path, "instance": chronicle.instance, "businessKey": chronicle.business_key, "process": chronicle.process,
                "events": len(chronicle.rows), "lastHash": chronicle.last_hash,
            }
            for chronicle in material.chronicles
        ],
    }  # fmt: skip


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=READABLE) + b"\n"
