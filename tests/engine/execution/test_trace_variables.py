"""Where variables live: the instance, a sub-process for what it declares, an activity for its inputs, an instance of a multi-instance for its own names."""

import pytest
from drawings import END, START, end, extension, gateway, human, instances, mapped, node, path, script, service, sub, task, whole
from drawings import start as begin
from traces import Case, Stub


def test_parallel_branches_write_the_same_variable_and_both_changes_stand_in_the_record() -> None:
    xml = whole(
        START, gateway("split", "parallel"), script("a", "x = 1"), script("b", "x = 2"), gateway("join", "parallel"), END,
        path("start", "split", "a", "join", "end"),
        path("split", "b", "join"),
    )  # fmt: skip
    case = Case(xml, {"x": 0})
    assert case.changes[1:] == [("a", "x", 0, 1), ("b", "x", 1, 2)]
    assert case.variables["x"] == 2


@pytest.mark.parametrize("order", ["a b", "b a"])
def test_parallel_branches_add_to_the_same_variable_and_lose_nothing(order: str) -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), script("one", "x = x + 1\nxs = xs + ['one']"), human("b"),
        script("ten", "x = x + 10\nxs = xs + ['ten']"),
        gateway("join", "parallel"), END, path("start", "split", "a", "one", "join", "end"), path("split", "b", "ten", "join"),
    )  # fmt: skip
    case = Case(xml, {"x": 0, "xs": []})
    case.decide(*order.split())
    assert case.variables["x"] == 11
    assert sorted(case.variables["xs"]) == ["one", "ten"]


def test_parallel_branches_share_no_mutable_value_with_history_or_each_other() -> None:
    """Section 4: a nested map changed in one branch changes neither the past nor the other branch's past."""
    xml = whole(
        START, gateway("split", "parallel"), script("a", "form['x'] = 1"), script("b", "form['y'] = 2"), gateway("join", "parallel"), END,
        path("start", "split", "a", "join", "end"), path("split", "b", "join"),
    )  # fmt: skip
    case = Case(xml, {"form": {"deep": []}})
    assert case.changes[1:] == [
        ("a", "form", {"deep": []}, {"deep": [], "x": 1}),
        ("b", "form", {"deep": [], "x": 1}, {"deep": [], "x": 1, "y": 2}),
    ]
    assert case.variables["form"] == {"deep": [], "x": 1, "y": 2}


def test_a_value_equal_to_the_present_one_is_no_change() -> None:
    case = Case(whole(START, script("a", "x = 1"), END, path("start", "a", "end")), {"x": 1})
    assert case.changes == [(None, "x", None, 1)]


@pytest.mark.parametrize("declared", ["property", "dataObject"])
def test_what_a_sub_process_declares_lives_and_dies_with_it(declared: str) -> None:
    inner = sub("s", node(declared, "mine", name="mine"), begin("s0"), script("a", "mine = 1\nothers = 2"), human("h"),
    script("b", "others = mine + 1"), end("s1"),
                path("s0", "a", "h", "b", "s1"))  # fmt: skip
    case = Case(whole(START, inner, END, path("start", "s", "end")))
    assert "mine" not in case.variables
    assert case.variables["others"] == 2
    case.decide("h")
    assert "mine" not in case.variables
    assert case.variables["others"] == 2
    assert case.finished


def test_a_name_declared_in_a_sub_process_hides_the_one_around_it() -> None:
    inner = sub("s", node("property", "x", name="x"), begin("s0"), script("a", "x = 1\ny = x"), end("s1"), path("s0", "a", "s1"))
    case = Case(whole(START, inner, script("after", "z = x"), END, path("start", "s", "after", "end")), {"x": 100})
    assert case.variables["x"] == 100
    assert case.variables["y"] == 1
    assert case.variables["z"] == 100


def test_a_name_not_declared_anywhere_is_written_to_the_instance_from_any_depth() -> None:
    inner = sub(
        "s",
        begin("s0"),
        sub("t", begin("t0"), script("a", "x = x + 1\nnew = 1"), end("t1"), path("t0", "a", "t1")),
        end("s1"),
        path("s0", "t", "s1"),
    )
    case = Case(whole(START, inner, END, path("start", "s", "end")), {"x": 1})
    assert case.variables["x"] == 2
    assert case.variables["new"] == 1


