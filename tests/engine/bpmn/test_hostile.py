"""What a hostile designer uploads ends in a clear refusal, or is harmless; the reader neither hangs nor grows (reference 5)."""

import os
from base64 import b64encode
from copy import deepcopy
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

import pytest
from drawings import END, START, association, boundary, drawing, flow, human, mapped, node, path, script, sub
from lxml import etree
from reading_support import codes, element_of, read, whole_file
from tests_support import ROOT

from engine.bpmn.xml import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse
from engine.errors import InvalidDefinition
from engine.examination import MAX_PROCESSES, answer, examine

BODY = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" isExecutable="true">'
    "<documentation>%s</documentation></process></definitions>"
)
BOMB = "<!DOCTYPE d [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"
PLAIN = drawing(START, human("a"), END, path("start", "a", "end"))


def refused(content: bytes) -> list[str]:
    with pytest.raises(InvalidDefinition) as error:
        parse(content, "x.bpmn")
    return [fault.code for fault in error.value.faults]


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE d SYSTEM 'http://127.0.0.1:9/x.dtd'>",
        "<!DOCTYPE d PUBLIC 'x' 'file:///etc/passwd'>",
        "<!DOCTYPE d [<!ENTITY % e SYSTEM 'file:///etc/passwd'> %e;]>",
        "<!DOCTYPE d [<!ENTITY e 'x'>]>",
        "<!DOCTYPE d>",
        BOMB,
    ],
)
def test_external_entity_external_dtd_and_billion_laughs_are_refused(head: str) -> None:
    assert refused((head + BODY % ("&a11;" if "a11" in head else "&e;" if "ENTITY e" in head else "x")).encode()) in (
        ["doctype"],
        ["malformed"],
    )


def test_quadratic_blow_up_is_refused() -> None:
    head = f"<!DOCTYPE d [<!ENTITY e '{'x' * 50_000}'>]>"

    assert refused((head + BODY % ("&e;" * 5_000)).encode()) in (["doctype"], ["malformed"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp037"])
def test_a_doctype_is_seen_in_every_encoding(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE d [<!ENTITY e 'x'>]>" + BODY % "&e;"

    assert refused(text.encode(encoding)) in (["doctype"], ["malformed"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" " * (MAX_BYTES + 1), "too-large"),
        (b"<a>" + b"<b/>" * MAX_NODES + b"</a>", "too-complex"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "too-complex"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "malformed"),
        (b"<a " + b" ".join(b'b%d=""' % number for number in range(200_000)), "malformed"),
    ],
)
def test_what_is_too_large_too_deep_or_cut_off_is_refused_unread(content: bytes, code: str) -> None:
    assert refused(content) == [code]


def test_an_include_is_not_followed() -> None:
    inner = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'

    assert "root:" not in str(read((BODY % inner).encode().replace(b"</process>", b'<task id="a"/></process>')))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')", "${__import__('os')}", "${().__class__.__bases__}", "${x.__init__.__globals__}", "${eval('1')}", "${exec('1')}",
        "${open('/etc/passwd')}", "${(lambda: 1)()}", "${getattr(x, 'y')}", "${[x for x in (1).__class__.__mro__]}", "${x._private}",
        "${'a' if (y := 1) else 2}",
        "${10 ** 10 ** 10}", "${" + "(" * 5_000 + ")" * 5_000 + "}", "${" + "+".join("a" * 3_000) + "}", "${'" + "x" * 5_000 + "'}", "${", "#{a", "${}",
    ],
)  # fmt: skip
def test_import_and_its_kin_are_refused_in_every_place_of_a_drawing(text: str) -> None:
    timer_ = "<timerEventDefinition><timeDuration>{}</timeDuration></timerEventDefinition>"
    inside = text if text.startswith(("${", "#{")) else f"${{{text}}}"
    places = {
        "condition": (human("x"), human("b"), flow("x", "b", text)),
        "assignee": (human("x", inside),),
        "timer": (node("intermediateCatchEvent", "x", timer_.format(escape(inside))),),
        "script": (script("x", text),),
        "cardinality": (task_with(f"<loopCardinality>{escape(inside)}</loopCardinality>"),),
        "completion": (task_with(f"<loopCardinality>2</loopCardinality><completionCondition>{escape(inside)}</completionCondition>"),),
        "collection": (task_with("", f"camunda:collection={quoteattr(inside)}"),),
        "parameter": (node("task", "x", mapped({"a": inside})),),
        "call": (node("callActivity", "x", calledElement=inside),),
        "service": (node("serviceTask", "x", camunda_expression=inside),),
    }  # fmt: skip
    if text.startswith("#"):
        del places["script"]  # a comment
    for place, parts in places.items():
        assert codes(drawing(START, *parts, END, path("start", "x", "end"))), place


