"""Event definitions as the reader finds them: at every position, in place or beside the processes, with what they refer to."""

import pytest
from drawings import (
    END,
    START,
    association,
    boundary,
    catch,
    drawing,
    end,
    event_start,
    event_sub,
    human,
    path,
    script,
    start,
    sub,
    throw,
    whole,
)
from reading_support import between, codes, element_of, read, whole_file

from engine.bpmn import model
from engine.bpmn.model import Mapping, TimerDefinition

ROOTS = (
    '<message id="m" name="paid"/><signal id="s" name="alarm"/><error id="e" name="No" errorCode="no"/><escalation id="x" escalationCode="up"/>'
    '<error id="bare" name="Bare"/>'
)
DEFINITIONS = {
    model.TIMER: "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    model.MESSAGE: '<messageEventDefinition messageRef="m"/>',
    model.SIGNAL: '<signalEventDefinition signalRef="s"/>',
    model.ERROR: '<errorEventDefinition errorRef="e"/>',
    model.ESCALATION: '<escalationEventDefinition escalationRef="x"/>',
    model.CONDITIONAL: "<conditionalEventDefinition><condition>${n > 1}</condition></conditionalEventDefinition>",
    model.COMPENSATION: '<compensateEventDefinition activityRef="t" waitForCompletion="false"/>',
    model.LINK: '<linkEventDefinition name="over"/>',
    model.TERMINATE: "<terminateEventDefinition/>",
    model.CANCEL: "<cancelEventDefinition/>",
}
NAMES = {model.MESSAGE: "paid", model.SIGNAL: "alarm", model.ERROR: "no", model.ESCALATION: "up", model.LINK: "over"}
NAMED = {"timer": "PT1H", "conditional": "${n}"}
POSITIONS = ["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"]


@pytest.mark.parametrize("kind", DEFINITIONS)
@pytest.mark.parametrize("position", POSITIONS)
def test_every_event_definition_is_read_at_every_position(position: str, kind: str) -> None:
    found = element_of(f'<{position} id="a">{DEFINITIONS[kind]}</{position}>', "a", roots=ROOTS).events

    assert [(event.kind, event.name) for event in found] == [(kind, NAMES.get(kind))]
    assert (found[0].timer is not None) == (kind == model.TIMER)
    assert found[0].condition == ("${n > 1}" if kind == model.CONDITIONAL else None)
    assert (found[0].activity, found[0].waits) == (("t", False) if kind == model.COMPENSATION else (None, True))


@pytest.mark.parametrize("kind", [kind for kind in DEFINITIONS if kind != model.LINK])
@pytest.mark.parametrize("prefix", ["", "own:"])
def test_an_event_definition_ref_is_what_it_refers_to(kind: str, prefix: str) -> None:
    definition = DEFINITIONS[kind].replace("EventDefinition", 'EventDefinition id="d"', 1)
    body = f'<boundaryEvent id="a" xmlns:own="tests"><eventDefinitionRef>{prefix}d</eventDefinitionRef></boundaryEvent>'

    found = element_of(body, "a", roots=ROOTS + definition).events

    assert [(event.kind, event.name) for event in found] == [(kind, NAMES.get(kind))]


def test_several_definitions_stand_in_the_order_of_the_file() -> None:
    inner = DEFINITIONS[model.SIGNAL] + DEFINITIONS[model.TIMER] + "<eventDefinitionRef>d</eventDefinitionRef>"
    roots = ROOTS + '<messageEventDefinition id="d" messageRef="m"/>'

    found = element_of(f'<intermediateCatchEvent id="a" parallelMultiple="true">{inner}</intermediateCatchEvent>', "a", roots=roots)

    assert [event.kind for event in found.events] == [model.SIGNAL, model.TIMER, model.MESSAGE]
    assert found.parallel_multiple


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", ["message", "timer", "signal", "escalation", "conditional"])
def test_an_event_subprocess_says_whether_it_interrupts(interrupting: bool, kind: str) -> None:
    inside = event_sub("h", event_start("h0", kind, NAMED.get(kind, "n"), interrupting), human("b"), end("h1"), path("h0", "b", "h1"))

    found = read(whole(START, human("a"), END, path("start", "a", "end"), inside)).elements

    assert (found["h"].by_event, found["h0"].interrupting, found["h0"].parent) == (True, interrupting, "h")
    assert codes(whole(START, human("a"), END, path("start", "a", "end"), inside)) == []


@pytest.mark.parametrize("kind", ["error", "escalation", "compensate"])
def test_an_error_escalation_or_compensation_start_of_an_event_subprocess_is_no_plain_start(kind: str) -> None:
    inside = event_sub("h", event_start("h0", kind, "n" if kind != "compensate" else None), end("h1"), path("h0", "h1"))
    xml = whole(START, sub("s", start("s0"), human("a"), end("s1"), path("s0", "a", "s1"), inside), END, path("start", "s", "end"))

    assert read(xml).elements["h0"].events[0].kind == kind
    assert codes(xml) == []


