"""What may stand in a process. Everything that has a meaning for the run and no place in the model is a fault."""

from lxml import etree

from engine.bpmn import model
from engine.bpmn.ends import check_ends
from engine.bpmn.extensions import ours
from engine.bpmn.naming import NODES
from engine.bpmn.ours import check_own
from engine.bpmn.reading import Reading, owner
from engine.bpmn.strangers import check_strangers
from engine.bpmn.syntax import check_syntax
from engine.bpmn.xml import BPMN, SHENPI, SPIFF, VENDORS, ZEEBE, is_bpmn, line_of, local, vendor
from engine.errors import Fault

EVENTS = {
    "timerEventDefinition", "messageEventDefinition", "signalEventDefinition", "errorEventDefinition", "escalationEventDefinition",
    "conditionalEventDefinition", "compensateEventDefinition", "linkEventDefinition", "terminateEventDefinition", "cancelEventDefinition",
    "eventDefinitionRef",
}  # fmt: skip
#: in any element: descriptive, or the other end of what is read elsewhere
ANYWHERE = {
    "extensionElements",
    "documentation",
    "auditing",
    "monitoring",
    "incoming",
    "outgoing",
    "categoryValueRef",
    "property",
    "ioSpecification",
}
ROLES = {"resourceRole", "performer", "humanPerformer", "potentialOwner"}
#: in a process or sub-process beside its elements
LEVEL = {
    "sequenceFlow", "laneSet", "textAnnotation", "association", "group", "dataObject", "dataObjectReference", "dataStoreReference",
    "dataStore",
    "correlationSubscription", "supports", "supportedInterfaceRef", "ioBinding",
}  # fmt: skip
#: beside the processes, and read when a process refers to it
ROOTS = {
    "message", "signal", "error", "escalation", "dataStore", "resource", "correlationProperty", "interface", "globalTask", "globalUserTask",
    "globalManualTask", "globalScriptTask", "globalBusinessRuleTask",
}  # fmt: skip
LOOPS = {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}
ACTIVITY = ROLES | LOOPS | {"dataInputAssociation", "dataOutputAssociation"}
EVENT = EVENTS | {"dataInput", "dataOutput", "inputSet", "outputSet", "dataInputAssociation", "dataOutputAssociation"}
OF_KIND = {model.SCRIPT: {"script"}, model.HUMAN: {"rendering"}, model.COMPLEX: set()}

#: attributes of BPMN; one without namespace that is not here is a slip of the pen
ATTRIBUTES = {
    "id", "name", "isExecutable", "isClosed", "processType", "definitionalCollaborationRef", "default", "isForCompensation",
    "startQuantity",
    "completionQuantity", "implementation", "operationRef", "messageRef", "instantiate", "scriptFormat", "calledElement",
    "triggeredByEvent", "method",
    "gatewayDirection", "eventGatewayType", "parallelMultiple", "isInterrupting", "attachedToRef", "cancelActivity", "sourceRef",
    "targetRef", "isImmediate",
    "itemSubjectRef", "isCollection", "dataObjectRef", "dataStoreRef", "capacity", "isUnlimited",
}  # fmt: skip

