"""Data objects, properties, stores and associations are variables, and the arrows between them and activities are values that go in and out."""

import pytest
from drawings import END, START, drawing, human, path
from reading_support import codes, element_of, read, whole_file

from engine.bpmn.model import Mapping, Value
from engine.language import as_template

STORE = '<dataStore id="store_1" name="accounts"/>'
IO = (
    '<ioSpecification><dataInput id="in_1" name="amount"/><dataOutput id="out_1" name="answer"/>'
    "<inputSet><dataInputRefs>in_1</dataInputRefs></inputSet><outputSet><dataOutputRefs>out_1</dataOutputRefs></outputSet></ioSpecification>"
)


def arrow(kind: str, source: str | None, target: str, more: str = "") -> str:
    sources = f"<sourceRef>{source}</sourceRef>" if source else ""
    return f'<data{kind}Association id="{kind}_{source}_{target}">{sources}<targetRef>{target}</targetRef>{more}</data{kind}Association>'


def text(value: str) -> Value:
    return Value("text", value)


def test_data_association_with_io_specification_goes_in_and_out() -> None:
    body = (
        '<dataObject id="do_1" name="invoice"/><dataObject id="do_2"/><dataObjectReference id="ref_2" name="result" dataObjectRef="do_2"/>'
        f'<scriptTask id="a">{IO}{arrow("Input", "do_1", "in_1")}{arrow("Output", "out_1", "ref_2")}<script>answer = amount</script></scriptTask>'
    )

    found = element_of(body, "a")

    assert (found.inputs, found.outputs) == ((("amount", text("${invoice}")),), (("result", text("${answer}")),))
    assert codes(whole_file(body)) == []


def test_a_transformation_and_assignments_say_what_goes_in() -> None:
    body = (
        '<property id="p1" name="total"/><dataObject id="d" name="order"/><task id="a">'
        + arrow("Input", "d", "p1", "<transformation>order.lines[0].sum + 1</transformation>")
        + "<dataOutputAssociation><targetRef>d</targetRef><assignment><from>total * 2</from><to>twice</to></assignment></dataOutputAssociation></task>"
    )

    found = element_of(body, "a")

    assert found.inputs == (("total", text(as_template("order.lines[0].sum + 1"))),)
    assert found.outputs == (("twice", text(as_template("total * 2"))),)


def test_an_arrow_that_only_decorates_means_nothing() -> None:
    body = (
        '<dataObject id="d"/><dataObjectReference id="r" name="Invoice as paper" dataObjectRef="d"/><userTask id="a">'
        '<property id="pp" name="__targetRef_placeholder"/>' + arrow("Input", "r", "pp") + arrow("Output", None, "r") + "</userTask>"
    )

    found = element_of(body, "a")

    assert (found.inputs, found.outputs) == ((), ())


def test_a_data_store_is_a_variable_of_its_name() -> None:
    body = (
        '<dataStoreReference id="ref" name="any" dataStoreRef="store_1"/><property id="n" name="balance"/>'
        f'<task id="a">{arrow("Input", "ref", "n")}{arrow("Output", "n", "ref")}</task>'
    )

    found = element_of(body, "a", roots=STORE)

    assert (found.inputs, found.outputs) == ((("balance", text("${accounts}")),), (("accounts", text("${balance}")),))
    assert codes(whole_file(body, roots=STORE)) == []


@pytest.mark.parametrize("identity", ["ref-1", "ref 1", "1ref", "class", "_x"])
def test_a_name_that_no_expression_can_spell_is_made_one(identity: str) -> None:
    body = f'<dataObject id="{identity}" name="what it is"/><property id="n" name="x"/><task id="a">{arrow("Input", identity, "n")}</task>'

    ((_, value),) = element_of(body, "a").inputs

    assert value.text.startswith("${data_") and codes(whole_file(body)) == []


def test_what_stands_in_a_sub_process_lives_and_dies_with_it() -> None:
    body = '<subProcess id="s"><dataObject id="d" name="draft"/><property id="q" name="count"/><task id="a"/></subProcess>'

    assert element_of(body, "s").local == ("draft", "count")


def test_a_data_object_is_seen_from_any_depth_below_and_nothing_hangs() -> None:
    inner = f'<task id="a">{arrow("Input", "d", "n")}</task>'
    body = f'<dataObject id="d" name="draft"/><property id="n" name="x"/><subProcess id="s"><subProcess id="t">{inner}</subProcess></subProcess>'

    assert element_of(body, "a").inputs == (("x", text("${draft}")),)


def test_data_objects_of_flowable_have_values_from_the_beginning() -> None:
    value = "<extensionElements><v:value>{}</v:value></extensionElements>"
    kinds = {"text": ("string", "a ${b}"), "number": ("int", "5"), "yes": ("boolean", "TRUE")}
    objects = "".join(
        f'<dataObject id="{name}" name="{name}" itemSubjectRef="xsd:{kind}">{value.format(given)}</dataObject>'
        for name, (kind, given) in kinds.items()
    )

    model = read(whole_file(objects + '<task id="a"/>', "http://flowable.org/bpmn"))
    inside = element_of(f'<subProcess id="s">{objects}<task id="a"/></subProcess>', "s", "http://flowable.org/bpmn")

    assert model.initial == (("text", text("a \\${b}")), ("number", text("${5}")), ("yes", text("${true}")))
    assert (inside.inputs, inside.local) == (model.initial, ("text", "number", "yes"))


