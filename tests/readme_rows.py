"""The drawings behind each row of the README's table that is not about events at their places, by how the row begins."""

from dataclasses import replace
from typing import Any

from drawings import (
    END,
    START,
    boundary,
    catch,
    compensated,
    definition,
    end,
    extension,
    flow,
    gateway,
    instances,
    loop,
    node,
    path,
    script,
    start,
    sub,
    task,
    throw,
)
from readme_support import HANDLED, VENDORS, Drawn, around, part, refused, runs

from engine.bpmn.model import ACTIVITIES, SCOPES

CALLED = node("process", "q", task("deep"), isExecutable="true")
SERVICES = ("serviceTask", "sendTask", "businessRuleTask")

# --- activities

ATTRIBUTES = {**{kind: {"shenpi_operation": "oa.notify"} for kind in SERVICES}, "callActivity": {"calledElement": "q"}}
BODIES = {"scriptTask": "<script>k = 1</script>", **dict.fromkeys(SCOPES, task("i"))}
JAVA = {"camunda_class": "x.Y", "camunda_delegateExpression": "${y}", "camunda_type": "mail"}
NAMES = {"x.Y": "oa.notify", "y": "oa.notify", "type:mail": "oa.notify"}
LIMIT = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t"><decision id="limit" name="limit">'
    '<decisionTable hitPolicy="{}"><input id="i"><inputExpression><text>n</text></inputExpression></input><output id="o" name="boss"/>'
    '<rule id="r"><inputEntry><text>&gt; 3</text></inputEntry><outputEntry><text>"wu.gang"</text></outputEntry></rule></decisionTable></decision></definitions>'
)


def activity(kind: str, body: str = "", **attributes: str) -> str:
    """Return an activity of a kind with what it cannot be without."""
    return task("x", kind, body + BODIES.get(kind, ""), **ATTRIBUTES.get(kind, {}), **attributes)


def each(*kinds: str, body: str = "") -> list[Drawn]:
    """Return one drawing for each kind of activity."""
    return [runs(*around(activity(kind, body)), roots=CALLED) for kind in kinds or sorted(ACTIVITIES)]


def single(kind: str = "task", body: str = "", **attributes: str) -> tuple[str, ...]:
    return around(task("x", kind, body, **attributes))


def scripted(text: str, **attributes: str) -> tuple[str, ...]:
    return single("scriptTask", f"<script>{text}</script>", **attributes)


def decided(policy: str, **options: Any) -> Drawn:
    rule = single("businessRuleTask", camunda_decisionRef="limit", camunda_resultVariable="r")
    return runs(*rule, files={"t.dmn": LIMIT.format(policy).encode()}, **options)


def called(roots: str = CALLED, **attributes: str) -> Drawn:
    return runs(*single("callActivity", calledElement="q", **attributes), roots=roots)


def bound(binding: str, **attributes: str) -> Drawn:
    return called(camunda_calledElementBinding=binding, **attributes)


def nested(depth: int, **options: Any) -> Drawn:
    inner = task("x")
    for number in range(depth):
        inner = sub(f"s{number}", inner)
    return runs(inner, **options)


def compensating(kind: str) -> Drawn:
    parts = (START, task("a"), compensated("a", "x"), activity(kind, **HANDLED), throw("t", "compensate"), END)
    return runs(*parts, path("start", "a", "t", "end"), roots=CALLED)


def behaving(behavior: str) -> Drawn:
    several = instances("2").replace("Characteristics>", f'Characteristics behavior="{behavior}">', 1)
    return refused("behavior-not-supported", *single(body=several))


def vendor(prefix: str, element: str, **options: Any) -> Drawn:
    """Return a drawing of an element in which `V:` stands for the prefix of a vendor."""
    return runs(*around(element.replace("V:", f"{prefix}:")), spoken=prefix, **options)