def test_a_data_object_two_levels_up_is_read_and_written_without_hanging() -> None:
    """Section 4: the library's parser never returned from this."""
    deepest = sub("u", begin("u0"), script("a", "mine = mine + 1"), end("u1"), path("u0", "a", "u1"))
    inner = sub("t", begin("t0"), deepest, end("t1"), path("t0", "u", "t1"))
    outer = sub("s", node("dataObject", "mine", name="mine"), begin("s0"), script("set", "mine = 1"), inner, script("out", "found = mine"),
    end("s1"),
                path("s0", "set", "t", "out", "s1"))  # fmt: skip
    case = Case(whole(START, outer, END, path("start", "s", "end")))
    assert case.variables["found"] == 2
    assert "mine" not in case.variables


@pytest.mark.parametrize("kind", ["service task", "sub-process", "user task", "script task"])
def test_input_parameters_are_local_to_their_activity_and_output_parameters_are_written_around_it(kind: str) -> None:
    body = mapped({"mine": "${n + 1}"}, {"found": "${mine * 10}"})
    part = {
        "service task": node("serviceTask", "t", body, shenpi_operation="go"),
        "sub-process": sub("t", body, begin("s0"), script("a", "mine = mine + 1"), end("s1"), path("s0", "a", "s1")),
        "user task": node("userTask", "t", body),
        "script task": node("scriptTask", "t", f"{body}<script>mine = mine + 1</script>"),
    }[kind]
    case = Case(whole(START, part, END, path("start", "t", "end")), {"n": 1}, Stub(go=lambda mine: None))
    if kind == "user task":
        case.decide("t")
    assert case.variables["found"] == (30 if kind in ("sub-process", "script task") else 20)
    assert "mine" not in case.variables
    assert case.finished


def test_input_parameters_may_be_lists_maps_and_scripts() -> None:
    rows = (
        '<camunda:inputOutput><camunda:inputParameter name="xs"><camunda:list><camunda:value>a</camunda:value>'
        "<camunda:value>${n}</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="m"><camunda:map><camunda:entry key="k">${n + 1}</camunda:entry></camunda:map></camunda:inputParameter>'
        "</camunda:inputOutput>"
    )
    seen = {}
    case = Case(whole(START, node("serviceTask", "t", extension(rows), shenpi_operation="go"), END, path("start", "t", "end")), {"n": 1},
                Stub(go=lambda xs, m: seen.update(xs=xs, m=m)))  # fmt: skip
    assert case.finished
    assert seen == {"xs": ["a", 1], "m": {"k": 2}}


def test_the_names_of_a_multi_instance_are_its_own() -> None:
    body = node(
        "scriptTask",
        "t",
        f"<script>found = found + [[loopCounter, nrOfInstances, who]]</script>{instances(collection='people', element='who')}",
    )
    case = Case(whole(START, body, END, path("start", "t", "end")), {"people": ["a", "b"], "found": [], "who": "me"})
    assert case.variables["found"] == [[0, 2, "a"], [1, 2, "b"]]
    assert case.variables["who"] == "me"
    assert not {"loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"} & set(case.variables)


def test_a_script_that_fails_writes_nothing() -> None:
    case = Case(whole(START, script("a", "x = 1\ny = missing"), END, path("start", "a", "end")))
    assert "x" not in case.variables
    assert [element for element, _ in case.failed] == ["a"]


def test_the_result_of_an_operation_in_a_sub_process_is_seen_after_it() -> None:
    inner = sub("s", begin("s0"), service("t", "give", camunda_resultVariable="x"), end("s1"), path("s0", "t", "s1"))
    case = Case(whole(START, inner, task("a"), END, path("start", "s", "a", "end")), operations=Stub(give=lambda: [1]))
    assert case.variables["x"] == [1]


@pytest.mark.parametrize("key", ["typename", "__class__", "$d", "$m", "data", "float", "v", "rows"])
def test_a_hostile_key_in_a_value_is_an_ordinary_key(key: str) -> None:
    case = Case(whole(START, human("a"), human("b"), END, path("start", "a", "b", "end")))
    case.decide("a", form={key: "datetime", "deep": [{key: {"value": 1}}]})
    case.decide("b")
    assert case.variables["form"] == {key: "datetime", "deep": [{key: {"value": 1}}]}
    assert case.finished


IO = (
    '<ioSpecification><dataInput id="in"/><dataOutput id="out"/><inputSet><dataInputRefs>in</dataInputRefs></inputSet>'
    "<outputSet><dataOutputRefs>out</dataOutputRefs></outputSet></ioSpecification>"
    "<dataInputAssociation><sourceRef>order</sourceRef><targetRef>in</targetRef></dataInputAssociation>"
    "<dataOutputAssociation><sourceRef>out</sourceRef><targetRef>order</targetRef></dataOutputAssociation>"
)