#: vendor attributes that are read
READ = {
    "assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formKey", "formRef", "initiator",
    "asyncBefore", "asyncAfter", "async",
    "asyncLeave", "resultVariable", "resultVariableName", "decisionRef", "mapDecisionResult", "topic", "type", "class",
    "delegateExpression", "expression",
    "collection", "elementVariable", "elementIndexVariable", "calledElementBinding", "calledElementVersion", "calledElementVersionTag",
    "caseRef",
    "caseDefinitionKey", "variableMappingClass", "variableMappingDelegateExpression", "inheritVariables", "sameDeployment", "businessKey",
    "inheritBusinessKey",
    "errorCodeVariable", "errorMessageVariable", "escalationCodeVariable", "errorVariableName", "variableName", "variableEvents",
    "signalExpression",
    "messageExpression", "endDate", "businessCalendarName", "versionTag", "candidateStarterUsers", "candidateStarterGroups",
    "formHandlerClass", "resource", "scope", "terminateAll", "triggerable", "useLocalScopeForOutParameters", "skipExpression",
    "taskCompleterVariableName", "processInstanceIdVariableName",
}  # fmt: skip
#: vendor attributes that change nothing of what happens here: hints to another engine's job executor, tools and lists
SILENT = {
    "exclusive", "jobPriority", "taskPriority", "historyTimeToLive", "isStartableInTasklist", "formFieldValidation", "modelerTemplate",
    "modelerTemplateVersion",
    "modelerTemplateIcon", "formRefBinding", "formRefVersion", "isEagerExecutionFetching", "category", "extensionId", "autoStoreVariables",
    "modelVersion",
    "validateFormFields", "noWaitStatesAsyncLeave", "jobCategory", "completeAsync",
    "calledElementType", "fallbackToDefaultTenant", "diagramRelationId", "deploymentId", "owner", "errorMessage",
}  # fmt: skip
#: vendor attributes that say what happens here anyhow; with any other value they are refused
SAYING = {
    "decisionRefBinding": ("latest", "deployment"), "terminateMultiInstance": ("false",), "useLocalScopeForResultVariable": ("false",),
    "storeResultVariableAsTransient": ("false",), "doNotIncludeVariables": ("false",), "parallelInSameTransaction": ("true", "false"),
    "scriptsOnInstances": ("false",),
}  # fmt: skip
#: vendor attributes of which nothing is done here and whoever deploys is told: attribute -> the values that are told, and why
TOLD = {
    "tenantId": (None, "这里没有租户", "there are no tenants here"),
    "calledElementTenantId": (None, "这里没有租户", "there are no tenants here"),
    "decisionRefTenantId": (None, "这里没有租户", "there are no tenants here"),
    "processInstanceName": (
        None,
        "被调用的流程没有自己的实例",
        "what is called runs inside of its caller's case and has no name of its own",
    ),
    "taskIdVariableName": (None, "待办的编号不写入变量", "the id of the task is written into no variable"),
    "storeResultVariableAsTransient": (("true",), "结果作为普通变量保存", "the result is kept as any other variable"),
    "decisionRefBinding": (
        ("version",),
        "使用一同部署的或最新的决策表",
        "the decision deployed together with it is used, or else the newest",
    ),
    "decisionRefVersion": (None, "使用一同部署的或最新的决策表", "the decision deployed together with it is used, or else the newest"),
}
READ_ELEMENTS = {
    "inputOutput", "inputParameter", "outputParameter", "list", "map", "entry", "value", "script", "formData", "formField", "validation",
    "constraint", "formProperty",
    "properties", "property", "in", "out", "failedJobRetryTimeCycle", "executionListener", "taskListener", "connector", "connectorId",
    "field", "string", "expression",
    "collection", "variableAggregation", "variable", "potentialStarter", "eventType", "errorEventDefinition", "eventListener",
}  # fmt: skip
SPIFF_READ = {
    "preScript", "postScript", "serviceTaskOperator", "parameters", "parameter", "properties", "property", "calledDecisionId",
    "instructionsForEndUser",
    "messagePayload", "messageVariable", "payloadExpression", "variableName", "processVariableCorrelation", "propertyId", "expression",
    "in", "out",
}  # fmt: skip
SPIFF_SILENT = {"unitTests", "unitTest", "inputJson", "expectedOutputJson", "category", "id"}


def look(process: etree._Element, reading: Reading) -> None:
    """Note a fault for everything below a process that the reader does not read."""
    level(process, reading)
    seen: set[str] = set()
    for node in process.iter(etree.Element):
        repeated(node, seen, reading)
        if is_bpmn(node):
            own(node, reading)
            check_syntax(node, reading)
        check_own(node, reading)
        attributes(node, reading)
        extension(node, reading)
    check_ends(process, reading)
    check_strangers(process, reading)
    for root in reading.roots.values():
        for node in root.iter(etree.Element) if local(root) in ROOTS or local(root) in EVENTS else ():
            if local(root) in EVENTS and is_bpmn(node):
                check_syntax(node, reading)
            attributes(node, reading)
            extension(node, reading)
    for node in process.getroottree().getroot().iterchildren(f"{{{BPMN}}}extension"):
        if node.get("mustUnderstand") in ("true", "1"):
            zh, en = "文件要求理解未知的扩展", "The file demands that an unknown extension be understood"
            reading.fault("extension-not-supported", zh, en, node, node.get("definition"))


def repeated(node: etree._Element, seen: set[str], reading: Reading) -> None:
    """Find ids that stand twice: the second would hide the first."""
    identity = node.get("id")
    if identity and is_bpmn(node):
        if identity in seen:
            zh, en = f"id {identity} 重复", f"The id {identity} stands more than once"
            reading.faults.append(Fault("id-repeated", zh, en, reading.file, line_of(node), identity))
        seen.add(identity)