REFERRED = "<V:field name='decisionTableReferenceKey'><V:string>limit</V:string></V:field>"
OF_ACTIVITIES = {
    "task, manualTask, userTask": each("task", "manualTask", "userTask"),
    "scriptTask | in our language": [runs(*scripted("k = n + 1")), runs(*scripted("k = n + 1", scriptFormat="groovy"))],
    "scriptTask | anything else": [
        refused("script-language", *scripted("var k = {}", scriptFormat="javascript")),
        refused("script-external", *single("scriptTask", camunda_resource="deployment://k.py")),
    ],
    "serviceTask, sendTask, businessRuleTask | an operation": [
        runs(*single(kind, **attributes))
        for kind in SERVICES
        for attributes in (
            {"shenpi_operation": "oa.notify"},
            {"camunda_type": "external", "camunda_topic": "oa.notify"},
            {"camunda_expression": "${n + 1}", "camunda_resultVariable": "k"},
        )
    ],
    "serviceTask, sendTask, businessRuleTask | a Java class": [
        *(runs(*single(kind, **{name: value}), delegates=NAMES) for kind in SERVICES for name, value in JAVA.items()),
        *(refused("java-not-supported", *single("sendTask", messageRef="message_m", **{name: value})) for name, value in JAVA.items()),
    ],
    "businessRuleTask | a decision table": [
        *(decided(policy) for policy in ("UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT")),
        runs(*single("businessRuleTask", camunda_decisionRef="${n > 3 ? 'limit' : 'x'}"), files={"t.dmn": LIMIT.format("UNIQUE").encode()}),
        *(refused("hit-policy", *single(), files={"t.dmn": LIMIT.format(policy).encode()}) for policy in ("PRIORITY", "OUTPUT ORDER")),
    ],
    "serviceTask | of Flowable's type": [
        vendor(
            "flowable",
            f'<serviceTask id="x" V:type="dmn">{extension(REFERRED)}</serviceTask>',
            files={"t.dmn": LIMIT.format("UNIQUE").encode()},
        ),
    ],
    "sendTask, receiveTask | a message": [
        *(runs(*single(kind, messageRef="message_m")) for kind in ("sendTask", "receiveTask")),
        runs(task("x", "receiveTask", messageRef="message_m", instantiate="true"), END, path("x", "end"), at="x"),
    ],
    "callActivity | a process": [
        called(),
        bound("version", camunda_calledElementVersion="3"),
        bound("versionTag", camunda_calledElementVersionTag="v1"),
        bound("deployment"),
        called('<globalUserTask id="q"/>'),
    ],
    "callActivity | a business key": [
        runs(*single("callActivity", extension('<camunda:in businessKey="${n}"/>'), calledElement="q"), roots=CALLED),
    ],
    "callActivity | a CMMN case": [refused("cmmn-not-supported", *single("callActivity", calledElement="q", camunda_caseRef="c"))],
    "subProcess, transaction | embedded": [
        *each("subProcess", "transaction"),
        part("message", True),
        nested(20),
        nested(21, code="too-complex"),
    ],
    "subProcess, transaction | a transaction with": [
        refused("cancel-not-caught", *around(sub("x", sub("t", task("i"), end("stop", "cancel"), path("i", "stop"), kind="transaction")))),
    ],
    "adHocSubProcess": [refused("element-not-supported", *single(), node("adHocSubProcess", "y", task("i")))],
    "every activity | isForCompensation": [compensating(kind) for kind in sorted(ACTIVITIES)],
    "every activity | startQuantity": [
        refused("quantity-not-supported", *single(**{name: "2"})) for name in ("startQuantity", "completionQuantity")
    ],
    "standardLoopCharacteristics": [
        *each(body=loop("${loopCounter < 2}")),
        *each(body=loop("${n > 3}", before=True, most="2")),
    ],
    "multiInstanceLoopCharacteristics | on every activity": [
        *each(body=instances("2")),
        *each(body=instances("2", sequential=True)),
        *each(
            "userTask", body=instances(collection="people", element="one", gather=("all", "one"), until="${nrOfCompletedInstances == 1}")
        ),
    ],
    "multiInstanceLoopCharacteristics | behavior": [behaving("None"), behaving("One"), behaving("Complex")],
}