def test_a_signal_end_event_throws_its_signal() -> None:
    assert read(whole(START, end("end", "signal", "alarm"), path("start", "end"))).elements["end"].events[0].name == "alarm"


def test_an_error_without_a_code_is_any_error_where_it_is_caught_and_a_fault_where_it_is_thrown() -> None:
    caught = element_of('<boundaryEvent id="a"><errorEventDefinition errorRef="bare"/></boundaryEvent>', "a", roots=ROOTS)
    thrown = between('<task id="a"/>', roots=ROOTS).replace(
        b'<endEvent id="e"/>', b'<endEvent id="e"><errorEventDefinition errorRef="bare"/></endEvent>'
    )

    assert caught.events[0].name is None
    assert codes(thrown) == ["code-missing"]


@pytest.mark.parametrize("kind", ["message", "signal", "error", "escalation"])
def test_a_reference_to_nothing_is_refused_unless_flowable_wrote_it(kind: str) -> None:
    body = f'<startEvent id="s"/><endEvent id="a"><{kind}EventDefinition {kind}Ref="gone"/></endEvent><sequenceFlow sourceRef="s" targetRef="a"/>'

    assert codes(whole_file(body)) == ["reference-unknown"]
    assert element_of(body, "a", "http://flowable.org/bpmn").events[0].name == "gone"


def test_a_compensation_boundary_event_finds_its_handler_by_the_association_in_either_direction() -> None:
    for ends in (("undo", "back"), ("back", "undo")):
        parts = (
            human("a"),
            boundary("undo", "a", "compensate"),
            association(*ends),
            script("back", "x = 1").replace("<scriptTask", '<scriptTask isForCompensation="true"'),
        )
        found = read(drawing(START, *parts, END, path("start", "a", "end"))).elements

        assert (found["undo"].handler, found["back"].compensates) == ("back", True)


def test_a_compensation_inside_a_subprocess_is_joined_there() -> None:
    inner = (
        start("s0"),
        human("a"),
        end("s1"),
        path("s0", "a", "s1"),
        boundary("undo", "a", "compensate"),
        association("undo", "back"),
        human("back", isForCompensation="true"),
    )
    xml = drawing(START, sub("s", *inner), END, path("start", "s", "end"))

    assert read(xml).elements["undo"].handler == "back"
    assert codes(xml) == []


def test_a_link_joins_its_ends_by_name_in_one_scope() -> None:
    xml = drawing(START, throw("over", "link", "n"), catch("on", "link", "n"), END, path("start", "over"), path("on", "end"))

    assert [event.name for name in ("over", "on") for event in read(xml).elements[name].events] == ["n", "n"]
    assert codes(xml) == []


# messages and correlation


@pytest.mark.parametrize("kind", ["receiveTask", "sendTask"])
def test_a_task_names_its_message(kind: str) -> None:
    found = element_of(f'<{kind} id="a" messageRef="m" instantiate="true"/>', "a", roots=ROOTS)

    assert [(event.kind, event.name) for event in found.events] == [("message", "paid")]
    assert found.instantiate


def test_a_receive_task_without_a_message_waits_for_one_of_its_own_name() -> None:
    assert element_of('<receiveTask id="a"/>', "a").events[0].name == "a"


def test_a_message_without_a_name_is_called_by_its_id() -> None:
    assert element_of('<receiveTask id="a" messageRef="m1"/>', "a", roots='<message id="m1"/>').events[0].name == "m1"


@pytest.mark.parametrize(
    "body",
    [
        '<receiveTask id="a" messageRef="m"><extensionElements>{}</extensionElements></receiveTask>',
        '<boundaryEvent id="a"><messageEventDefinition messageRef="m"><extensionElements>{}</extensionElements></messageEventDefinition></boundaryEvent>',
        '<intermediateCatchEvent id="a"><extensionElements>{}</extensionElements><messageEventDefinition messageRef="m"/></intermediateCatchEvent>',
    ],
)
def test_our_own_correlations_are_read_where_they_stand(body: str) -> None:
    rows = '<shenpi:correlation name="order" value="${order_id}"/><shenpi:correlation name="year" value="${year}"/>'

    assert element_of(body.format(rows), "a", roots=ROOTS).events[0].keys == (("order", "${order_id}"), ("year", "${year}"))


