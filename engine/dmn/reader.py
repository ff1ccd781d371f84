"""From a DMN file to its decision tables, or to a list of everything that is wrong with it."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from lxml import etree

from engine.dmn.cells import CellFault, compiled, read_cell, read_output
from engine.dmn.kinds import DAY, MOMENT, TYPES
from engine.dmn.table import Decision, Input, Output, Rule
from engine.dmn.unary import Computed, Constant
from engine.errors import Fault, InvalidDefinition

NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
)
HIT_POLICIES = {"UNIQUE": "U", "FIRST": "F", "ANY": "A", "RULE ORDER": "R", "COLLECT": "C"}
AGGREGATIONS = {"": "C", "LIST": "C", "COUNT": "C#", "SUM": "C+", "MIN": "C<", "MAX": "C>"}
#: languages whose simple forms ours reads; Groovy, JavaScript, Python and the like are refused
LANGUAGES = ("feel", "s-feel", "juel", "http://www.omg.org/spec/feel/", "https://www.omg.org/spec/dmn/")
TIMED = re.compile(r"date\s+and\s+time\s*\(")
BYTES, RULES, COLUMNS = 2_000_000, 5_000, 100

Anywhere = TypeVar("Anywhere")


def read(data: bytes, name: str) -> dict[str, Decision]:
    """Return the decision tables of a file by their ids.

    Refuses with `InvalidDefinition`, listing every fault with file, line and element: what is no DMN 1.1 to 1.3, what a table says that we do not
    run, and every cell that cannot be understood or could never match. XML with a DOCTYPE is refused unread.
    """
    reader = Reader(name)
    root = reader.parse(data)
    decisions: dict[str, Decision] = {}
    if root is not None:
        for node in root.iterchildren(reader.tag("decision")):
            decision = reader.decision(node)
            if decision and decision.id in decisions:
                reader.fault(node, "duplicate-id", "决策 id 重复", "a decision of this id is already in the file")
            elif decision:
                decisions[decision.id] = decision
        if not decisions and not reader.faults:
            reader.fault(root, "no-decision", "文件中没有决策表", "the file holds no decision")
    if reader.faults:
        raise InvalidDefinition(reader.faults)
    return decisions


def computed(text: str) -> Computed:
    return Computed(compiled(text))


class Reader:
    """Walks one file and keeps its faults."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.namespace = ""
        self.faults: list[Fault] = []

    def fault(self, node: etree._Element | None, code: str, zh: str, en: str, line: int | None = None) -> None:
        element = (
            next((str(each.get("id")) for each in [node, *node.iterancestors()] if each.get("id")), None) if node is not None else None
        )
        self.faults.append(Fault(code, zh, en, file=self.name, line=line if node is None else node.sourceline, element=element))

    def tag(self, name: str) -> str:
        return f"{{{self.namespace}}}{name}"

    def parse(self, data: bytes) -> etree._Element | None:
        if len(data) > BYTES:
            self.fault(None, "too-large", f"文件超过 {BYTES} 字节", f"the file is larger than {BYTES} bytes")
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
        )
        if b"<!DOCTYPE" in data[:100_000].upper():
            self.fault(None, "doctype", "不允许使用 DOCTYPE", "a DOCTYPE is not allowed", line=1)
            return None
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            self.fault(None, "xml", "XML 格式错误", f"malformed XML: {error}"[:200], line=getattr(error, "lineno", None))
            return None
        if root.getroottree().docinfo.internalDTD is not None:
            self.fault(None, "doctype", "不允许使用 DOCTYPE", "a DOCTYPE is not allowed", line=1)
            return None
        name = etree.QName(root)
        if name.namespace not in NAMESPACES or name.localname != "definitions":
            self.fault(root, "not-dmn", "不是 DMN 1.1 至 1.3 文件", "not a DMN 1.1 to 1.3 file")
            return None
        self.namespace = name.namespace
        self.language(root)
        return root

    def decision(self, node: etree._Element) -> Decision | None:
        known = len(self.faults)
        identity = node.get("id") or ""
        if not identity:
            self.fault(node, "no-id", "决策缺少 id", "a decision has no id")
        for requirement in node.iter(self.tag("requiredDecision"), self.tag("requiredKnowledge")):
            self.fault(requirement, "requirement", "不支持依赖其他决策", "a decision that requires others is not supported")
        table = node.find(self.tag("decisionTable"))
        if table is None:
            self.fault(node, "no-table", "只支持决策表", "only decision tables are supported")
            return None
        inputs = tuple(self.inputs(table))
        outputs = tuple(self.outputs(table, identity))
        policy = self.hit_policy(table, len(outputs))
        rules = tuple(self.rules(table, inputs, outputs))
        if len(self.faults) > known:
            return None
        return Decision(identity, node.get("name") or identity, inputs, outputs, rules, policy)

    def hit_policy(self, table: etree._Element, outputs: int) -> str:
        name, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation", "")
        policy = HIT_POLICIES.get(name)
        if policy is None or (policy == "C" and aggregation not in AGGREGATIONS):
            said = f"{name} {aggregation}".strip()
            self.fault(table, "hit-policy", f"不支持命中策略 {said}", f"the hit policy {said} is not supported")
            return "U"
        if policy == "C":
            policy = AGGREGATIONS[aggregation]
        elif aggregation:
            self.fault(table, "hit-policy", "只有 COLLECT 可以汇总", "only COLLECT can aggregate")
        if len(policy) > 1 and outputs != 1:
            self.fault(table, "hit-policy", "汇总只能有一个输出列", "an aggregation has exactly one output")
        return policy

    def inputs(self, table: etree._Element) -> Iterator[Input]:
        columns = table.findall(self.tag("input"))
        self.limit(table, len(columns), COLUMNS)
        for number, column in enumerate(columns, 1):
            expression = column.find(self.tag("inputExpression"))
            text = self.text(expression)
            if expression is None or not text.strip():
                self.fault(column, "no-expression", f"第 {number} 个输入列没有表达式", f"input column {number} has no expression")
                continue
            kind = self.exact(self.kind(expression), table, "inputEntry", number - 1)
            self.language(expression)
            found = self.cell(expression, partial(computed, text))
            if found is not None:
                yield Input(column.get("id") or f"input-{number}", column.get("label") or text.strip(), found, kind)
            else:
                yield Input("", "", Computed(compiled("null")), kind)

    def outputs(self, table: etree._Element, decision: str) -> Iterator[Output]:
        columns = table.findall(self.tag("output"))
        self.limit(table, len(columns), COLUMNS)
        if not columns:
            self.fault(table, "no-output", "决策表没有输出列", "the table has no output")
        seen: set[str] = set()
        for number, column in enumerate(columns):
            name = column.get("name") or (decision if len(columns) == 1 else "")
            if not name or name in seen:
                self.fault(column, "output-name", "输出列缺少名称或名称重复", "an output has no name, or one that is already taken")
            seen.add(name)
            kind = self.exact(self.kind(column), table, "outputEntry", number)
            entry = column.find(self.tag("defaultOutputEntry"))
            text = self.text(entry)
            default = None if entry is None or not text.strip() else self.cell(entry, partial(read_output, text, kind))
            yield Output(name, column.get("label") or name, kind, default)

    def exact(self, kind: str | None, table: etree._Element, entry: str, number: int) -> str | None:
        """Return the kind of a column: one of dates in which a cell has a time holds dates and times, which is what Camunda calls a date."""
        if kind != DAY:
            return kind
        cells = (rule.findall(self.tag(entry))[number : number + 1] for rule in table.findall(self.tag("rule"))[:RULES])
        return MOMENT if any(TIMED.search(self.text(cell)) for found in cells for cell in found) else kind

    def rules(self, table: etree._Element, inputs: tuple[Input, ...], outputs: tuple[Output, ...]) -> Iterator[Rule]:
        nodes = table.findall(self.tag("rule"))
        self.limit(table, len(nodes), RULES)
        for number, node in enumerate(nodes[:RULES], 1):
            conditions, conclusions = node.findall(self.tag("inputEntry")), node.findall(self.tag("outputEntry"))
            if len(conditions) != len(inputs) or len(conclusions) != len(outputs):
                self.fault(node, "cells", f"第 {number} 条规则的单元格数与列数不同", f"rule {number} has not one cell for each column")
                continue
            tests = [
                self.cell(cell, partial(read_cell, self.text(cell), column.kind)) for cell, column in zip(conditions, inputs, strict=True)
            ]
            entries = [
                self.cell(cell, partial(read_output, self.text(cell), column.kind))
                for cell, column in zip(conclusions, outputs, strict=True)
            ]
            for cell in [*conditions, *conclusions]:
                self.language(cell)
            yield Rule(
                node.get("id") or f"rule-{number}",
                tuple(test for test in tests if test is not None),
                tuple(entry if entry is not None else Constant(None) for entry in entries),
            )

    def cell(self, node: etree._Element, make: Callable[[], Anywhere]) -> Anywhere | None:
        """Return what a cell means, or note its fault."""
        try:
            return make()
        except CellFault as error:
            text = " ".join(self.text(node).split())[:60]
            self.fault(node, "cell", f"单元格“{text}”：{error.zh}", f"cell {text!r}: {error.en}")
            return None

    def text(self, node: etree._Element | None) -> str:
        found = None if node is None else node.find(self.tag("text"))
        return "" if found is None else "".join(str(piece) for piece in found.itertext())

    def kind(self, node: etree._Element) -> str | None:
        said = node.get("typeRef", "")
        name = said.rpartition(":")[2].lower()
        if name not in TYPES:
            self.fault(node, "type", f"不支持类型 {said}", f"the type {said} is not supported")
            return None
        return TYPES[name]

    def language(self, node: etree._Element) -> None:
        said = node.get("expressionLanguage", "")
        if said and not said.lower().startswith(LANGUAGES):
            self.fault(node, "language", f"不支持表达式语言 {said}", f"the expression language {said} is not supported")

    def limit(self, node: etree._Element, count: int, most: int) -> None:
        if count > most:
            self.fault(node, "too-large", f"超过 {most} 行或列", f"more than {most} rows or columns")
