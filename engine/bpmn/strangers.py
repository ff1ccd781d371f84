"""What stands in namespaces that are none of ours to read. What would do something elsewhere is a fault; the rest is told once, by its namespace."""

from lxml import etree

from engine.bpmn.reading import Reading
from engine.bpmn.xml import BPMN, SHENPI, SPIFF, VENDORS, ZEEBE, is_bpmn

READ = frozenset({None, BPMN, SHENPI, SPIFF, ZEEBE, *VENDORS})
#: pictures, and what tools note for themselves
PICTURES = frozenset({
    "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace", "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DI", "http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    "http://bpmn.io/schema/bpmn/biocolor/1.0", "http://camunda.org/schema/modeler/1.0", "http://flowable.org/design",
})  # fmt: skip
JBPM = "http://www.jboss.org/drools"
#: namespaces of engines, and what of them is done when a case runs
DOING = {
    JBPM: {"onEntry-script", "onExit-script", "taskName", "ruleFlowGroup"},
}


def check_strangers(process: etree._Element, reading: Reading) -> None:
    """Note what a process holds of other namespaces."""
    found: dict[str, tuple[etree._Element, dict[str, None]]] = {}
    for node in process.iter(etree.Element):
        names = [etree.QName(str(name)) for name in node.attrib if str(name).startswith("{")] if is_bpmn(node) else []
        for name in (etree.QName(node), *names):
            space = name.namespace
            if space in READ or space in PICTURES or space is None:
                continue
            if name.localname in DOING.get(space, ()):
                zh, en = (
                    f"不支持扩展 {name.localname}（{space}）",
                    f"{name.localname} of {space} would do something elsewhere and is not run here",
                )
                reading.fault("extension-not-supported", zh, en, node, name.localname)
            else:
                found.setdefault(space, (node, {}))[1][name.localname] = None
    for space, (node, said) in found.items():
        listed = ", ".join(list(said)[:8])
        zh, en = f"不读取命名空间 {space} 的内容：{listed}", f"What stands in {space} is not read and changes nothing: {listed}"
        reading.warn("extension-unknown", zh, en, node, space)
