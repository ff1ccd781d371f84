"""The four-nature check: what is right passes, and each thing that is wrong fails its own rule and no other."""

from dataclasses import replace
from hashlib import md5, new, sha256
from typing import Any

import pytest
from archive_support import APPROVAL, approval_rows, chain_of, document_of

from processes.archive import checks
from processes.archive.evidence import Evidence, Examined
from processes.archive.sources import Opened
from processes.archive.usability import EICAR

FACTS = {"documentNumber": "1", "date": "2026-11-02", "amount": "10.00", "currency": "CNY"}
METADATA = {
    "title": "发票 1", "responsible": "甲公司", "fonds": "S001", "unitName": "乙公司", "recordClass": "PZ", "retention": "D30", "fiscalYear": "2026",
    "period": "2026-11", "voucherNumber": "记-1", **FACTS,
}  # fmt: skip
REQUEST = {
    "legalEntity": {"fonds": "S001"}, "recordClass": "PZ", "retention": "D30", "period": "2026-11", "statedPeriod": "2026-11", "originalMissing": False,
}  # fmt: skip


def examined(content: bytes = b"<invoice/>", role: str = "original", opened: Opened | None = None, **stated: Any) -> Examined:
    document, _ = document_of("发票.xml", content, role)
    return Examined(document | stated, content, opened or Opened("application/xml", FACTS, "right"))


def evidence(**changes: Any) -> Evidence:
    rows = approval_rows()
    values: dict[str, Any] = {
        "request": REQUEST, "metadata": METADATA, "documents": [examined()], "history": rows, "expected_end": (5, rows[-1].hash), "month_now": "2026-11",
    }  # fmt: skip
    return Evidence(**(values | changes))


def failed(given: Evidence) -> dict[str, list[str]]:
    return {result["code"]: result["evidence"] for result in checks.run(given) if result["result"] == "failed"}


def test_what_is_right_passes_and_what_nobody_looked_at_says_so() -> None:
    results = checks.run(evidence())

    assert [result["code"] for result in results if result["result"] == "failed"] == []
    assert [result["code"] for result in results if result["result"] == "not-checked"] == ["GD-ZS-4-3", "GD-AQ-1-2", "GD-AQ-2-1"]
    assert {result["nature"] for result in results} == {"真实性", "完整性", "可用性", "安全性"}
    assert len({result["code"] for result in results}) == len(results)


CONTENT = b"<invoice/>"
SHA, SM3 = sha256(CONTENT).hexdigest(), new("sm3", CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("GD-ZS-1-1", {"documents": [examined(sha256="0" * 64)]}),
        ("GD-ZS-1-1", {"documents": [examined(sm3="0" * 64)]}),
        ("GD-ZS-1-2", {"documents": [examined(opened=Opened("application/xml", FACTS, "wrong"))]}),
        ("GD-ZS-2-1", {"metadata": METADATA | {"title": "a\x07"}}),
        ("GD-ZS-2-2", {"request": REQUEST | {"statedPeriod": "2026-13"}}),
        ("GD-ZS-2-2", {"month_now": "2029-01"}),
        ("GD-ZS-3-1", {"request": REQUEST | {"legalEntity": {"fonds": "s 1"}}}),
        ("GD-ZS-3-2", {"twins": ["S001-KU·PZ·2026-D30-0001-0001"]}),
        ("GD-ZS-4-1", {"documents": [examined(size=11)]}),
        ("GD-ZS-4-1", {"documents": [examined(mediaType="application/pdf")]}),
        ("GD-ZS-4-2", {"documents": [examined(opened=Opened("application/xml", FACTS | {"amount": "10.01"}, "right"))]}),
        ("GD-ZS-4-2", {"documents": [examined(opened=Opened("application/xml", FACTS | {"documentNumber": "2"}, "right"))]}),
        ("GD-ZS-4-3", {"documents": [examined(role="carrier", opened=Opened("application/xml", FACTS | {"date": "2026-11-03"})), examined()]}),
        ("GD-WZ-1-1", {"documents": [examined(), replace(examined(), content=None, opened=None)]}),
        ("GD-WZ-1-2", {"request": REQUEST | {"originalMissing": True}}),
        ("GD-WZ-2-1", {"metadata": METADATA | {"responsible": ""}}),
        ("GD-WZ-2-2", {"metadata": METADATA | {"voucherNumber": ""}}),
        ("GD-KY-2-1", {"documents": [examined(), replace(examined(), opened=None, reason="encrypted")]}),
        ("GD-KY-2-2", {"documents": [examined(opened=Opened("text/html", FACTS, "right"), mediaType="text/html")]}),
        ("GD-AQ-1-1", {"documents": [examined(EICAR)]}),
    ],
)  # fmt: skip
def test_each_wrong_thing_fails_its_own_rule(code: str, changes: dict[str, Any]) -> None:
    assert list(failed(evidence(**changes))) == [code]


