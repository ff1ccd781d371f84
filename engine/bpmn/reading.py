"""What the parts of the reader share: the file's root-level definitions, the names of its data, the administrator's mapping, and the faults found so far."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword

from lxml import etree

from engine.bpmn.xml import ACTIVITI, FLOWABLE, SHENPI, SPIFF, is_bpmn, line_of, local, tag, text_of
from engine.errors import Fault

DATA = ("dataObject", "property", "dataInput", "dataOutput", "inputDataItem", "outputDataItem")
REFERENCES = {"dataObjectReference": "dataObjectRef", "dataStoreReference": "dataStoreRef"}
WORDS = frozenset({"null", "true", "false"})


@dataclass(slots=True)
class Reading:
    """One process while it is read."""

    file: str
    process: etree._Element
    roots: dict[str, etree._Element]  #: root-level definitions by id
    delegates: Mapping[str, str]
    loose: bool  #: of Flowable or Activiti: a reference to nothing is the name itself
    spiff: bool  #: of SpiffWorkflow: what is no literal is an expression
    correlations: dict[str, list[tuple[str, str]]] = field(
        default_factory=dict
    )  #: message -> its correlation keys and where they stand in it
    operations: dict[str, str | None] = field(default_factory=dict)  #: id of an operation of an interface -> its name
    bound: dict[str, str] = field(default_factory=dict)  #: correlation key -> where it stands in the process
    variables: dict[str, str] = field(default_factory=dict)  #: id of a data object, store, property ... -> the variable it is
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)  #: what runs, and is not all that the file says

    def warn(self, code: str, zh: str, en: str, node: etree._Element, found: str | None = None) -> None:
        """Note what whoever deploys should look at, with the place of the element that a node belongs to."""
        self.warnings.append(Fault(code, zh, en, self.file, line_of(node), owner(node), found=found[:200] if found else None))

    def fault(self, code: str, zh: str, en: str, node: etree._Element, found: str | None = None, element: str | None = None) -> None:
        """Note a fault with the place of the element that a node belongs to."""
        self.faults.append(Fault(code, zh, en, self.file, line_of(node), element or owner(node), found=found[:200] if found else None))

    def resolve(self, reference: str | None, kinds: tuple[str, ...], node: etree._Element) -> etree._Element | None:
        """Return the root-level definition that is referred to. One that is not there is a fault, unless the file is of Flowable or Activiti."""
        if not reference:
            return None
        found = self.roots.get(reference) if reference in self.roots else self.roots.get(unprefixed(reference, node))
        if found is not None and local(found) in kinds:
            return found
        if not self.loose:
            zh, en = f"引用的 {kinds[0]} 不存在：{reference}", f"There is no {kinds[0]} {reference!r} to refer to"
            self.fault("reference-unknown", zh, en, node, reference)
        return None

    def variable(self, reference: str | None) -> str | None:
        """Return the variable that a data object, store, property or data input is; any other text is itself."""
        return self.variables.get(reference, reference) if reference else None


def begin(process: etree._Element, file: str, delegates: Mapping[str, str]) -> Reading:
    """Return what is known before the first element is read."""
    root = process.getroottree().getroot()
    roots = {node.get("id") or "": node for node in root.iterchildren(etree.Element) if is_bpmn(node) and node.get("id")}
    spoken = {*root.nsmap.values(), *process.nsmap.values()}
    reading = Reading(file, process, roots, {**written(root), **delegates}, bool(spoken & {FLOWABLE, ACTIVITI}), SPIFF in spoken)
    reading.variables = names_of_data(process, roots, reading.spiff)
    correlate(root, reading)
    declared = root.iterfind(f"{tag('interface')}/{tag('operation')}")
    reading.operations = {node.get("id") or "": node.get("name") for node in declared}
    return reading


def correlate(root: etree._Element, reading: Reading) -> None:
    """Find the correlation properties of the file, by the messages they are read from."""
    names: dict[str, str] = {}
    for prop in root.iterchildren(tag("correlationProperty")):
        name = names[prop.get("id") or ""] = identifier(prop.get("name")) or prop.get("id") or ""
        for retrieval in prop.iterchildren(tag("correlationPropertyRetrievalExpression")):
            message = unprefixed(retrieval.get("messageRef") or "", retrieval)
            reading.correlations.setdefault(message, []).append((name, text_of(retrieval.find(tag("messagePath"))) or ""))
    for binding in reading.process.iter(tag("correlationPropertyBinding")):
        prop_id = unprefixed(binding.get("correlationPropertyRef") or "", binding)
        reading.bound[names.get(prop_id, prop_id)] = text_of(binding.find(tag("dataPath"))) or ""


def written(root: etree._Element) -> dict[str, str]:
    """Return the mapping of Java names that stands in a file: the normaliser writes down what was in force when it was deployed."""
    found = root.findall(f"{tag('extensionElements')}/{{{SHENPI}}}delegate")
    return {node.get("name") or "": node.get("operation") or "" for node in found}


def names_of_data(process: etree._Element, roots: Mapping[str, etree._Element], spiff: bool) -> dict[str, str]:
    """Return the variable for each data object, reference, store, property, data input and output, by their ids."""
    references = [node for name in REFERENCES for node in process.iter(tag(name))]
    labels: dict[str, str | None] = {}
    for node in references:
        labels.setdefault(node.get(REFERENCES[local(node)]) or "", node.get("name"))
    names: dict[str, str] = {}
    for node in process.iter(*map(tag, DATA)):
        identity = node.get("id") or ""
        label = None if spiff else node.get("name") or labels.get(identity)
        names[identity] = identifier(label) or identifier(identity) or made_up(identity)
    for identity, root in roots.items():
        if local(root) == "dataStore":
            names[identity] = identifier(root.get("name")) or identifier(identity) or made_up(identity)
    for node in references:
        target = node.get(REFERENCES[local(node)]) or ""
        if local(node) == "dataStoreReference":
            store = roots.get(unprefixed(target, node))
            label = (store.get("name") if store is not None else None) or node.get("name")
            name = identifier(label) or identifier(target) or made_up(target or node.get("id") or "")
        else:
            name = names.get(target) or identifier(node.get("name")) or made_up(node.get("id") or "")
        names[node.get("id") or ""] = name
    return names


def identifier(text: str | None) -> str | None:
    """Return a text as an expression would spell it, None if it cannot be the name of a variable."""
    name = unicodedata.normalize("NFKC", text or "")
    return name if name.isidentifier() and not name.startswith("_") and not iskeyword(name) and name not in WORDS else None


def made_up(identity: str) -> str:
    return "data_" + re.sub(r"\W", "_", unicodedata.normalize("NFKC", identity))


def unprefixed(reference: str, node: etree._Element) -> str:
    """Return a qualified name without its prefix, if the prefix is one that the file declares."""
    prefix, colon, name = reference.partition(":")
    return name if colon and prefix in node.nsmap else reference


def owner(node: etree._Element) -> str | None:
    """Return the id of the element, flow or process that a node is part of."""
    parts: Iterable[etree._Element] = (node, *node.iterancestors())
    for part in parts:
        if is_bpmn(part) and part.get("id") and local(part) not in PARTS and not local(part).endswith("EventDefinition"):
            return part.get("id")
    return None


PARTS = frozenset({
    *DATA, "dataInputAssociation", "dataOutputAssociation", "ioSpecification", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
    "conditionExpression", "condition", "timeDate", "timeDuration", "timeCycle", "completionCondition", "loopCardinality", "loopCondition", "inputSet",
    "outputSet", "potentialOwner", "humanPerformer", "performer", "formalExpression", "definitions",
})  # fmt: skip