# --- gateways and flows


def gated(kind: str, *conditions: str | None, default: str | None = None) -> Drawn:
    """Two gateways of a kind around the tasks `a` and `b`, of which the second is gone through."""
    ways = "".join(flow("x", name, condition) for name, condition in zip("ab", conditions, strict=True))
    options = {"default": default} if default else {}
    nodes = (gateway("x", kind, **options), task("a"), task("b"), gateway("j", kind))
    return runs(START, *nodes, END, path("start", "x"), ways, path("a", "j", "end"), path("b", "j"), done="x b j")


CHOICES = (catch("m", "message", "m"), catch("s", "signal", "s"), path("x", "m"), path("x", "s"))


def chosen(done: str, **attributes: str) -> Drawn:
    events = (gateway("x", "eventBased", **attributes), *CHOICES)
    return runs(*events, done=done, at="m") if attributes else runs(START, path("start", "x"), *events, done=done)


SEVERAL = (flow("start", "x"), flow("start", "a"), flow("x", "a", "${n > 9}"), flow("x", "b", "${n > 3}"), flow("x", "c"))
HANDLER = (sub("x", task("i")), boundary("b1", "x", "error", "e"), boundary("b2", "x", "error", "e"))
CARRIED = '<messageEventDefinition camunda:type="external" camunda:topic="t"/>'
THROWN = (
    definition("signal", "S") + definition("compensate") + definition("escalation", "U") + CARRIED + definition("message", "M") + CARRIED
)
OF_WAYS = {
    "exclusiveGateway,": [
        gated("exclusive", None, "${n > 3}", default="x_to_a"),
        gated("inclusive", "${n > 9}", "${n > 3}"),
        gated("parallel", None, None),
    ],
    "eventBasedGateway": [
        chosen("x m"),
        chosen("x m", instantiate="true"),
        chosen("x m s", instantiate="true", eventGatewayType="Parallel"),
    ],
    "exclusiveGateway | one flow": [
        runs(START, gateway("x"), task("a"), task("b"), path("start", "x"), flow("x", "a", "${n > 9}"), flow("x", "b"), done="x b"),
        runs(START, gateway("x"), task("a"), task("b"), path("start", "x"), flow("x", "a"), flow("x", "b", "${n > 3}"), done="x a"),
    ],
    "exclusiveGateway | more of them": [
        refused("condition-missing", START, gateway("x"), task("a"), task("b"), path("start", "x", "a"), flow("x", "b")),
        refused("condition-missing", START, gateway("x", default="x_to_a"), task("a"), task("b"), path("start", "x", "a"), flow("x", "b")),
    ],
    "eventBasedGateway | with one way": [
        refused("event-gateway-single", START, gateway("x", "eventBased"), catch("m", "message", "m"), path("start", "x", "m")),
        refused(
            "event-gateway-mixed",
            *(
                START,
                gateway("x", "eventBased"),
                catch("m", "message", "m"),
                task("r", "receiveTask"),
                path("start", "x", "m"),
                flow("x", "r"),
            ),
        ),
    ],
    "every event | a second": [
        refused("start-repeated", START, node("startEvent", "s2"), task("x"), path("start", "x"), flow("s2", "x")),
        refused("event-repeated", START, *HANDLER, path("start", "x")),
    ],
    "every event | several that are thrown": [
        *(runs(START, node(kind, "x", THROWN), path("start", "x")) for kind in ("intermediateThrowEvent", "endEvent")),
        runs(START, node("endEvent", "x", THROWN + definition("terminate") + definition("error", "E")), path("start", "x")),
        runs(
            *(START, sub("t", start("t0"), node("endEvent", "x", THROWN + definition("cancel")), path("t0", "x"), kind="transaction")),
            *(boundary("b", "t", "cancel"), path("start", "t")),
        ),
    ],
    "every event | a link": [
        refused(
            "event-position",
            *(START, node("intermediateThrowEvent", "x", definition("link", "L") + definition("signal", "S")), path("start", "x")),
            *(catch("l", "link", "L"),),
        ),
    ],
    "every event | an error": [runs(START, end("x", "error", "E"), path("start", "x"))],
    "complexGateway | without": [gated("complex", "${n > 9}", "${n > 3}")],
    "complexGateway | with one": [
        refused("part-not-supported", *around(node("complexGateway", "x", "<activationCondition>n &gt; 1</activationCondition>"))),
    ],
    "every event": [
        refused("event-position", *around(throw("x", "timer"))),
        refused("event-missing", *around(node("intermediateCatchEvent", "x"))),
    ],
    "implicitThrowEvent": [refused("element-not-supported", *single(), node("implicitThrowEvent", "y"))],
    "sequenceFlow": [runs(START, task("x", default="x_to_c"), *map(task, "abc"), *SEVERAL, done="x a b start_to_a x_to_b")],
    "choreographyTask,": [
        refused("element-not-supported", *single(), node(kind, "y")) for kind in ("choreographyTask", "subChoreography", "callChoreography")
    ],
}

