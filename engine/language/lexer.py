"""Tokens of an expression or script. Refuses early what Python would only warn of, and brackets nested beyond reason."""

import re
from dataclasses import dataclass

from engine.errors import Fault, InvalidExpression

NESTING = 40

TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\f\r\n]|\\\r?\n)+)
    |(?P<comment>\#[^\n]*)
    |(?P<string>[A-Za-z]{0,2}(?:\"{3}(?:[^\\]|\\[\s\S])*?\"{3}|'{3}(?:[^\\]|\\[\s\S])*?'{3}|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'))
    |(?P<number>(?:0[xXoObB][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.(?![.])[0-9_]*)?(?:[eE][+-]?[0-9_]+)?|\.[0-9][0-9_]*(?:[eE][+-]?[0-9_]+)?)(?!\w))
    |(?P<name>[^\W\d]\w*)
    |(?P<operator>&&|\|\||[=!<>]=|//|\*\*|:=|<<|>>|[-+*/%=<>!?:,.;()\[\]{}&|^~@])
    """,
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\([\s\S])")
ESCAPES = frozenset("\\'\"nrtbfav01234567xuUN\n\r")
PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    line: int
    #: the white space before it, with its line breaks, so that a rewritten text keeps its lines
    before: str = ""


def fault(line: int, zh: str, en: str, *, column: int | None = None, found: str | None = None, code: str = "not-allowed") -> Fault:
    """Return a fault of a text; a column is told in the messages, for `Fault` has no place of its own for it."""
    if column is not None:
        zh, en = f"第 {column} 列：{zh}", f"column {column}: {en}"
    return Fault(code, zh, en, line=line, found=found)


def refuse(line: int, zh: str, en: str, **more: str | int | None) -> InvalidExpression:
    """Return the error for a text whose first fault makes it pointless to look for others."""
    return InvalidExpression([fault(line, zh, en, **more)])  # type: ignore[arg-type]


def tokens(source: str) -> list[Token]:
    """Return the tokens in order, without comments. Raises `InvalidExpression` for what is no token, and for unbalanced brackets."""
    found: list[Token] = []
    opened: list[str] = []
    position, line, before = 0, 1, ""
    while position < len(source):
        match = TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            raise refuse(
                line,
                "无法识别的字符或未结束的文本",
                "a character or an unfinished text cannot be read",
                found=source[position : position + 20],
            )
        piece = match.group()
        if match.lastgroup in ("space", "comment"):
            before += piece if match.lastgroup == "space" else ""
        else:
            inspect(match.lastgroup, piece, line)
            balance(opened, piece, line)
            found.append(Token(match.lastgroup, piece, line, before))
            before = ""
        line += piece.count("\n")
        position = match.end()
    if opened:
        raise refuse(line, f"括号 {opened[-1]} 没有关闭", f"the bracket {opened[-1]} is not closed", code="syntax")
    return found


def inspect(group: str, piece: str, line: int) -> None:
    """Refuse escapes that Python does not know: today they are kept as written, one day they are errors."""
    if group != "string" or "r" in piece[:2].lower().partition(piece[-1])[0]:
        return
    for escape in ESCAPE.finditer(piece):
        if escape.group(1) not in ESCAPES:
            raise refuse(line, "文本中有未知的转义符", "a text holds an unknown escape", found=escape.group())


def balance(opened: list[str], piece: str, line: int) -> None:
    if piece in ("(", "[", "{"):
        opened.append(piece)
        if len(opened) > NESTING:
            raise refuse(line, "括号嵌套过深", "brackets are nested too deeply")
    elif piece in PAIRS and (not opened or opened.pop() != PAIRS[piece]):
        raise refuse(line, f"多余的括号 {piece}", f"a bracket {piece} was never opened", code="syntax")
