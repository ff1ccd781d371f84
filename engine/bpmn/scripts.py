"""Scripts and expressions of other languages, as far as they read in ours. What does not is a fault that names the language."""

import ast
from typing import Any

from lxml import etree

from engine.bpmn.model import Value
from engine.bpmn.reading import Reading, identifier
from engine.bpmn.xml import text_of, vendor
from engine.errors import InvalidExpression
from engine.language import (
    as_template,
    compile_expression,
    compile_script,
    compile_template,
    is_wrapped,
    python_form,
    python_text,
    statement_form,
)

OURS = frozenset({"", "python", "juel", "shenpi", "text/x-python", "application/x-python", "python3"})
RESULT = "result"


def read_script(text: str, language: str | None, result: str | None, reading: Reading, node: etree._Element) -> str:
    """Return a script of our language; with `result` its last expression is what that variable is given."""
    text = text.strip()
    if not text:
        return ""
    name = None
    if result:
        name = identifier(result)
        if name is None:
            reading.fault("name-invalid", f"变量名无效：{result}", f"{result!r} cannot be the name of a variable", node, result)
            return ""
    if language == "juel" or (text.startswith(("${", "#{")) and text.endswith("}")):
        return template(text, name, reading, node)
    if accepts(compile_script, text) and name is None:
        return text
    if accepts(compile_expression, text):
        return assigned(python_form(text), name)
    ended = with_result(text, name) if name else text
    if not is_ours(language) and not accepts(compile_script, ended):
        zh, en = f"脚本语言 {language} 的内容无法按本系统的语言读取", f"This script in {language} cannot be read as one of our language"
        reading.fault("script-language", zh, en, node, language)
        return ""
    return ended


def template(text: str, name: str | None, reading: Reading, node: etree._Element) -> str:
    """Return a script that gives a template's value to a variable; what is outside of the language is a fault here, for as a script it might be a comment."""
    statement = statement_form(text) if name is None else None
    if statement is not None:
        return statement
    try:
        return assigned(python_text(text), name)
    except InvalidExpression as error:
        for found in error.faults:
            reading.fault(found.code, found.zh, found.en, node, text)
        return ""


def read_value(text: str, language: str | None, reading: Reading, node: etree._Element) -> Value:
    """Return the value of a script that gives one: an expression as a text, anything else with its last expression in `result`."""
    text = text.strip()
    if text.startswith(("${", "#{")):
        return Value("text", text)
    if accepts(compile_expression, text):
        return Value("text", as_template(text))
    return Value("script", read_script(text, language, RESULT, reading, node))


def as_expression(text: str | None) -> str | None:
    """Return a template, in which text may stand around the expressions, as one expression. What is outside of the language stays as it is."""
    if text is None or (is_wrapped(text) and accepts(compile_expression, text)) or not accepts(compile_template, text):
        return text
    return f"${{{python_text(text)}}}"


def inline(node: etree._Element, reading: Reading) -> tuple[str, str | None]:
    """Return the text and the language of an element that holds a script; one that is kept elsewhere is a fault."""
    resource = node.get("resource") or vendor(node, "resource")
    if resource:
        zh, en = f"脚本必须写在流程文件内：{resource}", f"The script is outside of the file: {resource}"
        reading.fault("script-external", zh, en, node, resource)
    return text_of(node) or "", node.get("scriptFormat") or node.get("language")


def is_ours(language: str | None) -> bool:
    return (language or "").strip().lower() in OURS


def accepts(compiler: Any, text: str) -> bool:
    try:
        compiler(text)
    except InvalidExpression:
        return False
    return True


def assigned(expression: str, name: str | None) -> str:
    """Return a script that gives an expression's value to a variable, or only looks at it."""
    return f"{name} = ({expression}\n)" if name else f"if ({expression}\n): pass"


def with_result(text: str, name: str) -> str:
    """Return a script whose last expression is given to a variable; one that ends otherwise stays as it is."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, Warning):
        return text
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        return text
    lines = text.splitlines(keepends=True)
    before, line = "".join(lines[: last.lineno - 1]), lines[last.lineno - 1].encode()
    start = line[: last.col_offset].decode(errors="replace")
    segment = ast.get_source_segment(text, last) or ""
    return f"{before}{start}{name} = ({segment}\n)"
