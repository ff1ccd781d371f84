"""How often an activity runs: multi-instance and standard loops, as BPMN and as the vendors write them."""

from lxml import etree

from engine.bpmn.data import Associations
from engine.bpmn.model import Loop
from engine.bpmn.reading import Reading, identifier, unprefixed
from engine.bpmn.scripts import accepts
from engine.bpmn.xml import local, tag, text_of, truth, vendor, vendor_children
from engine.language import as_template, compile_expression

REFUSED = ("noneBehaviorEventRef", "oneBehaviorEventRef", "complexBehaviorDefinition")


def read_loop(node: etree._Element, data: Associations, reading: Reading) -> Loop | None:
    """Return the loop of an activity, None if it runs once."""
    several = node.find(tag("multiInstanceLoopCharacteristics"))
    if several is not None:
        return read_several(several, data, reading)
    standard = node.find(tag("standardLoopCharacteristics"))
    if standard is None:
        return None
    return Loop(
        "standard",
        condition=text_of(standard.find(tag("loopCondition"))),
        maximum=counted(standard.get("loopMaximum")),
        test_before=truth(standard.get("testBefore"), False),
    )


def read_several(node: etree._Element, data: Associations, reading: Reading) -> Loop:
    if node.get("behavior", "All") != "All" or any(node.find(tag(name)) is not None for name in REFUSED):
        zh, en = "多实例只支持 behavior=All", "Of a multi-instance only the behavior All runs"
        reading.fault("behavior-not-supported", zh, en, node, node.get("behavior"))
    # the collections that the standard names pass through the activity's own data inputs and outputs
    collection = data.given(reference(node.find(tag("loopDataInputRef"))))
    outputs = data.taken(reference(node.find(tag("loopDataOutputRef"))))
    element, output = item(node, "inputDataItem"), item(node, "outputDataItem", data)
    aggregated = vendor_children(node, "variableAggregation")
    if aggregated:
        outputs, output = aggregation(aggregated, reading)
    return Loop(
        "sequential" if truth(node.get("isSequential"), False) else "parallel",
        cardinality=counted(text_of(node.find(tag("loopCardinality")))),
        collection=vendor(node, "collection") or flowable_collection(node, reading) or collection,
        element_variable=vendor(node, "elementVariable") or element,
        output_collection=outputs,
        output_element=output,
        condition=text_of(node.find(tag("completionCondition"))),
        async_before=truth(vendor(node, "asyncBefore"), False) or truth(vendor(node, "async"), False),
        async_after=truth(vendor(node, "asyncAfter"), False),
    )


def reference(node: etree._Element | None) -> str | None:
    """Return a reference without its prefix."""
    text = text_of(node)
    return unprefixed(text, node) if text and node is not None else text


def counted(text: str | None) -> str | None:
    """Return a number as a template: an expression may stand there without `${}`."""
    if text is None or "${" in text or "#{" in text or not text.strip(" +-.0123456789") or not accepts(compile_expression, text):
        return text
    return as_template(text)


def item(node: etree._Element, name: str, data: Associations | None = None) -> str | None:
    """Return the variable that holds one item. An output item is where an output of the activity goes, or that variable itself."""
    found = node.find(tag(name))
    if found is None:
        return None
    own = identifier(found.get("name")) or identifier(found.get("id"))
    return (data.source_of(found.get("id")) if data is not None else None) or own


def flowable_collection(node: etree._Element, reading: Reading) -> str | None:
    """Return the collection that stands as an element of its own."""
    for found in vendor_children(node, "collection"):
        if found.get("class") or found.get("delegateExpression"):
            zh, en = "集合不能由 Java 类给出", "A collection cannot be given by a Java class"
            reading.fault("java-not-supported", zh, en, node, found.get("class") or found.get("delegateExpression"))
        inner = next(iter(found.iterchildren(etree.Element)), None)
        return text_of(inner if inner is not None else found)
    return None


def aggregation(found: list[etree._Element], reading: Reading) -> tuple[str | None, str | None]:
    """Return where Flowable's aggregation collects, and the mapping that each instance adds."""
    if len(found) > 1 or found[0].get("target") is None:
        reading.fault("extension-not-supported", "只支持一个变量汇总", "Only one variableAggregation with a target is read", found[0])
        return None, None
    pairs = []
    for variable in found[0].iterchildren(etree.Element):
        source, name = variable.get("source"), variable.get("target") or variable.get("source")
        if local(variable) != "variable" or not source or identifier(source) is None:
            reading.fault("extension-not-supported", "无法读取变量汇总", "This variableAggregation cannot be read", variable)
        else:
            pairs.append(f"{name!r}: {source}")
    return found[0].get("target"), "${{" + ", ".join(pairs) + "}}"
