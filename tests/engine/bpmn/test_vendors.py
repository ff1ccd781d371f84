"""What Camunda, Operaton, Flowable, Activiti and SpiffWorkflow write beside BPMN, read into the same neutral attributes (reference 3.3)."""

import pytest
from reading_support import between, codes, element, element_of, read, whole_file

from engine.bpmn.model import Mapping, Value
from engine.bpmn.xml import VENDORS
from engine.language import as_template

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
FLOWABLE = "http://flowable.org/bpmn"


def text(value: str) -> Value:
    return Value("text", value)


def extended(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


@pytest.mark.parametrize("namespace", VENDORS)
def test_assignment_due_and_follow_up_date_and_priority(namespace: str) -> None:
    attributes = (
        'v:assignee="${boss}" v:candidateUsers="a, b" v:candidateGroups="finance" v:dueDate="P3D" v:followUpDate="P1D" v:priority="${50}"'
    )

    wanted = element("userTask", attributes, namespace=namespace).assignment

    assert (wanted.assignee, wanted.candidate_users, wanted.candidate_groups) == ("${boss}", "a, b", "finance")
    assert (wanted.due_date, wanted.follow_up_date, wanted.priority) == ("P3D", "P1D", "${50}")


def test_resource_roles_of_the_standard_say_who() -> None:
    roles = (
        "<humanPerformer><resourceAssignmentExpression><formalExpression>${boss}</formalExpression></resourceAssignmentExpression></humanPerformer>"
        "<potentialOwner><resourceAssignmentExpression><formalExpression>user(li.na), group(finance), directors</formalExpression>"
        "</resourceAssignmentExpression></potentialOwner>"
    )

    wanted = element("userTask", "", roles).assignment

    assert (wanted.assignee, wanted.candidate_users, wanted.candidate_groups) == ("${boss}", "li.na", "finance,directors")


@pytest.mark.parametrize("kind", ["userTask", "startEvent"])
@pytest.mark.parametrize("namespace", VENDORS)
def test_form_key_and_form_data_on_tasks_and_start_events(namespace: str, kind: str) -> None:
    form = extended(
        '<v:formData><v:formField id="days" label="天数" type="long" defaultValue="3"><v:validation><v:constraint name="required"/>'
        '<v:constraint name="min" config="1"/><v:constraint name="max" config="30"/></v:validation></v:formField>'
        '<v:formField id="kind" type="enum"><v:value id="a" name="甲"/><v:value id="b"/></v:formField>'
        '<v:formField id="note" type="string"><v:validation><v:constraint name="minlength" config="2"/><v:constraint name="readonly"/></v:validation>'
        "</v:formField></v:formData>"
    )

    found = element(kind, 'v:formKey="f"', form, namespace=namespace)

    days, choice, note = found.form
    assert found.form_key == "f"
    assert (days.name, days.label, days.type, days.required, days.default, days.minimum, days.maximum) == (
        "days",
        "天数",
        "long",
        True,
        "3",
        "1",
        "30",
    )
    assert (choice.type, choice.options) == ("enum", (("a", "甲"), ("b", "b")))
    assert (note.readonly, note.pattern) == (True, "[\\s\\S]{2,}")


def test_a_form_reference_is_kept_as_the_form_s_key() -> None:
    assert element("userTask", 'v:formRef="leave" v:formRefBinding="latest"').form_key == "leave"


@pytest.mark.parametrize("kind", ["userTask", "startEvent"])
def test_form_properties_of_flowable(kind: str) -> None:
    form = extended(
        '<v:formProperty id="d" name="天数" type="long" variable="days" required="true"/><v:formProperty id="hidden" readable="false"/>'
        '<v:formProperty id="e" type="enum" writable="false" default="x"><v:value id="x" name="X"/></v:formProperty>'
    )

    days, choice = element(kind, "", form, namespace=FLOWABLE).form

    assert (days.name, days.label, days.type, days.required) == ("days", "天数", "long", True)
    assert (choice.name, choice.options, choice.default, choice.readonly) == ("e", (("x", "X"),), "x", True)


@pytest.mark.parametrize("namespace", VENDORS)
def test_input_output_with_text_list_map_and_script(namespace: str) -> None:
    rows = extended(
        '<v:inputOutput><v:inputParameter name="a">Hello ${who}</v:inputParameter>'
        '<v:inputParameter name="b"><v:list><v:value>1</v:value><v:script scriptFormat="groovy">x + 1</v:script></v:list></v:inputParameter>'
        '<v:inputParameter name="c"><v:map><v:entry key="k">${v}</v:entry><v:entry key="l"><v:list/></v:entry></v:map></v:inputParameter>'
        '<v:outputParameter name="d"><v:script scriptFormat="python">y = 2\ny * 3</v:script></v:outputParameter></v:inputOutput>'
    )

    found = element("userTask", "", rows, namespace=namespace)

    assert found.inputs == (
        ("a", text("Hello ${who}")),
        ("b", Value("list", items=(("", text("1")), ("", text(as_template("x + 1")))))),
        ("c", Value("map", items=(("k", text("${v}")), ("l", Value("list"))))),
    )
    assert found.outputs == (("d", Value("script", "y = 2\nresult = (y * 3\n)")),)


@pytest.mark.parametrize("namespace", VENDORS)
def test_multi_instance_collection_and_element_variable(namespace: str) -> None:
    loop = '<multiInstanceLoopCharacteristics isSequential="true" v:collection="${people}" v:elementVariable="person"/>'

    found = element("userTask", "", loop, namespace=namespace).loop

    assert found is not None
    assert (found.kind, found.collection, found.element_variable, found.cardinality) == ("sequential", "${people}", "person", None)


def test_multi_instance_of_flowable_with_a_nested_collection_an_index_and_an_aggregation() -> None:
    loop = (
        '<multiInstanceLoopCharacteristics v:elementVariable="person" v:elementIndexVariable="place">'
        + extended(
            "<v:collection><v:expression>${people}</v:expression></v:collection>"
            '<v:variableAggregation target="answers"><v:variable source="vote"/><v:variable source="note" target="why"/></v:variableAggregation>'
        )
        + "</multiInstanceLoopCharacteristics>"
    )

    found = element("userTask", "", loop, namespace=FLOWABLE)

    assert found.loop is not None
    assert (found.loop.collection, found.loop.output_collection) == ("${people}", "answers")
    assert found.loop.output_element == "${{'vote': vote, 'why': note}}"
    assert found.inputs == (("place", text("${loopCounter}")),)


def test_a_decision_with_its_mapping_and_result() -> None:
    found = element("businessRuleTask", 'v:decisionRef="who" v:mapDecisionResult="singleEntry" v:resultVariable="boss"')

    assert (found.decision_ref, found.map_result, found.result_variable, found.operation) == ("who", "singleEntry", "boss", None)


@pytest.mark.parametrize("kind", ["serviceTask", "sendTask", "businessRuleTask"])
def test_an_external_topic_is_an_operation(kind: str) -> None:
    assert element(kind, 'v:type="external" v:topic="oa.notify"').operation == "oa.notify"
    assert element(kind, 'v:type="external-worker" v:topic="oa.notify"', namespace=FLOWABLE).operation == "oa.notify"


@pytest.mark.parametrize("namespace", VENDORS)
@pytest.mark.parametrize("expression", ["${amount > 5 && !urgent}", "#{amount gt 5 and not urgent}"])
def test_an_expression_of_a_service_task_is_a_script(namespace: str, expression: str) -> None:
    escaped = expression.replace("&", "&amp;").replace(">", "&gt;")

    found = element("serviceTask", f'v:expression="{escaped}" v:resultVariable="large"', namespace=namespace)

    assert (found.operation, found.result_variable) == (None, None)
    assert found.script is not None and found.script.startswith("large = (")
    assert codes(between(f'<serviceTask id="a" v:expression="{escaped}" v:resultVariable="large"/>', namespace)) == []


def test_an_expression_without_a_result_is_still_looked_at() -> None:
    assert element("serviceTask", 'v:expression="${a.b}"').script == "if (juel(a.b\n)\n): pass"


def test_text_around_an_expression_of_a_service_task_belongs_to_its_value() -> None:
    assert (
        element("serviceTask", 'v:expression="Hello ${who}!" v:resultVariable="said"').script
        == "said = (''.join(['Hello ', str(juel(who\n)\n), '!'])\n)"
    )


@pytest.mark.parametrize("namespace", VENDORS)
def test_call_activity_in_and_out(namespace: str) -> None:
    rows = extended(
        '<v:in source="a" target="b"/><v:in sourceExpression="${x + 1}" target="c"/><v:in variables="all"/><v:in businessKey="#{key}"/>'
        '<v:in sourceExpression="No ${n}" target="d"/><v:out source="r"/><v:out variables="all" local="true"/>'
    )

    called = element("callActivity", 'calledElement="other"', rows, namespace=namespace).called

    assert called is not None
    assert (called.key, called.binding, called.version, called.business_key) == ("other", "latest", None, "#{key}")
    assert called.inputs == (
        Mapping("b", "a"),
        Mapping("c", expression="${x + 1}"),
        Mapping(all=True),
        Mapping("d", expression="${''.join(['No ', str(juel(n\n)\n)])}"),
    )
    assert called.outputs == (Mapping("r", "r"), Mapping(all=True, local=True))


@pytest.mark.parametrize(
    ("attributes", "binding", "version"),
    [
        ("", "latest", None),
        ('v:calledElementBinding="deployment"', "deployment", None),
        ('v:calledElementBinding="version" v:calledElementVersion="3"', "version", "3"),
        ('v:calledElementBinding="versionTag" v:calledElementVersionTag="v1"', "versionTag", "v1"),
        ('v:sameDeployment="true"', "deployment", None),
    ],
)
def test_call_activity_binding(attributes: str, binding: str, version: str | None) -> None:
    called = element("callActivity", f'calledElement="other" {attributes}').called

    assert called is not None and (called.binding, called.version) == (binding, version)


def test_call_activity_of_flowable_that_inherits() -> None:
    called = element("callActivity", 'calledElement="o" v:inheritVariables="true" v:businessKey="${k}"', namespace=FLOWABLE).called

    assert called is not None and (called.inputs, called.outputs, called.business_key) == ((Mapping(all=True),), (), "${k}")


@pytest.mark.parametrize("namespace", VENDORS)
def test_initiator_async_flags_retry_cycle_and_properties(namespace: str) -> None:
    inner = extended(
        '<v:failedJobRetryTimeCycle>R3/PT10M</v:failedJobRetryTimeCycle><v:properties><v:property name="k" value="v"/></v:properties>'
    )
    start = element("startEvent", 'v:initiator="who" v:asyncAfter="true"', namespace=namespace)
    task = element("userTask", 'v:asyncBefore="true" v:exclusive="false" v:jobPriority="5"', inner, namespace=namespace)

    assert (start.initiator, start.async_before, start.async_after) == ("who", False, True)
    assert (task.async_before, task.async_after, task.retries, task.properties) == (True, False, "R3/PT10M", (("k", "v"),))
    assert element("userTask", 'v:async="true"', namespace=namespace).async_before


@pytest.mark.parametrize("namespace", VENDORS)
def test_variables_of_caught_errors_and_escalations(namespace: str) -> None:
    error = element_of(
        '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition v:errorCodeVariable="code" v:errorMessageVariable="why"/></boundaryEvent>',
        "b",
        namespace,
    )
    escalation = element_of(
        '<boundaryEvent id="b" attachedToRef="a"><escalationEventDefinition v:escalationCodeVariable="code"/></boundaryEvent>',
        "b",
        namespace,
    )

    assert (error.events[0].name, error.events[0].code_variable, error.events[0].message_variable) == (None, "code", "why")
    assert escalation.events[0].code_variable == "code"


@pytest.mark.parametrize("namespace", VENDORS)
def test_a_message_is_thrown_by_an_operation(namespace: str) -> None:
    definition = (
        '<messageEventDefinition v:type="external" v:topic="oa.notify">'
        + extended('<v:field name="to" stringValue="li.na"/>')
        + "</messageEventDefinition>"
    )

    event = element("intermediateThrowEvent", "", definition, namespace=namespace).events[0]

    assert (event.kind, event.name, event.operation, event.inputs) == ("message", None, "oa.notify", (("to", text("li.na")),))


def test_the_process_s_own_attributes() -> None:
    head = (
        'isExecutable="true" v:versionTag="1.2" v:candidateStarterGroups="staff" v:candidateStarterUsers="li.na" v:historyTimeToLive="P1D"'
    )

    model = read(whole_file('<task id="a"/>').replace(b'isExecutable="true"', head.encode()))

    assert (model.version_tag, model.starter_groups, model.starter_users) == ("1.2", "staff", "li.na")


def test_a_script_in_another_language_runs_if_it_reads_in_ours() -> None:
    ours = '<scriptTask id="a" scriptFormat="groovy" v:resultVariable="sum"><script>x = 2\nx + y</script></scriptTask>'
    theirs = '<scriptTask id="a" scriptFormat="javascript"><script>var x = {}; x.y = function() {}</script></scriptTask>'

    assert element_of(ours, "a").script == "x = 2\nsum = (x + y\n)"
    assert codes(between(theirs)) == ["script-language"]


def test_a_juel_script_is_an_expression() -> None:
    found = element("scriptTask", 'scriptFormat="juel" v:resultVariable="r"', "<script>${a &amp;&amp; b}</script>")

    assert found.script is not None and found.script.split() == ["r", "=", "(juel(a", "and", "b", ")", ")"]


def test_a_script_outside_of_the_file_is_refused() -> None:
    assert "script-external" in codes(between('<scriptTask id="a" scriptFormat="python" v:resource="deployment://x.py"/>'))


# SpiffWorkflow


def test_a_service_task_operator_is_an_operation_with_expressions() -> None:
    inner = extended(
        '<v:serviceTaskOperator id="http/Get" resultVariable="r"><v:parameters><v:parameter id="url" type="str" value="&quot;x&quot; + y"/></v:parameters>'
        "</v:serviceTaskOperator>"
    )

    found = element("serviceTask", "", inner, namespace=SPIFF)

    assert (found.operation, found.result_variable, found.inputs) == ("http/Get", "r", (("url", text(as_template('"x" + y'))),))


def test_scripts_before_and_after_that_only_assign_are_inputs_and_outputs() -> None:
    found = element("userTask", "", extended("<v:preScript>x = a + 1</v:preScript><v:postScript>y = x * 2</v:postScript>"), namespace=SPIFF)

    assert found.inputs == (("x", text(as_template("a + 1"))),)
    assert found.outputs == (("x", text("${x}")), ("y", text(as_template("x * 2"))))


def test_a_script_before_an_element_that_does_more_is_refused() -> None:
    task = f'<userTask id="a">{extended("<v:preScript>for x in y: z = x</v:preScript>")}</userTask>'

    assert codes(between(task, SPIFF)) == ["script-not-supported"]


def test_unit_tests_mean_nothing_and_properties_are_kept() -> None:
    inner = extended(
        "<v:unitTests><v:unitTest id='t'><v:inputJson>{}</v:inputJson><v:expectedOutputJson>{}</v:expectedOutputJson></v:unitTest></v:unitTests>"
        '<v:properties><v:property name="formJsonSchemaFilename" value="f.json"/></v:properties><v:instructionsForEndUser>Say yes</v:instructionsForEndUser>'
    )

    found = element("userTask", "", inner, namespace=SPIFF)

    assert (found.properties, found.documentation) == ((("formJsonSchemaFilename", "f.json"),), "Say yes")


def test_a_call_without_mapping_passes_everything_in_a_file_of_spiffworkflow_only() -> None:
    spiff, camunda = (element("callActivity", 'calledElement="o"', namespace=namespace).called for namespace in (SPIFF, VENDORS[0]))

    assert spiff is not None and camunda is not None
    assert (spiff.inputs, spiff.outputs) == ((Mapping(all=True),), (Mapping(all=True),))
    assert (camunda.inputs, camunda.outputs) == ((), ())


def test_a_timer_that_is_no_literal_is_an_expression_in_a_file_of_spiffworkflow() -> None:
    event = '<intermediateCatchEvent id="a"><timerEventDefinition><timeDuration>{}</timeDuration></timerEventDefinition></intermediateCatchEvent>'

    one, other = (element_of(event.format(time), "a", SPIFF).timer for time in ("timedelta(hours=1)", "PT1H"))

    assert one is not None and other is not None and (one.text, other.text) == (as_template("timedelta(hours=1)"), "PT1H")


@pytest.mark.parametrize(
    ("kind", "attribute", "value", "refused"),
    [
        ("businessRuleTask", "decisionRefBinding", "deployment", False),
        ("businessRuleTask", "decisionRefBinding", "versionTag", True),
        ("serviceTask", "triggerable", "false", False),
        ("serviceTask", "terminateMultiInstance", "true", True),
        ("callActivity", "completeAsync", "true", False),
        ("userTask", "validateFormFields", "true", False),
        ("serviceTask", "noWaitStatesAsyncLeave", "true", False),
        ("userTask", "jobCategory", "x", False),
    ],
)
def test_an_attribute_that_says_what_happens_anyhow_is_no_fault(kind: str, attribute: str, value: str, refused: bool) -> None:
    task = f'<{kind} id="a" calledElement="o" v:decisionRef="d" v:topic="t" v:{attribute}="{value}"/>'

    assert ("extension-not-supported" in codes(between(task, FLOWABLE))) == refused


@pytest.mark.parametrize(("scope", "refused"), [("global", False), ("processInstance", False), ("tenant", True)])
def test_a_signal_of_flowable_is_for_everybody_or_for_its_case_or_refused(scope: str, refused: bool) -> None:
    event = '<intermediateThrowEvent id="a"><signalEventDefinition signalRef="s"/></intermediateThrowEvent>'

    assert bool(codes(between(event, FLOWABLE, f'<signal id="s" name="s" v:scope="{scope}"/>'))) == refused


@pytest.mark.parametrize(("start", "expected"), [("", "${initiator}"), ('v:initiator="starter"', "${starter}")])
def test_flowables_word_for_the_starter_is_the_variable_that_holds_him(start: str, expected: str) -> None:
    task = element_of(f'<startEvent id="s" {start}/><userTask id="a" v:assignee="$INITIATOR"/>', "a", FLOWABLE)

    assert task.assignment.assignee == expected


# what is not read is refused


def field(attributes: str, inner: str = "") -> str:
    return user(f'<v:formData><v:formField id="f" {attributes}>{inner}</v:formField></v:formData>')


def user(inner: str, attributes: str = "") -> str:
    return f'<userTask id="a" {attributes}>{extended(inner)}</userTask>'


def several(inner: str, attributes: str = "") -> str:
    return f'<userTask id="a"><multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics></userTask>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<userTask id="a" v:skipEverything="${true}"/>', "extension-not-supported"),
        (user("<v:mapException/>"), "extension-not-supported"),
        ('<serviceTask id="a" v:topic="t">' + extended("<v:eventType>x</v:eventType>") + "</serviceTask>", "event-registry-not-supported"),
        ('<callActivity id="a" v:caseRef="c"/>', "cmmn-not-supported"),
        ('<callActivity id="a" calledElement="o" v:variableMappingClass="x.Y"/>', "java-not-supported"),
        (field('type="object"'), "field-type"),
        (field("", '<v:validation><v:constraint name="validator" config="x.Y"/></v:validation>'), "java-not-supported"),
        ('<userTask id="a" asignee="li.na"/>', "attribute-unknown"),
        (several("<loopCardinality>2</loopCardinality>", 'behavior="One"'), "behavior-not-supported"),
        ('<userTask id="a" startQuantity="2"/>', "quantity-not-supported"),
        ('<userTask id="a" completionQuantity="0"/>', "quantity-not-supported"),
        ('<complexGateway id="a"><activationCondition>x</activationCondition></complexGateway>', "part-not-supported"),
        ('<adHocSubProcess id="a"/>', "element-not-supported"),
        (user('<z:assignmentDefinition assignee="x"/>', 'xmlns:z="http://camunda.org/schema/zeebe/1.0"'), "extension-not-supported"),
    ],
)
def test_what_has_no_place_is_refused_with_its_element(body: str, code: str) -> None:
    assert code in codes(between(body), element="a")


def test_what_other_tools_add_means_nothing() -> None:
    task = f'<userTask id="a" xmlns:c="urn:colours" c:fill="red">{extended("<c:note>x</c:note>")}</userTask>'

    assert codes(between(task)) == []


def test_an_extension_that_must_be_understood_is_refused() -> None:
    xml = between('<userTask id="a"/>').replace(b"<process", b'<extension mustUnderstand="true" definition="x"/><process')

    assert codes(xml) == ["extension-not-supported"]
