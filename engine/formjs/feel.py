"""Conditions of forms: the part of FEEL that forms use, evaluated as the viewer in the browser evaluates it.

What FEEL calls null decides here: a missing name is null, so is a comparison with it, and the viewer hides what is true or null. The language of drawings
refuses such things, so its evaluator would see another form than the person did; syntax and three-valued logic are FEEL's (DMN 1.3, 10.3), and where the
viewer's own evaluator (feelin) differs from the standard, it is followed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from engine.errors import Fault, InvalidExpression

LONGEST = 1000
DEPTH = 30
MOST = 200  #: words and signs; each may be a level of recursion
CONTEXT = Context(prec=34, traps=[])  #: what has no result is null, never an error
LONGEST_TEXT = 100_000
TOKEN = re.compile(
    r'\s*(?:(?P<number>\d{1,40}(?:\.\d{1,40})?)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[^\W\d]\w*)|(?P<sign>\.\.|!=|<=|>=|[-+*/=<>().,\[\]]))'
)
NUMERAL = re.compile(r"\s*([-+]?\d{1,40}(\.\d{1,40})?)?\s*")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
WORDS = frozenset(
    {"and", "or", "in", "between", "if", "then", "else", "true", "false", "null", "for", "some", "every", "instance", "return"}
)
SCOPES = {"_this_": "this", "_parent_": "parent", "_i_": "i"}  #: spellings of the scope's own names that no field can shadow
OWN = frozenset({"this", "parent", "i", *SCOPES})
NAMED = {("string", "length"): "string length", ("list", "contains"): "list contains"}

Node = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression; `names` are the top-level names it may read."""

    text: str
    names: frozenset[str]
    tree: Node = field(repr=False, compare=False)

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """Return the value for these names; null for what FEEL gives none. Never raises."""
        return value_of(self.tree, names)

    def holds(self, names: Mapping[str, Any]) -> bool:
        """Tell whether it holds as a condition of the viewer, which reads it as a unary test of nothing: what is null holds, too."""
        tree, negated = self.tree, False
        while tree[:2] == ("call", "not"):
            tree, negated = tree[2], not negated
        value = value_of(tree, names)
        return (value is True or value is None) is not negated


@lru_cache(maxsize=2048)
def compile_condition(text: str) -> Condition:
    """Return the condition of a text that begins with `=`. Refuses with `InvalidExpression` what is outside of the subset."""
    if len(text) > LONGEST:
        raise refused(f"更长于 {LONGEST} 字", f"it is longer than {LONGEST} characters")
    reader = Reader(text.removeprefix("="))
    tree = reader.expression(0)
    if reader.tokens:
        raise reader.unexpected()
    return Condition(text, frozenset(reader.names), tree)


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


# --- values


def is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    return "number" if is_number(value) else type(value).__name__