def level(container: etree._Element, reading: Reading) -> None:
    """Look at what stands directly in a process or sub-process, and in each of its elements."""
    extra = EVENTS | {"inputSet", "outputSet"} | ACTIVITY if local(container) in model.SCOPES else ROLES | {"inputSet", "outputSet"}
    for node in container.iterchildren(etree.Element):
        name = local(node)
        if not is_bpmn(node) or name not in NODES | ANYWHERE | LEVEL | extra:
            reading.fault("element-not-supported", f"不执行 {name}", f"{name} is not run", node, name, node.get("id"))
        elif name in model.SCOPES:
            level(node, reading)
        elif name in NODES:
            inside(node, name, reading)


def inside(node: etree._Element, name: str, reading: Reading) -> None:
    allowed = ANYWHERE | (EVENT if name in model.EVENTS else ACTIVITY if name in model.ACTIVITIES else set()) | OF_KIND.get(name, set())
    for part in node.iterchildren(etree.Element):
        what = local(part)
        if not is_bpmn(part) or what not in allowed:
            reading.fault("part-not-supported", f"不执行 {name} 的 {what}", f"{what} on {name} is not run", part, what)


def own(node: etree._Element, reading: Reading) -> None:
    """Look at the attributes of BPMN itself."""
    name = local(node)
    for attribute in ("startQuantity", "completionQuantity"):
        if name in NODES and node.get(attribute, "1").strip() != "1":
            zh, en = f"{attribute} 只能为 1", f"A {attribute} other than 1 is not run"
            reading.fault("quantity-not-supported", zh, en, node, node.get(attribute))
    if name in NODES | {"process", "sequenceFlow"}:
        for attribute in node.attrib:
            if not str(attribute).startswith("{") and attribute not in ATTRIBUTES:
                reading.fault(
                    "attribute-unknown", f"未知的属性 {attribute}", f"The attribute {attribute} is not one of BPMN", node, str(attribute)
                )


def attributes(node: etree._Element, reading: Reading) -> None:
    """Look at the attributes that vendors add to the elements of BPMN."""
    for attribute in node.attrib if is_bpmn(node) else ():
        name = etree.QName(str(attribute))
        known = READ | SILENT if name.namespace in VENDORS else set() if name.namespace in (SPIFF, ZEEBE) else None
        said = node.get(attribute) in SAYING.get(name.localname, ())
        values, zh, en = TOLD.get(name.localname, ((), "", ""))
        if name.namespace in VENDORS and not said and (values is None or node.get(attribute) in values):
            found = f"{name.localname}={node.get(attribute)}"
            reading.warn(
                "extension-without-effect", f"{name.localname} 没有作用：{zh}", f"{name.localname} has no effect: {en}", node, found
            )
        elif known is not None and name.localname not in known and not said:
            reading.fault(
                "extension-not-supported",
                f"不支持属性 {name.localname}",
                f"The attribute {name.localname} is not read",
                node,
                name.localname,
            )


def is_idle(node: etree._Element) -> bool:
    """Say whether a connector stands in an element that calls nothing."""
    above = [local(part) for part in node.iterancestors() if is_bpmn(part) and local(part) != "extensionElements"]
    return above[0] not in (model.SERVICE, model.SEND, model.RULE, "messageEventDefinition")


def is_misplaced(node: etree._Element, name: str) -> bool:
    """Say whether a listener to the engine stands anywhere but in a process, or the error of an external task in a task that is none."""
    above = next(part for part in node.iterancestors() if is_bpmn(part) and local(part) != "extensionElements")
    if name == "eventListener":
        return local(above) != "process"
    return name == "errorEventDefinition" and vendor(above, "topic") is None and ours(above, "operation") is None


def extension(node: etree._Element, reading: Reading) -> None:
    """Look at an element that a vendor adds."""
    name, namespace = local(node), etree.QName(node).namespace
    if namespace in VENDORS:
        if name == "eventType":
            reading.fault(
                "event-registry-not-supported", "不支持 Flowable 事件注册", "Flowable's event registry is not run", node, owner(node)
            )
        elif name not in READ_ELEMENTS or (name in ("connector", "errorEventDefinition") and is_idle(node)) or is_misplaced(node, name):
            reading.fault("extension-not-supported", f"不支持扩展 {name}", f"The extension {name} is not read", node, name)
    elif (namespace == SPIFF and name not in SPIFF_READ | SPIFF_SILENT) or namespace == ZEEBE:
        reading.fault("extension-not-supported", f"不支持扩展 {name}", f"The extension {name} is not read", node, name)
    elif namespace == SHENPI and name not in ("summary", "item", "correlation", "in", "out", "form"):
        reading.fault("extension-not-supported", f"未知的扩展 {name}", f"The extension shenpi:{name} is not known", node, name)
