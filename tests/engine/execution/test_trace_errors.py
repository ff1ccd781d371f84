"""Errors and escalations: who catches, from the inside out (BPMN 2.0, 10.4.6, 13.5.2); where the standard is silent, as Camunda 7 documents it."""

import pytest
from drawings import END, START, boundary, end, event_start, event_sub, flow, gateway, human, node, path, service, sub, task, throw, whole
from drawings import start as begin
from traces import Case, Stub

from engine.errors import BpmnError


def levels(thrown: str, catchers: dict[str, str | None], *, kind: str = "error", interrupting: bool = True) -> bytes:
    """outer(middle(inner(work -> thrown))): `catchers` tells at which level which code is caught by a boundary event."""
    source = end("bad", kind, thrown) if kind == "error" else throw("bad", kind, thrown) + end("fine") + flow("bad", "fine")
    body = begin("b_inner") + human("work") + source + path("b_inner", "work", "bad")
    names = ["inner", "middle", "outer"]
    text = sub("inner", body)
    for below, name in zip(names, [*names[1:], ""], strict=True):
        if below in catchers:
            text += boundary(f"at_{below}", below, kind, catchers[below], interrupting) + task(f"saw_{below}") + end(f"told_{below}")
            text += path(f"at_{below}", f"saw_{below}", f"told_{below}")
        if name:
            text = sub(name, begin(f"b_{name}") + text + end(f"e_{name}") + path(f"b_{name}", below, f"e_{name}"))
    return whole(START, text, END, path("start", "outer", "end"))


@pytest.mark.parametrize(
    ("catchers", "who"),
    [
        ({"inner": "E", "middle": "E", "outer": "E"}, "inner"),
        ({"middle": "E", "outer": "E"}, "middle"),
        ({"outer": "E"}, "outer"),
        ({"inner": "F", "middle": "E"}, "middle"),
        ({"inner": "F", "outer": None}, "outer"),
        ({"inner": None, "outer": "E"}, "inner"),
        ({"middle": None}, "middle"),
    ],
)
@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_an_error_or_escalation_goes_to_the_nearest_handler_of_its_code_or_of_any(
    kind: str, catchers: dict[str, str | None], who: str
) -> None:
    case = Case(levels("E", catchers, kind=kind))
    case.decide("work")
    assert [name for name in case.trace.split() if name.startswith("at_")] == [f"at_{who}"]
    assert f"bad at_{who} saw_{who} told_{who}" in case.trace
    assert case.times(who) == 0
    assert case.finished


def test_of_two_handlers_on_one_activity_the_one_that_names_the_code_catches() -> None:
    for thrown, expected in (("E", "exact"), ("F", "any")):
        xml = whole(
            START, sub("s", begin("s0"), human("work"), end("bad", "error", thrown), path("s0", "work", "bad")),
            boundary("any", "s", "error"), boundary("exact", "s", "error", "E"),
            END, end("e1"), end("e2"), path("start", "s", "end"), path("any", "e1"), path("exact", "e2"),
        )  # fmt: skip
        case = Case(xml)
        case.decide("work")
        assert case.trace.split()[-2] == expected


def test_the_event_sub_process_of_a_scope_catches_before_the_boundary_of_its_activity() -> None:
    inner = [
        event_sub("h", event_start("h0", "error", "E"), task("mend"), path("h0", "mend")), begin("s0"), human("work"),
        end("bad", "error", "E"), path("s0", "work", "bad"),
    ]  # fmt: skip
    xml = whole(
        START, sub("s", *inner), boundary("caught", "s", "error", "E"), END, end("gone"), path("start", "s", "end"), path("caught", "gone")
    )
    case = Case(xml)
    case.decide("work")
    assert case.trace == "start s0 work bad h0 mend h s end"


