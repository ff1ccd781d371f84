"""Call activities: what is called, which version of it, and which variables go in and come back."""

from lxml import etree

from engine.bpmn.model import Called, Mapping
from engine.bpmn.reading import Reading, unprefixed
from engine.bpmn.scripts import as_expression
from engine.bpmn.xml import SHENPI, local, spiff_children, tag, text_of, truth, vendor, vendor_children

BINDINGS = ("latest", "deployment", "version", "versionTag")
GLOBALS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}
INHERITED = "${execution.processBusinessKey}"
EVERYTHING = (Mapping(all=True),)


def global_task(node: etree._Element, reading: Reading) -> etree._Element | None:
    """Return the task beside the processes that a call activity calls, None if it calls a process."""
    reference = node.get("calledElement") or ""
    found = reading.roots.get(reference)
    found = found if found is not None else reading.roots.get(unprefixed(reference, node))
    return found if found is not None and local(found) in GLOBALS else None


def read_call(node: etree._Element, reading: Reading, given: tuple[Mapping, ...], taken: tuple[Mapping, ...]) -> Called:
    """Return what a call activity calls; `given` and `taken` are what data associations say."""
    if vendor(node, "caseRef") is not None or vendor(node, "caseDefinitionKey") is not None:
        reading.fault("cmmn-not-supported", "不支持调用 CMMN 案例", "A CMMN case cannot be called", node, vendor(node, "caseRef"))
    for attribute in ("variableMappingClass", "variableMappingDelegateExpression"):
        if vendor(node, attribute) is not None:
            reading.fault(
                "java-not-supported", "不能用 Java 类映射变量", "Variables cannot be mapped by a Java class", node, vendor(node, attribute)
            )
    key = node.get("calledElement") or ""
    binding = vendor(node, "calledElementBinding") or ("deployment" if truth(vendor(node, "sameDeployment"), False) else "latest")
    if binding not in BINDINGS:
        reading.fault("binding-unknown", f"未知的版本绑定：{binding}", f"calledElementBinding {binding} is not known", node, binding)
    inputs, outputs = read_mappings(node, "in", reading), read_mappings(node, "out", reading)
    if truth(vendor(node, "inheritVariables"), False):
        inputs = (*EVERYTHING, *inputs)
    if reading.spiff and not (given or taken or inputs or outputs):
        inputs = outputs = EVERYTHING
    key_given = business_key(node)
    if key_given is not None and key_given != INHERITED:
        zh = "被调用的流程在调用者的实例内运行：消息仍按调用者的单号找到它"
        en = "The called process runs inside of its caller's case: it knows this business key, but messages find it by its caller's"
        reading.warn("business-key-inside", zh, en, node, key_given)
    number = vendor(node, "calledElementVersion") if binding == "version" else vendor(node, "calledElementVersionTag")
    return Called(
        unprefixed(key, node),
        binding,
        number if binding in ("version", "versionTag") else None,
        (*inputs, *given),
        (*outputs, *taken),
        key_given,
        truth(vendor(node, "useLocalScopeForOutParameters"), False),
        vendor(node, "processInstanceIdVariableName"),
    )


def business_key(node: etree._Element) -> str | None:
    """Return the business key that the called process is given; of several the last."""
    inherited = INHERITED if truth(vendor(node, "inheritBusinessKey"), False) else None
    stated = [item.get("businessKey") or "" for item in (*vendor_children(node, "in"), *own(node, "in")) if "businessKey" in item.attrib]
    stated = [INHERITED if text.replace("#{", "${").replace(" ", "") == INHERITED else text for text in stated]
    return stated[-1] if stated else vendor(node, "businessKey") or inherited


def own(node: etree._Element, kind: str) -> list[etree._Element]:
    return node.findall(f"{tag('extensionElements')}/{{{SHENPI}}}{kind}")


def read_mappings(node: etree._Element, kind: str, reading: Reading) -> tuple[Mapping, ...]:
    """Return the variables that `in` or `out` elements hand over, in the order of the file."""
    found = []
    for item in (*vendor_children(node, kind), *own(node, kind)):
        local_only = truth(item.get("local"), False)
        if item.get("variables") == "all":
            found.append(Mapping(all=True, local=local_only))
        elif item.get("source") or item.get("sourceExpression"):
            target = item.get("target") or item.get("source")
            if not target:
                reading.fault("mapping-invalid", f"{kind} 缺少 target", f"An {kind} mapping has no target", item)
            found.append(Mapping(target, item.get("source"), as_expression(item.get("sourceExpression")), local=local_only))
        elif item.get("businessKey") is None:
            reading.fault("mapping-invalid", f"{kind} 缺少来源", f"An {kind} mapping has no source", item)
    for item in spiff_children(node, kind):
        found.append(Mapping(text_of(item), text_of(item)))
    return tuple(found)