def number(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def equal(left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return left is right
    return bool(left == right) if kind_of(left) == kind_of(right) else None


def compare(sign: str, left: Any, right: Any) -> bool | None:
    if sign in ("=", "!="):
        same = equal(left, right)
        return same if sign == "=" else same is not True
    if left is None or right is None:
        return None
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = number_in(left), number_in(right)
        if left is None or right is None:
            return False
    order: int = (left > right) - (left < right)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def number_in(value: Any) -> Decimal | None:
    """Return the number that the browser takes a value for when it is compared with one; None for what is none."""
    if isinstance(value, str):
        return Decimal(value.strip() or 0) if NUMERAL.fullmatch(value) else None
    return Decimal(value) if isinstance(value, int | Decimal) else None


def in_range(value: Any, low: Any, high: Any) -> bool:
    """Tell whether a value lies in a range; a bound that is missing bounds nothing."""
    if value is None:
        return False
    return compare(">=", value, low) is not False and compare("<=", value, high) is not False


def both(left: Any, right: Any, decides: bool) -> bool | None:
    """Return `and` (decided by false) or `or` (decided by true) of values that may be no booleans: those are null."""
    found = [value if isinstance(value, bool) else None for value in (left, right)]
    if decides in found:
        return decides
    return None if None in found else not decides


def calculate(sign: str, left: Any, right: Any) -> Any:
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        return (left + right)[:LONGEST_TEXT]
    if not (is_number(left) and is_number(right)):
        return None
    one, other = Decimal(left), Decimal(right)
    match sign:
        case "+":
            return number(CONTEXT.add(one, other))
        case "-":
            return number(CONTEXT.subtract(one, other))
        case "*":
            return number(CONTEXT.multiply(one, other))
        case _:
            return number(CONTEXT.divide(one, other))


def numbers(values: list[Any]) -> list[Decimal] | None:
    found = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return [Decimal(each) for each in found] if found and all(is_number(each) for each in found) else None


def total(values: list[Any]) -> Any:
    found = numbers(values)
    result = Decimal(0)
    for each in found or []:
        result = CONTEXT.add(result, each)
    return number(result) if found else None


def extreme(choose: Callable[[list[Decimal]], Decimal]) -> Callable[[list[Any]], Any]:
    return lambda values: choose(found) if (found := numbers(values)) else None


#: name -> how many arguments (0 for any number), and what it gives
FUNCTIONS: Mapping[str, tuple[int, Callable[[list[Any]], Any]]] = {
    "not": (1, lambda values: not values[0] if isinstance(values[0], bool) else None),
    "count": (1, lambda values: None if values[0] is None else Decimal(len(values[0]) if isinstance(values[0], list) else 1)),
    "sum": (0, total),
    "min": (0, extreme(min)),
    "max": (0, extreme(max)),
    "contains": (2, lambda values: values[1] in values[0] if all(isinstance(each, str) for each in values) else None),
    "list contains": (2, lambda values: any(equal(each, values[1]) for each in values[0]) if isinstance(values[0], list) else None),
    "string length": (1, lambda values: Decimal(len(values[0])) if isinstance(values[0], str) else None),
}


def member(value: Any, name: str) -> Any:
    """Return a part of a mapping; of a list, that part of each of its mappings."""
    if isinstance(value, Mapping):
        return value.get(name)
    return [each.get(name) if isinstance(each, Mapping) else None for each in value] if isinstance(value, list) else None


def item(value: Any, place: Any) -> Any:
    """Return an item of a list; the first is 1, the last is -1."""
    if value is not None and not isinstance(value, list):
        value = [value]  # as in FEEL, one thing is a list of one
    if value is None or not is_number(place) or place != int(place) or not 0 < abs(place) <= len(value):
        return None
    return value[int(place) - 1 if place > 0 else int(place)]


def value_of(node: Node, names: Mapping[str, Any]) -> Any:
    """Return the value of a piece of syntax; the depth is bounded by the reader's."""
    kind = node[0]
    if kind == "value":
        return node[1]
    if kind == "name":
        return names.get(node[1])
    if kind == "if":
        return value_of(node[2] if value_of(node[1], names) is True else node[3], names)
    if kind == "list":
        return [value_of(each, names) for each in node[1:]]
    if kind == "member":
        return member(value_of(node[1], names), node[2])
    if kind == "call":
        return FUNCTIONS[node[1]][1]([value_of(each, names) for each in node[2:]])
    if kind == "compare":
        return compare(node[1], value_of(node[2], names), value_of(node[3], names))
    left, right = value_of(node[1], names), value_of(node[2], names)
    if kind in ("and", "or"):
        return both(left, right, kind == "or")
    if kind == "range":
        return in_range(left, right, value_of(node[3], names))
    if kind == "within":
        return both(compare(">=", left, right), compare("<=", left, value_of(node[3], names)), False)
    if kind == "in":
        return any(equal(left, each) is True for each in right)
    if kind == "item":
        return item(left, right)
    return calculate(kind, left, right)