@pytest.mark.parametrize("depth", [0, 1])
def test_an_error_stops_everything_else_in_the_scope_it_leaves(depth: int) -> None:
    body = [
        begin("s0"), gateway("split", "parallel"), human("work"), human("other"), end("bad", "error", "E"), end("s1"),
        path("s0", "split", "work", "bad"),
        path("split", "other", "s1"),
    ]  # fmt: skip
    inner = sub("s", *body) if not depth else sub("s", begin("o0"), sub("t", *body), end("o1"), path("o0", "t", "o1"))
    case = Case(
        whole(START, inner, boundary("caught", "s", "error", "E"), END, end("gone"), path("start", "s", "end"), path("caught", "gone"))
    )
    case.decide("work")
    assert case.trace.endswith("work bad caught gone")
    assert case.open == ""
    assert case.finished


@pytest.mark.parametrize("where", ["boundary", "event sub-process"])
def test_a_caught_error_leaves_its_code_and_message_in_the_variables_that_are_named(where: str) -> None:
    caught = '<errorEventDefinition errorRef="error_E" camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
    if where == "boundary":
        xml = whole(
            START, sub("s", begin("s0"), service("t", "oa.pay"), end("s1"), path("s0", "t", "s1")),
            node("boundaryEvent", "caught", caught, attachedToRef="s"), END,
            end("gone"), path("start", "s", "end"), path("caught", "gone"),
        )  # fmt: skip
    else:
        handler = event_sub("h", node("startEvent", "caught", caught), end("gone"), path("caught", "gone"))
        xml = whole(handler, START, service("t", "oa.pay"), END, path("start", "t", "end"))
    case = Case(xml)
    case.fail("t", "E", "no money")
    assert case.variables["code"] == "E"
    assert case.variables["text"] == "no money"
    assert case.times("caught") == 1
    assert case.finished


def pays(code: str) -> Stub:
    def pay() -> None:
        raise BpmnError(code, "no money")

    return Stub(pay=pay)


@pytest.mark.parametrize("where", ["the task itself", "the sub-process around it", "an event sub-process", "a calling process"])
def test_an_error_thrown_by_a_local_operation_reaches_its_handler(where: str) -> None:
    end_of = end("gone") + path("caught", "gone")
    if where == "the task itself":
        xml = whole(START, service("t", "pay"), boundary("caught", "t", "error", "E"), END, end_of, path("start", "t", "end"))
    elif where == "an event sub-process":
        xml = whole(event_sub("h", event_start("caught", "error", "E"), end_of), START, service("t", "pay"), END, path("start", "t", "end"))
    elif where == "a calling process":
        xml = whole(
            START,
            node("callActivity", "s", calledElement="inner"),
            boundary("caught", "s", "error", "E"),
            END,
            end_of,
            path("start", "s", "end"),
        )
    else:
        xml = whole(
            START,
            sub("s", begin("s0"), service("t", "pay"), end("s1"), path("s0", "t", "s1")),
            boundary("caught", "s", "error", "E"),
            END,
            end_of,
            path("start", "s", "end"),
        )
    stub = pays("E")
    stub.processes["inner"] = whole(begin("c0"), service("t", "pay"), end("c1"), path("c0", "t", "c1"), key="inner")
    case = Case(xml, operations=stub)
    assert case.trace.split()[-2:] == ["caught", "gone"] or case.trace.endswith("caught gone h")
    assert case.times("t") == 0
    assert case.finished


def test_an_error_of_an_operation_that_nobody_catches_is_an_incident_on_its_task() -> None:
    xml = whole(START, service("t", "pay"), boundary("other", "t", "error", "F"), END, path("start", "t", "end"), path("other", "end"))
    case = Case(xml, operations=pays("E"))
    assert [element for element, _ in case.failed] == ["t"]
    assert not case.finished


def test_a_job_that_answers_with_an_error_that_nobody_catches_is_an_incident_on_its_task() -> None:
    case = Case(whole(START, service("t", "oa.pay"), END, path("start", "t", "end")))
    case.fail("t", "E", "no money")
    assert [element for element, _ in case.failed] == ["t"]
    case.retry("t")