# --- data and what is only drawn


def arrow(direction: str, target: str, *sources: str) -> str:
    ends = "".join(f"<sourceRef>{source}</sourceRef>" for source in sources)
    return f"<data{direction}Association>{ends}<targetRef>{target}</targetRef></data{direction}Association>"


OBJECTS = '<dataObject id="o" name="n"/><dataObject id="t" name="k"/>'
OWN = '<property id="w" name="v"/>'
LANES = '<laneSet id="l"><lane id="l1" name="财务"><flowNodeRef>x</flowNodeRef></lane></laneSet>'
NOTES = '<textAnnotation id="n"><text>!</text></textAnnotation><group id="g"/><association id="z" sourceRef="x" targetRef="n"/>'
POOLS = (
    '<collaboration id="c"><participant id="p1" processRef="p"/><participant id="p2" name="Bank"/>'
    '<messageFlow id="m1" sourceRef="x" targetRef="p2"/></collaboration>'
)
OF_DATA = {
    "dataObject,": [
        runs(
            '<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o" name="draft"/><dataStoreReference id="s" name="ledger"/>',
            '<property id="q" name="seen"/>',
            *around(script("x", "draft = ledger = seen = n")),
        )
    ],
    "dataInputAssociation, dataOutputAssociation": [
        runs(OBJECTS, *single("userTask", OWN + arrow("Input", "w", "o") + arrow("Output", "t", "w"))),
    ],
    "dataInputAssociation, dataOutputAssociation | several": [
        refused("association-invalid", OBJECTS, *single("userTask", OWN + arrow("Input", "w", "o", "t"))),
        refused("association-invalid", OBJECTS, *single("userTask", OWN + arrow("Output", "t", "w", "o"))),
        refused("reference-unknown", OBJECTS, *single("userTask", OWN + arrow("Output", "t", "nowhere"))),
    ],
    "participant,": [runs(LANES, *single(), NOTES, roots=POOLS)],
}

# --- what vendors add

EXTENDED = (
    '<V:formData><V:formField id="days" type="long"/></V:formData><V:failedJobRetryTimeCycle>R3/PT1M</V:failedJobRetryTimeCycle>'
    '<V:inputOutput><V:inputParameter name="a">${n}</V:inputParameter><V:outputParameter name="b">${a}</V:outputParameter></V:inputOutput>'
    '<V:properties><V:property name="k" value="v"/></V:properties>'
)
ATTRIBUTED = 'V:assignee="li.na" V:candidateGroups="g" V:dueDate="P3D" V:priority="50" V:asyncBefore="true" V:asyncAfter="true"'
HINTS = 'V:jobPriority="9" V:exclusive="false" V:modelerTemplate="t"'
SEVERAL_PEOPLE = '<multiInstanceLoopCharacteristics V:collection="people" V:elementVariable="one"/>'
PASSED = extension('<V:in source="n" target="m"/><V:out source="m" target="k"/>')
TOLD = {"x.Told": "local.told"}


