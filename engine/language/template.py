"""Templates: text with `${...}` or `#{...}` in it, as titles, summaries, due dates and most attributes of a drawing are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.errors import Fault, InvalidExpression
from engine.language.budget import Budget
from engine.language.context import STRICT
from engine.language.expression import Expression, compile_expression, python_form
from engine.language.lexer import refuse
from engine.language.values import text as written

LENGTH = 20_000
OPENINGS = ("${", "#{")


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template; `names` are the variables its expressions may read."""

    text: str
    parts: tuple[str | Expression, ...]
    names: frozenset[str]
    asks: bool = False  #: it wants to know what its `execution` is known by

    def evaluate(self, variables: Mapping[str, Any], *, now: datetime, budget: Budget | None = None) -> Any:
        """Return the value itself if the text is exactly one `${...}`, otherwise a text; a text without expressions is returned as it is.

        In a text a null reads as nothing, a number without exponent. Refuses as `Expression.evaluate` does.
        """
        budget = budget if budget is not None else Budget()
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0].evaluate(variables, now=now, budget=budget)
        pieces = [part if isinstance(part, str) else written(part.evaluate(variables, now=now, budget=budget)) for part in self.parts]
        budget.grow(sum(map(len, pieces)))
        return "".join(pieces)


@lru_cache(maxsize=2048)
def compile_template(text: str) -> Template:
    r"""Return the template of a text. `\${` stands for a literal `${`.

    Refuses with `InvalidExpression`, listing the faults of all its expressions with their lines in the whole text.
    """
    if len(text) > LENGTH:
        raise refuse(1, f"内容超过 {LENGTH} 个字符", f"it is longer than {LENGTH} characters", code="too-long")
    found = list(split(text))
    if (
        sum(is_expression for is_expression, _, _ in found) == 1
        and not "".join(piece for is_expression, piece, _ in found if not is_expression).strip()
    ):
        # white space around a single expression belongs to the XML it was written in, not to the value
        found = [piece for piece in found if piece[0]]
    faults: list[Fault] = []
    parts: list[str | Expression] = []
    for is_expression, piece, line in found:
        try:
            parts.append(compile_expression(f"${{{piece}}}") if is_expression else piece)
        except InvalidExpression as error:
            faults += [replace(fault, line=(fault.line or 1) + line) for fault in error.faults]
    if faults:
        raise InvalidExpression(faults)
    return Template(text, tuple(parts), reads(parts), any(isinstance(part, Expression) and part.asks for part in parts))


def reads(parts: list[str | Expression]) -> frozenset[str]:
    return frozenset(name for part in parts if isinstance(part, Expression) for name in part.names)


def split(text: str) -> Iterator[tuple[bool, str, int]]:
    """Yield (is an expression, its text, line breaks before it) in order."""
    plain, place = "", 0
    while place < len(text):
        if text[place] == "\\" and text[place + 1 : place + 3] in OPENINGS:
            plain, place = plain + text[place + 1 : place + 3], place + 3
        elif text[place : place + 2] in OPENINGS:
            if plain:
                yield False, plain, 0
            end = closing(text, place + 2)
            yield True, text[place + 2 : end], text.count("\n", 0, place)
            plain, place = "", end + 1
        else:
            plain, place = plain + text[place], place + 1
    if plain:
        yield False, plain, 0


def closing(text: str, start: int) -> int:
    """Return the place of the `}` that ends an expression; brackets and texts inside of it may hold others."""
    depth, quote, place = 0, "", start
    while place < len(text):
        letter = text[place]
        if quote:
            if letter == "\\":
                place += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}":
            if not depth:
                return place
            depth -= 1
        place += 1
    raise refuse(text.count("\n", 0, start) + 1, "${ 没有用 } 结束", "a ${ is not ended by }", code="syntax")


def python_text(text: str) -> str:
    """Return one expression, in Python's form, with the value of a template. Refuses with `InvalidExpression` as `compile_template` does."""
    parts = compile_template(text).parts
    pieces = [repr(part) if isinstance(part, str) else python_form(part.text) for part in parts]
    if len(parts) == 1:
        return pieces[0]
    texts = ", ".join(piece if isinstance(part, str) else f"str({piece}\n)" for part, piece in zip(parts, pieces, strict=True))
    return f"''.join([{texts}])" if texts else "''"


def as_template(text: str) -> str:
    """Return an expression of our own notation as a template, in which it keeps its meaning."""
    return f"${{{STRICT}(({text}\n))}}"
