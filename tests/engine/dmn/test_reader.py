"""What is refused when a DMN file is read, and with which place."""

import pytest

from engine.dmn import read
from engine.errors import InvalidDefinition

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'


def table(inside: str, how: str = "", decision: str = 'id="choose"') -> bytes:
    return f"{HEAD}\n<decision {decision}>\n<decisionTable {how}>\n{inside}\n</decisionTable></decision></definitions>".encode()


COLUMNS = '<input id="i"><inputExpression id="e" typeRef="number"><text>x</text></inputExpression></input>\n<output id="o" name="y"/>'
RULE = '<rule id="r"><inputEntry id="c"><text>1</text></inputEntry><outputEntry><text>2</text></outputEntry></rule>'


def codes(data: bytes) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        read(data, "t.dmn")
    assert all(fault.file == "t.dmn" and fault.zh and fault.en for fault in caught.value.faults)
    return [fault.code for fault in caught.value.faults]


def cell(text: str, kind: str = "") -> bytes:
    return table(COLUMNS.replace('typeRef="number"', f'typeRef="{kind}"') + RULE.replace("<text>1</text>", f"<text>{text}</text>"))


def test_a_sound_table_is_read() -> None:
    decision = read(table(COLUMNS + RULE), "t.dmn")["choose"]

    assert (decision.id, decision.hit_policy, [rule.id for rule in decision.rules]) == ("choose", "U", ["r"])


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER", "nonsense"])
def test_priority_and_output_order_are_refused_with_line_and_element(policy: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read(table(COLUMNS + RULE, f'id="t1" hitPolicy="{policy}"'), "t.dmn")

    assert [(fault.code, fault.line, fault.element) for fault in caught.value.faults] == [("hit-policy", 3, "t1")]


def test_all_faults_are_listed_with_their_places() -> None:
    inside = (
        COLUMNS
        + "\n"
        + RULE.replace("<text>1</text>", "<text>between 1 and 2</text>")
        + "\n"
        + RULE.replace('"c"', '"c2"').replace(">1<", ">&lt;&lt; 3<")
    )

    with pytest.raises(InvalidDefinition) as caught:
        read(table(inside), "t.dmn")

    assert [(fault.line, fault.element) for fault in caught.value.faults] == [(6, "c"), (7, "c2")]


@pytest.mark.parametrize(
    "text",
    [
        'contains(?, "a")',
        "in [1, 2]",
        "x &gt; 5 and y",
        "1..5",
        "[5..1]",
        '[1.."a"]',
        "[1..5",
        "not(1",
        "not 1",
        "1 2",
        "1,",
        ",1",
        "&lt;",
        "&lt; null",
        "&gt; true",
        'date("2026-02-30")',
        'date and time("2026-13-01T00:00:00")',
        'duration("P1D")',
        "'single'",
        '"open',
        "__import__('os')",
        "a._b",
        "a.__class__",
        "= 5",
        "9" * 100,
        "1e9999",
        "-limit",
        "?",
        "$",
    ],
)
def test_a_cell_that_would_never_match_or_crash_is_refused_when_read(text: str) -> None:
    assert codes(cell(text)) == ["cell"]


@pytest.mark.parametrize(
    ("kind", "text"), [("number", '"a"'), ("string", "5"), ("boolean", "1"), ("date", '"2026-01-01"'), ("integer", "true")]
)
def test_a_literal_that_can_never_match_its_column_is_refused(kind: str, text: str) -> None:
    assert codes(cell(text, kind)) == ["cell"]


@pytest.mark.parametrize("text", ["if a then b else c", "open('x')", "1 +", "__import__('os').system('true')", "-", "a b"])
def test_an_output_outside_the_language_is_refused(text: str) -> None:
    assert codes(table(COLUMNS + RULE.replace("<text>2</text>", f"<text>{text}</text>"))) == ["cell"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml"),
        (b"<a", "xml"),
        (b"<definitions/>", "not-dmn"),
        (HEAD.replace("20191111", "20301111").encode() + b"</definitions>", "not-dmn"),
        (HEAD.encode() + b"</definitions>", "no-decision"),
        (b'<!DOCTYPE definitions [<!ENTITY x "y">]>' + table(COLUMNS + RULE), "doctype"),
        (
            ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE definitions [<!ENTITY x "y">]>' + table(COLUMNS + RULE).decode()).encode(
                "utf-16"
            ),
            "doctype",
        ),
        (HEAD.encode() + b'<decision id="x"><literalExpression><text>1</text></literalExpression></decision></definitions>', "no-table"),
        (table(COLUMNS + RULE, decision=""), "no-id"),
        (table(COLUMNS + RULE.replace("<inputEntry", "<outputEntry", 1).replace("</inputEntry", "</outputEntry", 1)), "cells"),
        (table(COLUMNS.replace("number", "duration") + RULE), "type"),
        (table(COLUMNS.replace("<text>x</text>", "<text></text>")), "no-expression"),
        (table(COLUMNS.replace("<text>x</text>", "<text>open('x')</text>") + RULE), "cell"),
        (table(COLUMNS.replace('typeRef="number"', 'expressionLanguage="groovy"') + RULE), "language"),
        (
            table(COLUMNS.replace('<output id="o" name="y"/>', "") + RULE.replace("<outputEntry><text>2</text></outputEntry>", "")),
            "no-output",
        ),
        (table(COLUMNS + '<output id="o2" name="y"/>' + RULE.replace("</rule>", "<outputEntry/></rule>")), "output-name"),
        (
            table(
                COLUMNS + '<output id="o2" name="z"/>' + RULE.replace("</rule>", "<outputEntry/></rule>"),
                'hitPolicy="COLLECT" aggregation="SUM"',
            ),
            "hit-policy",
        ),
        (table(COLUMNS + RULE, 'hitPolicy="FIRST" aggregation="SUM"'), "hit-policy"),
        (table(COLUMNS + RULE, 'hitPolicy="COLLECT" aggregation="AVG"'), "hit-policy"),
        (b"<a>" + b" " * 2_000_001 + b"</a>", "too-large"),
        (
            HEAD.encode()
            + b'<decision id="x"><informationRequirement><requiredDecision href="#y"/></informationRequirement><decisionTable>'
            + COLUMNS.encode()
            + b"</decisionTable></decision></definitions>",
            "requirement",
        ),
    ],
)
def test_a_file_that_we_do_not_run_is_refused_by_name(data: bytes, code: str) -> None:
    assert code in codes(data)


def test_two_decisions_of_one_id_are_refused() -> None:
    one = table(COLUMNS + RULE).decode()
    inner = one[len(HEAD) : -len("</definitions>")]

    assert codes((HEAD + inner + inner + "</definitions>").encode()) == ["duplicate-id"]


def test_the_single_output_without_a_name_is_called_as_the_decision() -> None:
    decision = read(table(COLUMNS.replace(' name="y"', "") + RULE), "t.dmn")["choose"]

    assert decision.outputs[0].name == "choose"