def test_only_a_print_is_refused_as_an_electronic_archive_r23() -> None:
    found = failed(evidence(documents=[examined(role="copy", opened=Opened("application/xml"))]))

    assert list(found) == ["GD-WZ-1-2"]
    assert "original missing" in found["GD-WZ-1-2"][0]


def test_amounts_are_compared_as_numbers() -> None:
    assert failed(evidence(documents=[examined(opened=Opened("application/xml", FACTS | {"amount": "10.0"}, "right"))])) == {}


def test_a_number_is_the_same_in_every_width_and_with_blanks() -> None:
    facts = FACTS | {"documentNumber": " １ "}

    assert failed(evidence(documents=[examined(opened=Opened("application/xml", facts, "right"))])) == {}


def test_blanks_of_other_scripts_are_allowed_in_metadata() -> None:
    assert failed(evidence(metadata=METADATA | {"title": "甲\u3000公司\u00a0x"})) == {}


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "没有审批记录"),
        ([("instance:started", None, {}, {}), ("task:completed", "a", {"task": "1"}, {})], "审批没有以通过结束（未结束）"),
        (
            [("instance:started", None, {}, {}), ("task:completed", "a", {"task": "1"}, {}), ("instance:completed", None, {"outcome": "reject"}, {})],
            "审批没有以通过结束（instance:completed）",
        ),
        (
            [("instance:started", None, {}, {}), ("task:completed", "a", {"task": "1"}, {}), ("instance:withdrawn", None, {}, {})],
            "审批没有以通过结束（instance:withdrawn）",
        ),
        ([("instance:started", None, {}, {}), ("instance:completed", None, {"outcome": "approve"}, {})], "没有任何审批意见"),
        (
            [
                ("instance:started", None, {}, {}), ("task:created", "a", {"task": "1"}, {}), ("task:completed", "a", {"task": "1"}, {}),
                ("task:created", "b", {"task": "2"}, {}), ("instance:completed", None, {"outcome": "approve"}, {}),
            ],
            "待办没有结果：b（事件 4）",
        ),
        (
            [("task:completed", "a", {"task": "1"}, {}), ("instance:completed", None, {"outcome": "approve"}, {})],
            "审批记录没有开头（instance:started）",
        ),
    ],
)  # fmt: skip
def test_an_approval_that_is_not_recorded_to_its_end_is_told(events: list[Any], said: str) -> None:
    rows = chain_of(APPROVAL, events)

    assert failed(evidence(history=rows, expected_end=(len(rows), rows[-1].hash if rows else bytes(32)))) == {"GD-WZ-3-2": [said]}


def test_a_broken_chain_is_told_with_its_place() -> None:
    rows = approval_rows()
    rows[2] = rows[2]._replace(body=rows[2].body.replace(b'"approve"', b'"reject"'))

    assert failed(evidence(history=rows, expected_end=(5, rows[-1].hash))) == {"GD-WZ-3-1": [f"{APPROVAL}/3：哈希不一致"]}


def test_a_cut_chain_is_told() -> None:
    rows = approval_rows()
    later = [*rows, rows[-1]]

    assert failed(evidence(history=rows, expected_end=(len(later), b"x" * 32))) == {"GD-WZ-3-1": ["流转记录末尾为 5，流程实例应为 6"]}


def test_the_test_virus_is_the_published_one() -> None:
    assert md5(EICAR).hexdigest() == "44d88612fea8a8f36de82e1278abb02f"  # as published by EICAR
