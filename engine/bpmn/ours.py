"""Our own attributes, and where each may stand: one that stands elsewhere would say something that nobody hears."""

from lxml import etree

from engine.bpmn import model
from engine.bpmn.naming import NODES
from engine.bpmn.reading import Reading
from engine.bpmn.xml import SHENPI, is_bpmn, local

PROCESS = frozenset({"title", "amount", "currency", "subjectKind", "businessKeyPrefix", "withdraw", "revoke"})
HUMAN = frozenset(
    {
        "outcomes", "onReject", "returnTo", "vote", "voteShare", "voteWeights", "veto", "selfApproval", "samePerson", "nobody", "passWhen", "passReason",
        "copies", "signers", "transfers", "signature", "notBy",
    }
)  # fmt: skip
WORKING = frozenset({"operation"})
PLACES = {
    "process": PROCESS,
    model.HUMAN: HUMAN,
    "globalUserTask": HUMAN,
    model.SERVICE: WORKING,
    model.SEND: WORKING,
    model.RULE: WORKING,
    "globalBusinessRuleTask": WORKING,
    "messageEventDefinition": WORKING,
    model.END: frozenset({"outcome"}),
    model.BOUNDARY: frozenset({"timeout"}),
    "timerEventDefinition": frozenset({"calendar"}),
}
NOWHERE: frozenset[str] = frozenset()
ELSEWHERE = frozenset({"sees", "writes", "notBy"})  #: of these the readers of forms and duties say where they may stand


def check_own(node: etree._Element, reading: Reading) -> None:
    """Report every `shenpi:` attribute of an element that is not known there."""
    name = local(node)
    if not is_bpmn(node) or (name not in PLACES and name not in NODES):
        return
    known = PLACES.get(name, NOWHERE)
    for attribute in node.attrib:
        found = etree.QName(str(attribute))
        if found.namespace == SHENPI and found.localname not in known | ELSEWHERE:
            zh, en = f"{name} 没有属性 shenpi:{found.localname}", f"shenpi:{found.localname} says nothing at a {name}"
            reading.fault("extension-not-supported", zh, en, node, found.localname)
