"""What BPMN's schema says of the parts of an element: which attributes and children they have, how often, and which words. A slip of the pen is a fault."""

from collections import Counter
from collections.abc import Set

from lxml import etree

from engine.bpmn import model
from engine.bpmn.reading import Reading
from engine.bpmn.xml import is_bpmn, local

DESCRIBED = frozenset({"documentation", "extensionElements"})
EXPRESSION = frozenset({"id", "language", "evaluatesToTypeRef", "resource", "scriptFormat"})
#: attributes of the parts that say how something runs; `id` is one of each
ATTRIBUTES: dict[str, Set[str]] = {
    "multiInstanceLoopCharacteristics": {"isSequential", "behavior", "oneBehaviorEventRef", "noneBehaviorEventRef"},
    "standardLoopCharacteristics": {"testBefore", "loopMaximum"},
    "messageEventDefinition": {"name", "messageRef", "operationRef", "messageExpression"},
    "signalEventDefinition": {"name", "signalRef", "signalExpression"},
    "errorEventDefinition": {"name", "errorRef"},
    "escalationEventDefinition": {"name", "escalationRef"},
    "compensateEventDefinition": {"name", "activityRef", "waitForCompletion"},
    "linkEventDefinition": {"name"},
    **dict.fromkeys(
        ("timerEventDefinition", "conditionalEventDefinition", "cancelEventDefinition", "terminateEventDefinition"), frozenset({"name"})
    ),
    **dict.fromkeys(
        (
            "conditionExpression", "condition", "timeDate", "timeDuration", "timeCycle", "loopCardinality", "loopCondition", "completionCondition",
        ),
        EXPRESSION,
    ),
}  # fmt: skip
CHILDREN: dict[str, Set[str]] = {
    "multiInstanceLoopCharacteristics": {
        "loopCardinality", "loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem", "completionCondition",
        "complexBehaviorDefinition",
    },
    "standardLoopCharacteristics": {"loopCondition"},
    "messageEventDefinition": {"operationRef"},
    "timerEventDefinition": {"timeDate", "timeDuration", "timeCycle"},
    "conditionalEventDefinition": {"condition"},
    "linkEventDefinition": {"source", "target"},
    "sequenceFlow": {"conditionExpression", "auditing", "monitoring", "categoryValueRef"},
    **dict.fromkeys(
        (
            "signalEventDefinition", "errorEventDefinition", "escalationEventDefinition", "compensateEventDefinition", "cancelEventDefinition",
            "terminateEventDefinition",
        ),
        frozenset(),
    ),
}  # fmt: skip
#: what stands once in what it stands in
ONCE = frozenset({
    "conditionExpression", "condition", "loopCardinality", "loopCondition", "completionCondition", "loopDataInputRef", "loopDataOutputRef", "inputDataItem",
    "outputDataItem", "script", "ioSpecification", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
})  # fmt: skip
LOOPS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
BOOLEANS = (
    "isSequential", "testBefore", "parallelMultiple", "isInterrupting", "cancelActivity", "triggeredByEvent", "isForCompensation", "instantiate",
    "waitForCompletion",
)  # fmt: skip
WORDS = {"eventGatewayType": ("Exclusive", "Parallel"), "behavior": ("None", "One", "All", "Complex")}
TRUTHS = ("true", "false", "1", "0")
LANES = {"lane": {"id", "name", "partitionElementRef"}, "laneSet": {"id", "name"}, "childLaneSet": {"id", "name"}}


def check_syntax(node: etree._Element, reading: Reading) -> None:
    """Note what one element of BPMN holds that it cannot hold."""
    name = local(node)
    written(node, name, reading)
    words(node, reading)
    counted = Counter(local(part) for part in node.iterchildren(etree.Element) if is_bpmn(part))
    for part in sorted(ONCE & counted.keys()):
        if counted[part] > 1:
            zh, en = f"{part} 只能出现一次", f"{part} stands here {counted[part]} times; only one can be run"
            reading.fault("part-repeated", zh, en, node, part)
    if all(loop in counted for loop in LOOPS):
        zh, en = "活动不能既循环又多实例", "An activity has a standard loop or a multi-instance, not both"
        reading.fault("part-repeated", zh, en, node, LOOPS[1])
    for child in node.iterchildren(etree.Element) if name in CHILDREN else ():
        what = local(child)
        if not is_bpmn(child) or what not in CHILDREN[name] | DESCRIBED:
            reading.fault("part-not-supported", f"不执行 {name} 的 {what}", f"{what} on {name} is not run", child, what)


def written(node: etree._Element, name: str, reading: Reading) -> None:
    """Look at the attributes without a namespace."""
    known = ATTRIBUTES.get(name)
    lane = LANES.get(name)
    for attribute in map(str, node.attrib) if known is not None or lane is not None else ():
        if attribute.startswith("{") or attribute == "id" or attribute in (known or lane or ()):
            continue
        zh, en = f"未知的属性 {attribute}", f"The attribute {attribute} is not one of BPMN"
        if known is None:  # a lane only shows who does what
            reading.warn("attribute-unknown", zh, en, node, attribute)
        else:
            reading.fault("attribute-unknown", zh, en, node, attribute)


def words(node: etree._Element, reading: Reading) -> None:
    """Look at the values of attributes that have only some."""
    for name in BOOLEANS:
        value = node.get(name)
        if value is not None and value.strip() not in TRUTHS:
            reading.fault("boolean-invalid", f"{name} 只能为 true 或 false", f"{name} is true or false, not {value[:50]!r}", node, value)
    for name, possible in WORDS.items():
        value = node.get(name)
        if value is not None and value not in possible:
            zh, en = f"{name} 只能为 {'、'.join(possible)}", f"{name} is one of {', '.join(possible)}, not {value[:50]!r}"
            reading.fault("value-unknown", zh, en, node, value)


def check_direction(node: etree._Element, entering: int, leaving: int, reading: Reading) -> None:
    """Warn of a gateway whose direction is not that of its flows: the flows are what runs (BPMN 2.0, 10.5.1)."""
    direction = node.get("gatewayDirection")
    wrong = {
        "Converging": entering < 2 or leaving > 1,
        "Diverging": entering > 1 or leaving < 2,
        "Mixed": entering < 2 or leaving < 2,
    }
    if local(node) in model.GATEWAYS and direction is not None and wrong.get(direction, False):
        zh, en = (
            f"网关方向 {direction} 与连线不符",
            f"It says {direction}, and has {entering} flow(s) in and {leaving} out; the flows are what runs",
        )
        reading.warn("direction-contradicted", zh, en, node, direction)