@pytest.mark.parametrize("kind", ["error", "escalation"])
@pytest.mark.parametrize("how", ["boundary", "event sub-process"])
def test_an_error_or_escalation_of_a_called_process_reaches_the_caller(kind: str, how: str) -> None:
    inner = whole(begin("c0"), human("work"), end("bad", kind, "E"), path("c0", "work", "bad"), key="inner")
    call = node("callActivity", "call", calledElement="inner")
    end_of = end("gone") + path("caught", "gone")
    if how == "boundary":
        xml = whole(START, call, boundary("caught", "call", kind, "E"), END, end_of, path("start", "call", "end"))
    else:
        xml = whole(event_sub("h", event_start("caught", kind, "E"), end_of), START, call, END, path("start", "call", "end"))
    case = Case(xml, operations=Stub({"inner": inner}))
    case.decide("work")
    assert "bad caught gone" in case.trace
    assert case.times("call") == 0
    assert case.finished


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_that_is_caught_without_interrupting_goes_on_where_it_was_thrown(interrupting: bool) -> None:
    case = Case(levels("E", {"outer": "E"}, kind="escalation", interrupting=interrupting))
    case.decide("work")
    assert case.times("at_outer") == 1
    assert case.times("fine") == (0 if interrupting else 1)
    assert case.times("end") == (0 if interrupting else 1)
    assert case.finished


@pytest.mark.parametrize("position", ["intermediate", "end"])
def test_an_escalation_that_nobody_catches_goes_on(position: str) -> None:
    thrown = throw("x", "escalation", "E") + end("s1") + path("x", "s1") if position == "intermediate" else end("x", "escalation", "E")
    case = Case(
        whole(
            START,
            sub("s", begin("s0"), thrown, path("s0", "x")),
            boundary("other", "s", "escalation", "F"),
            END,
            path("start", "s", "end"),
            path("other", "end"),
        )
    )
    assert case.trace == ("start s0 x s1 s end" if position == "intermediate" else "start s0 x s end")
    assert not case.failed
    assert case.finished


def test_the_code_of_a_caught_escalation_is_kept_in_the_variable_that_is_named() -> None:
    caught = '<escalationEventDefinition escalationRef="escalation_E" camunda:escalationCodeVariable="code"/>'
    xml = whole(
        START, sub("s", begin("s0"), human("work"), end("bad", "escalation", "E"), path("s0", "work", "bad")),
        node("boundaryEvent", "caught", caught, attachedToRef="s"),
        END, end("gone"), path("start", "s", "end"), path("caught", "gone"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("work")
    assert case.variables["code"] == "E"


def test_an_error_code_may_be_an_expression() -> None:
    """Camunda 7: the code of a thrown error is evaluated when it is thrown."""
    xml = levels("E", {"inner": "E"}).replace(b'errorCode="E"', b'errorCode="${code}"', 1)
    text = xml.replace(
        b'<boundaryEvent id="at_inner" attachedToRef="inner"><errorEventDefinition errorRef="error_E"/>',
        b'<boundaryEvent id="at_inner" attachedToRef="inner"><errorEventDefinition errorRef="plain"/>',
    )
    text = text.replace(b"<process", b'<error id="plain" errorCode="E7"/><process', 1)
    case = Case(text, {"code": "E7"})
    case.decide("work")
    assert case.times("at_inner") == 1


def test_the_message_of_a_thrown_error_is_kept_in_the_variable_that_is_named() -> None:
    caught = '<errorEventDefinition errorRef="error_E" camunda:errorMessageVariable="said"/>'
    xml = whole(
        START, sub("s", begin("s0"), end("bad", "error", "E"), path("s0", "bad")),
        node("boundaryEvent", "caught", caught, attachedToRef="s"), END, end("gone"), path("start", "s", "end"), path("caught", "gone"),
    ).replace(b'<error id="error_E"', b'<error camunda:errorMessage="boom ${n}" id="error_E"')  # fmt: skip
    assert Case(xml, {"n": 5}).variables["said"] == "boom 5"
