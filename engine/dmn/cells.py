"""Input entries: the unary tests of DMN's S-FEEL (DMN 1.3, chapter 9).

    -  (or nothing)            anything
    5   "a"   true   null      equal to; also  date("2026-01-01")  and  date and time("2026-01-01T08:00:00+08:00")
    limit   supplier.level     equal to a variable, or one of its elements if it is a list
    < 5   <= x   > 5   >= x    ordered
    [1..5]  (1..5]  ]1..5[     between; a round or turned bracket leaves its end out
    1, 2, > 10                 any of these
    not("a", "b")              none of these

A comparison with null is neither true nor false, so neither it nor its `not` matches.
"""

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.dmn.kinds import fits, kind
from engine.dmn.unary import AnyOf, Anything, Between, Computed, Constant, Equal, Local, NoneOf, Operand, Ordered, Test
from engine.errors import Fault, InvalidContent
from engine.language import Expression, compile_expression

TOKEN = re.compile(
    r"""\s+
    |(?P<moment>date\s+and\s+time\s*\(\s*"[^"]*"\s*\))
    |(?P<day>date\s*\(\s*"[^"]*"\s*\))
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<number>-?\s*(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?(?!\w))
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<sign><=|>=|<|>|\.\.|[-()\[\],])
    """,
    re.VERBOSE,
)
WORDS = {"true": True, "false": False, "null": None}
DIGITS = 60


class CellFault(Exception):
    """A cell that cannot be understood; the reader adds its place."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def read_cell(text: str, wanted: str | None) -> Test:
    """Return the test of an input entry in a column of a type. Refuses with `CellFault` what is no unary test or could never match."""
    found = tokens(text)
    if not found or [token for _, token in found] == ["-"]:
        return Anything()
    reader = Reader(found, wanted)
    if found[0][1] == "not" and len(found) > 2 and found[1][1] == "(":
        reader.place = 2
        tests = reader.tests()
        reader.take(")")
        reader.end()
        return NoneOf(tests)
    tests = reader.tests()
    reader.end()
    return tests.tests[0] if len(tests.tests) == 1 else tests


def tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise CellFault(f"无法识别：{text[position : position + 20]}", f"cannot be read: {text[position : position + 20]}")
        if match.lastgroup:
            found.append((match.lastgroup, match.group()))
        position = match.end()
    return found


class Reader:
    """Reads tests from tokens, one after the other."""

    def __init__(self, found: list[tuple[str, str]], wanted: str | None) -> None:
        self.found = found
        self.wanted = wanted
        self.place = 0

    def peek(self) -> str:
        return self.found[self.place][1] if self.place < len(self.found) else ""

    def take(self, *expected: str) -> str:
        token = self.peek()
        if token not in expected:
            raise CellFault(f"此处应为 {' 或 '.join(expected)}，得到“{token}”", f"expected {' or '.join(expected)}, found {token!r}")
        self.place += 1
        return token

    def end(self) -> None:
        if self.place < len(self.found):
            raise CellFault(f"多余的内容：{self.peek()}", f"not understood: {self.peek()}")

    def tests(self) -> AnyOf:
        found = [self.test()]
        while self.peek() == ",":
            self.place += 1
            found.append(self.test())
        return AnyOf(tuple(found))

    def test(self) -> Test:
        token = self.peek()
        if token in ("<", "<=", ">", ">="):
            self.place += 1
            return Ordered(token, self.ordered())
        if token in ("[", "(", "]"):
            return self.between()
        return Equal(self.operand())

    def between(self) -> Between:
        opening = self.take("[", "(", "]")
        low = self.ordered()
        self.take("..")
        high = self.ordered()
        closing = self.take("]", ")", "[")
        if isinstance(low, Constant) and isinstance(high, Constant) and (kind(low.value) != kind(high.value) or low.value > high.value):
            raise CellFault("区间的下限大于上限，或类型不同", "the interval begins after its end, or its ends differ in type")
        return Between(Ordered(">=" if opening == "[" else ">", low), Ordered("<=" if closing == "]" else "<", high))

    def ordered(self) -> Operand:
        found = self.operand()
        if isinstance(found, Constant) and (found.value is None or type(found.value) is bool):
            raise CellFault("null 和布尔值没有大小", "null and booleans have no order")
        return found

    def operand(self) -> Operand:
        group, token = self.found[self.place] if self.place < len(self.found) else ("", "")
        if group in ("", "sign"):
            raise CellFault(f"此处应为一个值，得到“{token}”", f"expected a value, found {token!r}")
        self.place += 1
        if group == "name" and token not in WORDS:
            if self.peek() == "(":
                raise CellFault(f"不支持函数 {token}", f"the function {token} is not supported")
            return Computed(compiled(token))
        value = literal(group, token)
        if not fits(value, self.wanted):
            raise CellFault(
                f"该列类型为 {self.wanted}，“{token}”永远不会匹配", f"the column is of type {self.wanted}; {token} can never match"
            )
        return operand_of(value)


def operand_of(value: Any) -> Constant | Local:
    """Return a literal as an operand."""
    return Local(value) if type(value) is datetime and value.tzinfo is None else Constant(value)


def compiled(text: str) -> Expression:
    try:
        return compile_expression(text)
    except InvalidContent as error:
        fault: Fault = error.faults[0]
        raise CellFault(fault.zh, fault.en) from error


def literal(group: str, token: str) -> Any:
    """Return the value of a literal. Refuses with `CellFault` dates that do not exist, and numbers without end."""
    try:
        if group == "name":
            return WORDS[token]
        if group == "string":
            return json.loads(token, strict=False)
        if group == "number":
            if len(token) > DIGITS:
                raise ValueError
            return number(token.replace(" ", ""))
        inside = token[token.index('"') + 1 : token.rindex('"')]
        return date.fromisoformat(inside) if group == "day" else datetime.fromisoformat(inside)
    except (ValueError, KeyError):
        raise CellFault(f"不是有效的值：{token}", f"not a valid value: {token}") from None


def number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def read_output(text: str, wanted: str | None) -> Operand:
    """Return what an output entry gives: a literal, or an expression of our language. An empty one gives null."""
    if not text.strip():
        return Constant(None)
    try:
        found = tokens(text)
    except CellFault:
        found = []
    if len(found) == 1 and (found[0][0] not in ("name", "sign") or found[0][1] in WORDS):
        value = literal(*found[0])
        if not fits(value, wanted):
            raise CellFault(f"该列类型为 {wanted}，不能是 {text.strip()}", f"the column is of type {wanted} and cannot be {text.strip()}")
        return operand_of(value)
    return Computed(compiled(text))
