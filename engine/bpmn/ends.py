"""Loose ends: references of a drawing to what is not in its file.

Where a flow may have been lost it is a fault; where only the picture says less, a warning.
"""

from collections import Counter

from lxml import etree

from engine.bpmn.naming import NODES
from engine.bpmn.reading import Reading, unprefixed
from engine.bpmn.syntax import check_direction
from engine.bpmn.xml import is_bpmn, local, tag, text_of


def check_ends(process: etree._Element, reading: Reading) -> None:
    """Note every reference to a flow, an element, a process or a participant that is not there."""
    root = process.getroottree().getroot()
    known = {node.get("id") for node in root.iter(etree.Element) if node.get("id")}
    entering: Counter[str] = Counter()
    leaving: Counter[str] = Counter()
    for flow in process.iter(tag("sequenceFlow")):
        leaving[unprefixed(flow.get("sourceRef") or "", flow)] += 1
        entering[unprefixed(flow.get("targetRef") or "", flow)] += 1
    for node in process.iter(etree.Element):
        name = local(node)
        if not is_bpmn(node):
            continue
        if name in ("incoming", "outgoing"):
            of_flow(node, name, known, reading)
        elif name == "flowNodeRef":
            missing(
                node,
                text_of(node),
                known,
                f"泳道中的元素不存在：{text_of(node)}",
                f"The lane names {text_of(node)!r}, which is not there",
                reading,
            )
        elif name in NODES:
            check_direction(node, entering[node.get("id") or ""], leaving[node.get("id") or ""], reading)
    for part in root.iterfind(f"{tag('collaboration')}/{tag('participant')}"):
        text = part.get("processRef")
        missing(
            part, text, known, f"参与者的流程不存在：{text}", f"The participant names the process {text!r}, which is not there", reading
        )
    for part in root.iterfind(f"{tag('collaboration')}/{tag('messageFlow')}"):
        for text in (part.get("sourceRef"), part.get("targetRef")):
            missing(part, text, known, f"消息流的一端不存在：{text}", f"The message flow names {text!r}, which is not there", reading)


def of_flow(node: etree._Element, name: str, known: set[str | None], reading: Reading) -> None:
    text = unprefixed(text_of(node) or "", node)
    if text and text not in known:
        zh, en = f"{name} 指向的连线不存在：{text}", f"It names the flow {text!r} as {name}, which is not there"
        reading.fault("reference-unknown", zh, en, node, text)


def missing(node: etree._Element, text: str | None, known: set[str | None], zh: str, en: str, reading: Reading) -> None:
    if text and text not in known and unprefixed(text, node) not in known:
        reading.warn("reference-unknown", zh, en, node, text)