def test_the_collection_of_a_multi_instance_passes_through_the_activity_s_data() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>in_1</loopDataInputRef><loopDataOutputRef>out_1</loopDataOutputRef>"
        '<inputDataItem id="item" name="person"/><outputDataItem id="got" name="vote"/></multiInstanceLoopCharacteristics>'
    )
    io = IO.replace("</ioSpecification>", '<dataInput id="in_2" name="who"/><dataOutput id="out_2" name="said"/></ioSpecification>')
    arrows = (
        arrow("Input", "people", "in_1")
        + arrow("Input", "item", "in_2")
        + arrow("Output", "out_1", "votes")
        + arrow("Output", "out_2", "got")
    )
    body = f'<dataObject id="people"/><dataObject id="votes"/><task id="a">{io}{arrows}{loop}</task>'

    found = element_of(body, "a")

    assert found.loop is not None
    assert (found.loop.collection, found.loop.element_variable) == ("people", "person")
    assert (found.loop.output_collection, found.loop.output_element) == ("votes", "said")
    assert (found.inputs, found.outputs) == ((("who", text("${person}")),), ())


def test_the_collection_of_a_multi_instance_may_be_a_variable_s_name() -> None:
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true"><loopDataInputRef>people</loopDataInputRef><inputDataItem id="i" name="one"/>'
        "<completionCondition>${nrOfCompletedInstances >= 2}</completionCondition></multiInstanceLoopCharacteristics>"
    )
    found = element_of(f'<task id="a">{loop}</task>', "a").loop

    assert found is not None
    assert (found.kind, found.collection, found.element_variable) == ("sequential", "people", "one")
    assert found.condition == "${nrOfCompletedInstances >= 2}"


def test_what_data_associations_give_to_a_called_process() -> None:
    body = f'<dataObject id="d" name="invoice"/><callActivity id="a" calledElement="o">{IO}{arrow("Input", "d", "in_1")}</callActivity>'

    called = element_of(body, "a").called

    assert called is not None
    assert called.inputs == (Mapping("amount", expression="${invoice}"),)
    assert called.outputs == (Mapping("answer", "answer"),)


@pytest.mark.parametrize("kind", ["globalScriptTask", "globalUserTask", "globalManualTask", "globalTask", "globalBusinessRuleTask"])
def test_a_call_of_a_global_task_is_that_task(kind: str) -> None:
    roots = f'<{kind} id="g" v:assignee="li.na" v:decisionRef="d"><script>x = 1</script></{kind}>'
    expected = kind.removeprefix("global")

    found = element_of('<callActivity id="a" name="n" calledElement="g"/>', "a", roots=roots)

    assert (found.id, found.name, found.kind, found.called) == ("a", "n", expected[0].lower() + expected[1:], None)
    assert found.script == ("x = 1" if kind == "globalScriptTask" else None)
    assert found.assignment.assignee == ("li.na" if kind == "globalUserTask" else None)
    assert found.decision_ref == ("d" if kind == "globalBusinessRuleTask" else None)


def test_an_arrow_from_several_sources_says_how_they_are_put_together() -> None:
    inner = "<dataInputAssociation><sourceRef>d</sourceRef><sourceRef>e</sourceRef><targetRef>n</targetRef></dataInputAssociation>"
    body = f'<dataObject id="d"/><dataObject id="e"/><property id="n"/><task id="a">{inner}</task>'

    assert codes(whole_file(body)) == ["association-invalid"]


def test_data_that_nothing_uses_changes_nothing() -> None:
    assert (
        codes(
            drawing(START, human("a"), END, path("start", "a", "end"), '<dataStoreReference id="r" name="Any store"/><dataObject id="d"/>')
        )
        == []
    )


@pytest.mark.parametrize("ends", [("nowhere", "in_1"), ("do_1", "nowhere")])
def test_an_arrow_from_or_to_nothing_is_refused(ends: tuple[str, str]) -> None:
    body = f'<dataObject id="do_1"/><task id="a">{IO}{arrow("Input", *ends)}</task>'

    assert codes(whole_file(body)) == ["reference-unknown"]
    assert codes(whole_file(body, "http://flowable.org/bpmn")) == [], "of Flowable, an end is the name of a variable"


def test_an_arrow_may_lead_to_a_store_itself() -> None:
    body = f'<dataStoreReference id="ref_1" dataStoreRef="store_1"/><task id="a">{IO}{arrow("Output", "out_1", "store_1")}</task>'

    assert element_of(body, "a", roots=STORE).outputs == (("accounts", text("${answer}")),)
    assert codes(whole_file(body, roots=STORE)) == []