@pytest.mark.parametrize("kind", ["data object", "data object reference", "property"])
def test_a_data_association_carries_a_value_in_and_out_of_a_task(kind: str) -> None:
    """Section 2.1: the library emptied the task's data before the data object was written."""
    held = {
        "data object": node("dataObject", "order", name="order"),
        "data object reference": node("dataObject", "kept", name="order") + node("dataObjectReference", "order", dataObjectRef="kept"),
        "property": node("property", "order", name="order"),
    }[kind]
    body = node("scriptTask", "t", f"{IO}<script>out = order + ['seen']</script>")
    case = Case(whole(held, START, body, script("after", "found = order"), END, path("start", "t", "after", "end")), {"order": ["new"]})
    assert case.variables["found"] == ["new", "seen"]
    assert "out" not in case.variables
    assert case.finished


def test_an_assignment_of_a_data_association_gives_what_it_says() -> None:
    body = (
        '<ioSpecification><dataInput id="given"/><inputSet><dataInputRefs>given</dataInputRefs></inputSet><outputSet/></ioSpecification>'
        "<dataInputAssociation><targetRef>given</targetRef><assignment><from>${n + 1}</from><to>given</to></assignment></dataInputAssociation>"
    )
    case = Case(whole(START, node("scriptTask", "t", f"{body}<script>found = given</script>"), END, path("start", "t", "end")), {"n": 1})
    assert case.variables["found"] == 2
    assert "given" not in case.variables


# --- what `${...}` asks of its execution


def test_a_service_task_s_expression_sets_a_variable_of_its_execution() -> None:
    task_ = node("serviceTask", "x", camunda_expression="${execution.setVariable('a', n + '1')}")
    assert Case(whole(START, task_, END, path("start", "x", "end")), {"n": 2}).variables["a"] == 3


def test_an_execution_is_known_by_its_case_and_its_element() -> None:
    text = "${execution.processBusinessKey} ${execution.currentActivityId} ${execution.getProcessInstanceId() != null}"
    task_ = node("serviceTask", "x", camunda_expression=text, camunda_resultVariable="r")
    assert Case(whole(START, task_, END, path("start", "x", "end"))).variables["r"] == "FP-1 x true"


def test_an_execution_tells_whether_it_has_a_variable() -> None:
    task_ = node(
        "serviceTask", "x", camunda_expression="${execution.hasVariable('n') && !execution.hasVariable('m')}", camunda_resultVariable="r"
    )
    assert Case(whole(START, task_, END, path("start", "x", "end")), {"n": None}).variables["r"] is True


# --- data that nobody has written yet

OBJECT = '<dataObject id="o" name="draft"/><dataObjectReference id="r" dataObjectRef="o"/>'
STORE = '<dataStoreReference id="r" name="draft"/>'
PROPERTY = '<property id="r" name="draft"/>'
READS_IT = (
    '<userTask id="x"><ioSpecification><dataInput id="in"/><inputSet><dataInputRefs>in</dataInputRefs></inputSet><outputSet/></ioSpecification>'
    "<dataInputAssociation><sourceRef>r</sourceRef><targetRef>in</targetRef></dataInputAssociation></userTask>"
)


@pytest.mark.parametrize("declared", [OBJECT, STORE, PROPERTY])
def test_data_of_a_process_is_null_until_somebody_writes_it(declared: str) -> None:
    xml = whole(declared, START, READS_IT, script("s", "seen = draft is null\ndraft = 1"), END, path("start", "x", "s", "end"))
    case = Case(xml)
    assert (case.failed, case.open) == ([], "x")
    case.decide("x")
    assert (case.variables["seen"], case.variables["draft"]) == (True, 1)


def test_data_of_a_process_has_what_the_case_is_started_with() -> None:
    xml = whole(OBJECT, START, script("s", "seen = draft"), END, path("start", "s", "end"))
    assert Case(xml, {"draft": 5}).variables["seen"] == 5


def test_data_of_a_called_process_is_its_own_and_null_at_first() -> None:
    inner = whole(OBJECT, begin("i"), script("k", "seen = draft"), path("i", "k"), key="q")
    call = node("callActivity", "x", extension('<camunda:out source="seen" target="seen"/>'), calledElement="q")
    case = Case(whole(START, call, END, path("start", "x", "end")), {"draft": 5}, Stub({"q": inner}))
    assert (case.failed, case.variables["seen"]) == ([], None)