def user(inner: str = "", attributes: str = "", after: str = "") -> str:
    return f'<userTask id="x" {attributes}>{extension(inner)}{after}</userTask>'


def listener(kind: str, event: str) -> str:
    return f'<V:{kind}Listener class="x.Told" event="{event}"/>'


def taking(prefix: str) -> Drawn:
    """A listener on a flow."""
    told = extension(listener("execution", "take")).replace("V:", f"{prefix}:")
    parts = [one.replace("</sequenceFlow>", f"{told}</sequenceFlow>") for one in around(task("x"))]
    return runs(*parts, spoken=prefix, delegates=TOLD)


ERROR_OF_JOB = '<V:errorEventDefinition errorRef="e" expression="${n == 1}"/>'
TERMINATED = '<endEvent id="x"><terminateEventDefinition V:terminateAll="true"/></endEvent>'


def engine(event: str, prefix: str = "flowable", **options: Any) -> Drawn:
    """A listener to the engine of Flowable, in whichever namespace."""
    return runs(extension(f'<{prefix}:eventListener events="{event}" class="x.Told"/>'), *single(), spoken=prefix, **options)


def spiff(inner: str, kind: str = "userTask", **options: Any) -> Drawn:
    attributes = ' messageRef="message_m"' if kind == "sendTask" else ""
    return vendor("spiffworkflow", f'<{kind} id="x"{attributes}>{extension(inner)}</{kind}>', **options)


FAMILY = "camunda:, operaton:, flowable:, activiti:"
OF_VENDORS = {
    f"{FAMILY} | people": [
        *(vendor(prefix, user(EXTENDED, ATTRIBUTED)) for prefix in VENDORS),
        *(vendor(prefix, user(after=SEVERAL_PEOPLE)) for prefix in VENDORS),
        *(vendor(prefix, f'<callActivity id="x" calledElement="q">{PASSED}</callActivity>', roots=CALLED) for prefix in VENDORS),
        decided("FIRST"),
    ],
    f"{FAMILY} | execution": [
        *(vendor(prefix, user(listener("execution", event)), delegates=TOLD) for prefix in VENDORS for event in ("start", "end")),
        *(vendor(prefix, user(listener("task", event)), delegates=TOLD) for prefix in VENDORS for event in ("create", "complete")),
        *map(taking, VENDORS),
        *(vendor(prefix, user(listener("task", "create")), code="java-not-supported") for prefix in VENDORS),
        *(vendor(prefix, user(listener("task", "delete")), delegates=TOLD, code="listener-not-supported") for prefix in VENDORS),
    ],
    f"{FAMILY} | errors of": [
        *(
            vendor(prefix, element, roots='<error id="e" errorCode="1"/>')
            for prefix in VENDORS
            for element in (
                f'<serviceTask id="x" V:type="external" V:topic="oa.notify">{extension(ERROR_OF_JOB)}</serviceTask>',
                user(attributes='V:skipExpression="${false}" V:taskCompleterVariableName="who"'),
                '<serviceTask id="x" V:expression="${n}" V:triggerable="true"/>',
            )
        ),
        *(runs(START, TERMINATED.replace("V:", f"{prefix}:"), path("start", "x"), spoken=prefix) for prefix in VENDORS),
    ],
    f"{FAMILY} | listeners to": [
        *(engine("PROCESS_STARTED", prefix, delegates=TOLD) for prefix in VENDORS),
        engine("PROCESS_COMPLETED", delegates=TOLD),
        engine("JOB_CANCELED", delegates=TOLD, code="listener-not-supported"),
        engine("PROCESS_STARTED", code="java-not-supported"),
    ],
    f"{FAMILY} | tenants": [vendor(prefix, user(attributes='V:tenantId="t" V:taskIdVariableName="i"')) for prefix in VENDORS],
    f"{FAMILY} | hints": [vendor(prefix, user(attributes=HINTS)) for prefix in VENDORS],
    f"{FAMILY} | the event registry": [
        vendor("flowable", user("<V:eventType>e</V:eventType>"), code="event-registry-not-supported"),
        *(vendor(prefix, user("<V:whatever/>"), code="extension-not-supported") for prefix in VENDORS),
        *(vendor(prefix, user(attributes='V:whatever="x"'), code="extension-not-supported") for prefix in VENDORS),
    ],
    "spiffworkflow:": [
        spiff(
            "<V:preScript>k = n</V:preScript><V:postScript>l = k + 1</V:postScript><V:instructionsForEndUser>!</V:instructionsForEndUser>"
        ),
        spiff(
            '<V:serviceTaskOperator id="oa.notify"><V:parameters><V:parameter id="to" value="n"/></V:parameters></V:serviceTaskOperator>',
            "serviceTask",
        ),
        spiff("<V:messageVariable>k</V:messageVariable><V:messagePayload>n</V:messagePayload>", "sendTask"),
        spiff("<V:preScript>for k in people: l = k</V:preScript>", code="script-not-supported"),
    ],
    "zeebe:": [vendor("zeebe", user("<V:userTask/>"), code="extension-not-supported")],
}