def test_correlation_properties_of_the_standard_are_keys() -> None:
    retrieval = (
        '<correlationPropertyRetrievalExpression messageRef="m"><messagePath>orderId</messagePath></correlationPropertyRetrievalExpression>'
    )
    roots = ROOTS + f'<correlationProperty id="p_order" name="order">{retrieval}</correlationProperty>'
    binding = '<correlationPropertyBinding correlationPropertyRef="p_order"><dataPath>order.id</dataPath></correlationPropertyBinding>'
    bound = f'<correlationSubscription id="c">{binding}</correlationSubscription>'
    body = f'{bound}<receiveTask id="a" messageRef="m"/><sendTask id="b" messageRef="m"/>'

    assert element_of(body, "a", roots=roots).events[0].keys == (("order", "order.id"),)
    assert element_of(body, "b", roots=roots).events[0].keys == (("order", "orderId"),)


def test_what_a_thrown_signal_carries_is_its_in_mappings() -> None:
    inner = (
        '<signalEventDefinition signalRef="s"><extensionElements><v:in source="a" target="b"/></extensionElements></signalEventDefinition>'
    )

    assert element_of(f'<endEvent id="a">{inner}</endEvent>', "a", roots=ROOTS).events[0].payload == (Mapping("b", "a"),)


def test_a_condition_may_be_looked_at_for_one_variable_only() -> None:
    inner = '<conditionalEventDefinition v:variableName="n" v:variableEvents="create, update"><condition>${n}</condition></conditionalEventDefinition>'
    event = element_of(f'<intermediateCatchEvent id="a">{inner}</intermediateCatchEvent>', "a").events[0]

    assert (event.condition, event.variable, event.changes) == ("${n}", "n", ("create", "update"))


# timers


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Date", "2026-01-01"), ("Date", "2026-01-01T09:00:00+08:00"), ("Date", "${when}"),
        ("Duration", "PT1H"), ("Duration", "P1M"), ("Duration", "P1Y2M3DT4H5M6S"), ("Duration", "${span}"), ("Duration", "P${days}D"),
        ("Cycle", "R3/PT1H"), ("Cycle", "R/PT1H"), ("Cycle", "R5/2026-01-01T09:00:00/P1D"), ("Cycle", "R/PT1H/2026-12-31"), ("Cycle", "0 0/5 * * * ?"),
        ("Cycle", "*/5 * * * *"), ("Cycle", "@daily"), ("Cycle", "${every}"),
    ],
)  # fmt: skip
def test_a_literal_time_is_a_text_and_needs_no_quotes(kind: str, text: str) -> None:
    xml = drawing(START, _timer(kind, text), END, path("start", "t", "end"))

    assert read(xml).elements["t"].timer == TimerDefinition(kind.lower(), text)
    assert codes(xml) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Date", "tomorrow"), ("Date", "2026-13-01"), ("Date", "PT1H"), ("Date", "99999-01-01"), ("Duration", "1 hour"), ("Duration", "PT"),
        ("Duration", "-PT1H"),
        ("Duration", "P99999Y"), ("Duration", "R3/PT1H"), ("Duration", "P" + "1" * 300 + "D"), ("Cycle", "R0/PT1H"), ("Cycle", "R3"), ("Cycle", "every day"),
        ("Cycle", "R3/PT1H/PT2H"), ("Cycle", "* * *"), ("Cycle", "PT1H"), ("Date", ""), ("Duration", ""), ("Cycle", ""),
    ],
)  # fmt: skip
def test_a_literal_that_is_no_time_is_refused_when_it_is_deployed(kind: str, text: str) -> None:
    assert codes(drawing(START, _timer(kind, text), END, path("start", "t", "end"))) == ["timer-invalid"]


@pytest.mark.parametrize("inner", ["", "<timeDate>2026-01-01</timeDate><timeDuration>PT1H</timeDuration>"])
def test_a_timer_has_exactly_one_time(inner: str) -> None:
    event = f'<intermediateCatchEvent id="a"><timerEventDefinition>{inner}</timerEventDefinition></intermediateCatchEvent>'

    assert codes(between(event)) == ["timer-invalid"]


def test_a_timer_may_count_by_a_calendar() -> None:
    event = '<timerEventDefinition shenpi:calendar="cn"><timeDuration>P2D</timeDuration></timerEventDefinition>'
    flowable = (
        '<timerEventDefinition v:businessCalendarName="cn"><timeCycle v:endDate="2026-12-31">R/P1D</timeCycle></timerEventDefinition>'
    )

    assert element_of(f'<intermediateCatchEvent id="a">{event}</intermediateCatchEvent>', "a").timer == TimerDefinition(
        "duration", "P2D", "cn"
    )
    drawn = element_of(f'<boundaryEvent id="a">{flowable}</boundaryEvent>', "a", "http://flowable.org/bpmn")
    assert drawn.timer == TimerDefinition("cycle", "R/P1D/2026-12-31", "cn")


def _timer(kind: str, text: str) -> str:
    return f'<intermediateCatchEvent id="t"><timerEventDefinition><time{kind}>{text}</time{kind}></timerEventDefinition></intermediateCatchEvent>'