def task_with(inner: str, attributes: str = "") -> str:
    return f'<task id="x"><multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics></task>'


def test_a_data_object_read_two_sub_processes_down_is_read_at_once() -> None:
    arrow = "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>n</targetRef></dataInputAssociation>"
    body = (
        f'<dataObject id="d"/><property id="n"/><subProcess id="s"><subProcess id="t"><task id="a">{arrow}</task></subProcess></subProcess>'
    )

    assert element_of(body, "a").inputs


def test_data_that_refers_to_itself_ends() -> None:
    body = '<dataObjectReference id="a1" dataObjectRef="b1"/><dataObjectReference id="b1" dataObjectRef="a1"/><task id="a"/>'

    assert codes(whole_file(body)) == []


def test_thousands_of_parts_without_ids_are_named_in_reasonable_steps() -> None:
    flows = '<sequenceFlow sourceRef="a" targetRef="a"/>' * 3_999

    assert len(read(drawing(node("task", "a"), flows)).flows) == 3_999
    with pytest.raises(InvalidDefinition):
        read(drawing(node("task", "a"), '<sequenceFlow sourceRef="a" targetRef="a"/>' * 45_000))


def test_every_message_event_asks_the_file_s_correlations_once() -> None:
    retrieval = (
        '<correlationPropertyRetrievalExpression messageRef="m"><messagePath>x</messagePath></correlationPropertyRetrievalExpression>'
    )
    roots = '<message id="m" name="m"/>' + "".join(f'<correlationProperty id="c{n}">{retrieval}</correlationProperty>' for n in range(200))
    tasks = "".join(f'<receiveTask id="r{n}" messageRef="m"/>' for n in range(500))

    model = read(whole_file(tasks, roots=roots))

    assert all(len(element.events[0].keys) == 200 for element in model.elements.values())


def test_more_processes_than_a_file_has_are_refused() -> None:
    xml = whole_file('<task id="a"/>')
    one = xml[xml.index(b"<process") : xml.index(b"</definitions>")]
    many = xml.replace(one, b"".join(one.replace(b'"p"', b'"p%d"' % n).replace(b'"a"', b'"a%d"' % n) for n in range(MAX_PROCESSES + 1)))

    assert [fault.code for fault in examine({"a.bpmn": many}).faults] == ["too-complex"]


@pytest.mark.parametrize("identity", ["a b", "a\u200bb", "a\tb", "a\u0085", "\u202eab"])
def test_an_id_that_cannot_be_seen_is_refused(identity: str) -> None:
    assert "id-invalid" in codes(drawing(START, human("x"), END, path("start", "x", "end")).replace(b'"x"', f'"{identity}"'.encode()))


def test_ids_that_mean_something_elsewhere_are_only_ids() -> None:
    for identity in ("__proto__", "constructor", "typename", "__class__", "'--", "../../etc", "Start", "process", "${x}", "&lt;script&gt;"):
        xml = drawing(START, human(identity), END, path("start", identity, "end"))

        assert codes(xml) == []


