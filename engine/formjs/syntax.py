"""The syntax of FEEL that forms use, read into nested tuples: the first of each says what it is."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.errors import Fault, InvalidExpression
from engine.formjs.values import FUNCTIONS

DEPTH = 30
MOST = 200  #: words and signs; each may be a level of recursion
TOKEN = re.compile(
    r'\s*(?:(?P<number>\d{1,40}(?:\.\d{1,40})?)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[^\W\d]\w*)|(?P<sign>\.\.|!=|<=|>=|[-+*/=<>().,\[\]]))'
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
WORDS = frozenset(
    {"and", "or", "in", "between", "if", "then", "else", "true", "false", "null", "for", "some", "every", "instance", "return"}
)
SCOPES = {"_this_": "this", "_parent_": "parent", "_i_": "i"}  #: spellings of the scope's own names that no field can shadow
OWN = frozenset({"this", "parent", "i", *SCOPES})
NAMED = {("string", "length"): "string length", ("list", "contains"): "list contains"}

Node = tuple[Any, ...]


def refused(zh: str, en: str, found: str | None = None) -> InvalidExpression:
    return InvalidExpression(
        [Fault("condition-invalid", f"表单的表达式无法识别：{zh}", f"The form's expression cannot be read: {en}", found=found)]
    )


class Reader:
    """Reads one expression from its tokens."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.names: set[str] = set()
        place = 0
        while text[place:].strip():
            match = TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise refused("有无法识别的字符", "a character is not known", text[place : place + 20])
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        if len(self.tokens) > MOST:
            raise refused(f"多于 {MOST} 个词", f"it has more than {MOST} words and signs")
        self.tokens.reverse()

    def peek(self) -> str:
        return self.tokens[-1][1] if self.tokens and self.tokens[-1][0] != "text" else ""

    def take(self, *wanted: str) -> bool:
        if self.peek() and self.peek() in wanted:
            self.tokens.pop()
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise self.unexpected()

    def unexpected(self) -> InvalidExpression:
        found = self.tokens[-1][1] if self.tokens else ""
        return refused(
            f"没有料到 {found}" if found else "没有写完", f"{found!r} was not expected" if found else "it is not finished", found or None
        )

    def expression(self, depth: int) -> Node:
        if depth > DEPTH:
            raise refused("嵌套过深", "it is nested too deeply")
        if self.take("if"):
            condition = self.expression(depth + 1)
            self.need("then")
            good = self.expression(depth + 1)
            self.need("else")
            return ("if", condition, good, self.expression(depth + 1))
        return self.chain(depth, ("or",), lambda: self.chain(depth, ("and",), lambda: self.comparison(depth)))

    def chain(self, depth: int, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        found = part()
        while self.peek() in signs:
            found = (self.tokens.pop()[1], found, part())
        return found

    def comparison(self, depth: int) -> Node:
        left = self.sum(depth)
        if self.peek() in ("=", "!=", "<", "<=", ">", ">="):
            return ("compare", self.tokens.pop()[1], left, self.sum(depth))
        if self.take("between"):
            low = self.sum(depth)
            self.need("and")
            return ("within", left, low, self.sum(depth))
        if self.take("in"):
            return self.among(left, depth)
        return left

    def among(self, left: Node, depth: int) -> Node:
        if not (bracket := self.peek()) or bracket not in "([":
            return ("in", left, ("list", self.sum(depth)))
        self.tokens.pop()
        first = self.expression(depth + 1)
        if bracket == "[" and self.take(".."):
            high = self.expression(depth + 1)
            self.need("]")
            return ("range", left, first, high)
        items = [first]
        while self.take(","):
            items.append(self.expression(depth + 1))
        self.need(")" if bracket == "(" else "]")
        return ("in", left, ("list", *items))

    def sum(self, depth: int) -> Node:
        return self.chain(depth, ("+", "-"), lambda: self.chain(depth, ("*", "/"), lambda: self.sign(depth)))

    def sign(self, depth: int) -> Node:
        if self.take("-"):
            return ("-", ("value", Decimal(0)), self.reach(depth))
        return self.reach(depth)

    def reach(self, depth: int) -> Node:
        found = self.primary(depth)
        while self.peek() in (".", "["):
            if self.take("."):
                found = ("member", found, self.name())
            else:
                self.tokens.pop()
                found = ("item", found, self.expression(depth + 1))
                self.need("]")
        return found

    def name(self) -> str:
        if not self.tokens or self.tokens[-1][0] != "name":
            raise self.unexpected()
        return self.tokens.pop()[1]

    def primary(self, depth: int) -> Node:
        if not self.tokens:
            raise self.unexpected()
        kind, piece = self.tokens.pop()
        if kind == "number":
            return ("value", Decimal(piece))
        if kind == "text":
            return ("value", re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), piece[1:-1]))
        if piece == "(":
            found = self.expression(depth + 1)
            self.need(")")
            return found
        if piece == "[":
            return ("list", *self.arguments("]", depth))
        if piece in ("true", "false", "null"):
            return ("value", {"true": True, "false": False, "null": None}[piece])
        if kind == "name" and piece not in WORDS:
            return self.called(piece, depth)
        self.tokens.append((kind, piece))
        raise self.unexpected()

    def called(self, name: str, depth: int) -> Node:
        """Read a name, or a call of one of the functions; some of those have two words."""
        pair = NAMED.get((name, self.peek()))
        if pair is not None and len(self.tokens) > 1 and self.tokens[-2][1] == "(":
            self.tokens.pop()
            name = pair
        if self.peek() != "(":
            name = SCOPES.get(name, name)
            if name not in OWN:
                self.names.add(name)
            return ("name", name)
        if name not in FUNCTIONS:
            raise refused(f"没有函数 {name}", f"there is no function {name}", name)
        self.tokens.pop()
        arguments = self.arguments(")", depth)
        if len(arguments) != FUNCTIONS[name][0] and FUNCTIONS[name][0]:
            raise refused(f"函数 {name} 的参数个数不对", f"{name} takes {FUNCTIONS[name][0]} argument(s)", name)
        return ("call", name, *arguments)

    def arguments(self, end: str, depth: int) -> list[Node]:
        found: list[Node] = []
        while not self.take(end):
            if found:
                self.need(",")
            found.append(self.expression(depth + 1))
        return found
