"""Names, titles and amounts that nobody expects, pushed to every vendor: shown within its limits, decided and closed as any other."""

from uuid import UUID

import pytest
from engine_support import execute, rows
from rehearsal_support import Rehearsal

LONG = 10_000
NAMES = {
    "HTML": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;",
    "from right to left": "\u202eابةشرکة\u202d עברית \u2066x\u2069",
    "emoji": "👩‍👩‍👧‍👦🧾" * 40,
    "controls": "a\x01b\x08c\x1fd\u2028e\ufffef\uffffg\u0085h\tj\nk",
    "very long": "长" * LONG,
    "many bytes": "🧾" * LONG,
    "an entity": "]]>&lt;&#0;<![CDATA[x]]><!DOCTYPE x>",
    "a format": "%s {0} ${amount} #{x} {{ 7*7 }} \\u0000 \\x00",
    "spaces": "\u3000 \u200b ",
}
RENAME = """UPDATE process_instance SET title = :said,
  summary = jsonb_build_array(jsonb_build_object('label', CAST(:said AS text), 'value', CAST(:said AS text))) WHERE id = :case"""
AMOUNT = "12345678901234567890.12"  #: twenty digits


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_shown_decided_and_closed(stage: Rehearsal, name: str) -> None:
    said = NAMES[name]
    before = {row.key: row.name for row in rows("SELECT key, name FROM person")}
    execute("UPDATE person SET name = :said", said=said)
    try:
        case = stage.begin(amount=AMOUNT)
        execute(RENAME, said=said, case=case)
        stage.settle()
        assert stage.differences(case) == []
        assert shown_failures(case) == []
        assert stage.reconcile(case) == []
        stage.decide(case, "check", "wang.fang")
        stage.settle()
        assert stage.differences(case) == []
        stage.decide(case, "decide", "wu.gang", "reject")
        stage.settle()
        assert stage.differences(case) == []
        assert shown_failures(case) == []
    finally:
        for key, real in before.items():
            execute("UPDATE person SET name = :real WHERE key = :key", real=real, key=key)


def shown_failures(case: UUID) -> list[str]:
    held = [row.message for row in rows("SELECT message FROM oa_hold WHERE instance_id = :case", case=case)]
    return held + [
        row.state
        for row in rows("SELECT state FROM oa_delivery WHERE instance_id = :case AND state NOT IN ('sent', 'superseded')", case=case)
    ]