JBPM = 'xmlns:drools="http://www.jboss.org/drools"'
OTHER = 'xmlns:q="urn:q"'


def strange(part: str, spoken: str, **options: Any) -> Drawn:
    """Return a drawing of an element that speaks another namespace."""
    return runs(*around(part.replace("<task", f"<task {spoken}", 1)), **options)


def several_times(attributes: str, inner: str = "<loopCardinality>2</loopCardinality>") -> tuple[str, ...]:
    return single(body=f"<multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics>")


def unmarked(said: str, **options: Any) -> Drawn:
    """A process that is not marked executable, beside one that is marked as `said`."""
    beside = f'<process id="other" isExecutable="false">{task("y")}</process>'
    made = runs(*single(), roots=beside, **options)
    return replace(made, xml=made.xml.replace(b'id="p" isExecutable="true"', f'id="p" {said}'.encode()))


OF_THE_REST = {
    "other namespaces | scripts": [
        strange('<task id="x"><extensionElements><drools:onExit-script/></extensionElements></task>', JBPM, code="extension-not-supported"),
        strange('<task id="x" drools:taskName="Email"/>', JBPM, code="extension-not-supported"),
    ],
    "other namespaces | anything else": [strange('<task id="x" q:y="1"><extensionElements><q:z/></extensionElements></task>', OTHER)],
    "every element | attributes": [
        refused("attribute-unknown", *several_times('sequential="true"')),
        refused("part-not-supported", *several_times("", "<loopCardinality>2</loopCardinality><foo/>")),
        refused("part-repeated", *several_times("", "<loopCardinality>2</loopCardinality>" * 2)),
        refused("boolean-invalid", *several_times('isSequential="TRUE"')),
        refused("value-unknown", START, gateway("x", "eventBased", eventGatewayType="parallel"), *CHOICES, path("start", "x")),
    ],
    "every element | a flow in": [refused("reference-unknown", *single(body="<incoming>nowhere</incoming>"))],
    "every element | a lane": [
        runs(LANES.replace(">x<", ">nowhere<"), *single(), roots=POOLS.replace('targetRef="p2"', 'targetRef="nowhere"')),
        runs(*around(gateway("x", "parallel", gatewayDirection="Converging"))),
    ],
    "a process | that is not": [unmarked('isExecutable="true"'), unmarked("", spoken="flowable")],
    "a process | where no other": [unmarked('isExecutable="false"', code="no-process")],
}

ROWS: dict[str, list[Drawn]] = {**OF_THE_REST, **OF_ACTIVITIES, **OF_WAYS, **OF_DATA, **OF_VENDORS}