def form(*names: str) -> str:
    fields = "".join(f'<camunda:formField id="{name}"/>' for name in names)
    return node("userTask", "a", f"<extensionElements><camunda:formData>{fields}</camunda:formData></extensionElements>")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((human("a", shenpi_outcomes=" ".join(f"o{n}" for n in range(21))),), "outcomes-invalid"),
        ((human("a", shenpi_outcomes="yes yes"),), "outcomes-invalid"),
        ((human("a", shenpi_outcomes="x" * 201),), "outcomes-invalid"),
        ((node("userTask", "a", name="n" * 1001),), "name-too-long"),
        ((form(*(f"f{number}" for number in range(201))),), "too-complex"),
        ((form("__builtins__"),), "field-name"),
        ((node("intermediateThrowEvent", "a", f'<signalEventDefinition camunda:signalExpression="{"s" * 201}"/>'),), "name-invalid"),
        ((node("intermediateCatchEvent", "a", "<timerEventDefinition><timeCycle>R/PT0S</timeCycle></timerEventDefinition>"),), "timer-invalid"),
    ],
)  # fmt: skip
def test_what_no_page_and_no_index_can_hold_is_refused(parts: tuple[str, ...], code: str) -> None:
    assert codes(drawing(START, *parts, END, path("start", "a", "end"))) == [code]


def test_a_note_at_a_compensation_event_hides_no_handler() -> None:
    note = '<textAnnotation id="t"><text>x</text></textAnnotation>'
    for order in ((association("b", "u"), association("b", "t")), (association("t", "b"), association("u", "b"))):
        xml = drawing(
            START,
            human("a"),
            END,
            path("start", "a", "end"),
            boundary("b", "a", "compensate"),
            note,
            *order,
            human("u", isForCompensation="true"),
        )

        assert codes(xml) == []


def test_a_namespace_that_is_no_address_hurts_nobody() -> None:
    found = examine({"a.bpmn": PLAIN.replace(b"<definitions", b'<definitions xmlns:own="relative"')})

    assert found.faults == [] and found.normalised


def test_a_mistake_of_ours_is_told_as_a_fault(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("engine.examination.read", lambda *_: 1 / 0)

    assert b'"unreadable"' in answer(b'{"files": {"a.bpmn": "%s"}, "delegates": {}}' % b64encode(PLAIN))
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_nested_deeper_than_anybody_draws_is_refused_before_anything_recurses() -> None:
    inner = human("a")
    for number in range(55):
        inner = sub(f"s{number}", inner)

    assert codes(drawing(inner)) == ["too-complex"]


SHIPPED = sorted((ROOT / "processes").rglob("*.bpmn"))
CHANGES = int(os.environ.get("SHENPI_CHANGES", "60"))  #: of each drawing
WORDS = ["", "true", "-1", "x y", "${", "${a.b}", "999999999999", "${outcome == 'x'}", "PT0S", "R/PT1S", "gone"]


def changed(content: bytes, random: Random) -> bytes:
    """Return a drawing with something changed anywhere: an element gone, there twice, elsewhere or of another kind, an attribute gone or of another value."""
    root = etree.fromstring(content)
    for _ in range(random.choice([1, 1, 2, 3])):
        one, other = (random.choice([node for node in root.iter(etree.Element) if node is not root]) for _ in "12")
        above = one.getparent()
        names = sorted(one.attrib)
        match random.randrange(8):
            case 0 if above is not None:
                above.remove(one)
            case 1 if above is not None:
                above.insert(random.randrange(len(above) + 1), deepcopy(one))
            case 2 if one not in (other, *other.iterancestors()):
                other.append(one)
            case 3:
                one.tag = other.tag
            case 4:
                one.text = random.choice(WORDS)
            case 5 if names:
                del one.attrib[random.choice(names)]
            case 6 if names:
                one.set(random.choice(names), random.choice([*WORDS, *other.attrib.values()]))
            case _:
                one.attrib.update({name: value for name, value in other.attrib.items() if name != "id"})
    return etree.tostring(root)


@pytest.mark.parametrize("drawn", SHIPPED, ids=lambda path: path.stem)
def test_a_drawing_that_is_changed_anywhere_is_read_or_refused_with_faults(drawn: Path) -> None:
    content = drawn.read_bytes()
    for seed in range(CHANGES):
        found = examine({"x.bpmn": changed(content, Random(seed))})
        assert found.faults or found.processes, f"neither read nor refused: {seed}"
