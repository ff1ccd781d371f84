"""SpiffWorkflow's scripts before and after an element, as far as they only assign names."""

import ast
from dataclasses import replace

from lxml import etree

from engine.bpmn.model import Value
from engine.bpmn.parameters import Pairs
from engine.bpmn.reading import Reading, identifier
from engine.bpmn.xml import spiff_children, text_of
from engine.language import as_template


def read_before(node: etree._Element, reading: Reading) -> Pairs:
    """Return what a script before an element assigns: values that the element begins with."""
    return tuple(pair for item in spiff_children(node, "preScript") for pair in assignments(item, node, reading))


def read_after(node: etree._Element, reading: Reading) -> Pairs:
    """Return what stays when an element ends: what was assigned before it, as it is then, and what a script after it assigns."""
    before = tuple((name, Value("text", f"${{{name}}}")) for name, _ in read_before(node, replace(reading, faults=[])))
    return before + tuple(pair for item in spiff_children(node, "postScript") for pair in assignments(item, node, reading))


def assignments(item: etree._Element, node: etree._Element, reading: Reading) -> Pairs:
    """Return the assignments of a script that has nothing else; any other is a fault."""
    text = text_of(item) or ""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, Warning):
        body = [ast.Pass()]
    pairs = []
    for statement in body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        if not isinstance(target, ast.Name) or not isinstance(statement, ast.Assign) or identifier(target.id) is None:
            zh, en = "前置或后置脚本只能给变量赋值", "A script before or after an element can only assign variables, one by one"
            reading.fault("script-not-supported", zh, en, node, text)
            return ()
        pairs.append((target.id, Value("text", as_template(ast.get_source_segment(text, statement.value) or "null"))))
    return tuple(pairs)
