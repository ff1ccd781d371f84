"""The forms of Camunda's and Flowable's expression language, rewritten into Python's.

`&& || ! empty ?: eq ne lt gt le ge div mod` of JUEL (JSR 341, part "Operators") have a Python form each; `null true false` are read by `rewrite`.
`!` and `empty` bind tighter than any comparison, so brackets are put around what they belong to.
"""

from collections.abc import Callable

from engine.language.lexer import Token, refuse

WORDS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "div": "/", "mod": "%"}
SIGNS = {"&&": "and", "||": "or"}
OPEN = {"(": ")", "[": "]", "{": "}"}
#: each may be a level of recursion here
MOST = 100
PREFIXES = ("!", "-", "+", "not", "empty")
#: Python's own words after which an operand begins and before which one has ended
PYTHON = frozenset({"and", "or", "not", "in", "is", "if", "else", "for"})


def rewrite(found: list[Token]) -> str | None:
    """Return the text in Python's form, or None if it is already."""
    ours = sum(is_ours(found, place) for place in range(len(found)))
    if ours > MOST:
        raise refuse(1, "运算符过多", "it has too many operators")
    return render(found) if ours else None


def is_ours(found: list[Token], place: int) -> bool:
    token = found[place]
    return token.text in SIGNS or token.text in ("!", "?") or is_word(found, place) or is_empty(found, place)


def ends_operand(token: Token) -> bool:
    return token.text in (")", "]", "}") or token.kind in ("number", "string") or (token.kind == "name" and token.text not in PYTHON)


def starts_operand(token: Token) -> bool:
    return (
        token.text in OPEN
        or token.text in ("!", "-", "+", "not")
        or token.kind in ("number", "string")
        or (token.kind == "name" and token.text not in PYTHON)
    )


def is_word(found: list[Token], place: int) -> bool:
    """Say whether `eq`, `div` ... stands where only an operator can."""
    if found[place].kind != "name" or found[place].text not in WORDS or not 0 < place < len(found) - 1:
        return False
    return ends_operand(found[place - 1]) and starts_operand(found[place + 1])


def is_empty(found: list[Token], place: int) -> bool:
    """Say whether `empty` is the operator and not a name."""
    if found[place].text != "empty" or found[place].kind != "name" or place + 1 == len(found) or not starts_operand(found[place + 1]):
        return False
    return found[place + 1].text not in ("-", "+") and not (place and (ends_operand(found[place - 1]) or found[place - 1].text == "."))


def matching(found: list[Token], start: int) -> int:
    """Return the place of the bracket that closes the one at `start`. The lexer has seen that there is one."""
    depth = 0
    for place in range(start, len(found)):
        depth += (found[place].text in OPEN) - (found[place].text in OPEN.values())
        if not depth:
            return place
    raise refuse(found[start].line, "括号没有关闭", "a bracket is not closed", code="syntax")


def outermost(found: list[Token], wanted: Callable[[Token], bool], start: int = 0) -> int | None:
    """Return the first place outside of all brackets that is wanted."""
    place = start
    while place < len(found):
        if wanted(found[place]):
            return place
        place = matching(found, place) + 1 if found[place].text in OPEN else place + 1
    return None


def render(found: list[Token]) -> str:
    """Return a part between two brackets, or the whole: pieces between commas, each perhaps a choice."""
    start, pieces = 0, []
    while (comma := outermost(found, lambda token: token.text == ",", start)) is not None:
        pieces.append(piece(found[start:comma]))
        start = comma + 1
    return ",".join([*pieces, piece(found[start:])])


def piece(found: list[Token]) -> str:
    """Return a part between two commas."""
    question = outermost(found, lambda token: token.text == "?")
    colon = outermost(found, lambda token: token.text == ":")
    if question is None:
        return flat(found)
    if colon is not None and colon < question:
        return f"{flat(found[: colon + 1])}{piece(found[colon + 1 :])}"
    return choice(found, question)


def choice(found: list[Token], question: int) -> str:
    """Return `a ? b : c` as `b if a else c`, in brackets."""
    depth, place = 0, question
    while True:
        mark = outermost(found, lambda token: token.text in ("?", ":"), place)
        if mark is None:
            raise refuse(found[question].line, "“?”之后缺少“:”", "a '?' has no ':'", code="syntax")
        depth += 1 if found[mark].text == "?" else -1
        if not depth:
            break
        place = mark + 1
    condition, yes, no = found[:question], found[question + 1 : mark], found[mark + 1 :]
    return f"(({render(yes)}) if ({render(condition)}) else ({render(no)}))"


def flat(found: list[Token]) -> str:
    """Return a part without a choice at its own level."""
    written, place = "", 0
    while place < len(found):
        more, place = unit(found, place)
        written += more
    return written


def unit(found: list[Token], place: int) -> tuple[str, int]:
    """Return the text of one token, one bracket or one prefix with its operand, and the place after it."""
    token = found[place]
    if token.text == "!" or is_empty(found, place):
        inner, after = operand(found, place + 1)
        opening = "not (" if token.text == "!" else "empty("
        return f"{token.before} ({opening}{inner}))", after
    if token.text in OPEN:
        closing = matching(found, place)
        return f"{token.before}{token.text}{render(found[place + 1 : closing])}{OPEN[token.text]}", closing + 1
    if is_word(found, place):
        return f"{token.before} {WORDS[token.text]} ", place + 1
    if token.text in SIGNS:
        return f"{token.before} {SIGNS[token.text]} ", place + 1
    return f"{token.before}{token.text}", place + 1


def operand(found: list[Token], place: int) -> tuple[str, int]:
    """Return what `!` or `empty` applies to: further prefixes, then a name, literal or bracket with its `.a`, `[b]` and `(c)`."""
    if place >= len(found):
        raise refuse(found[-1].line, "运算符之后缺少内容", "an operator has nothing after it", code="syntax")
    if found[place].text in PREFIXES and (found[place].text != "empty" or is_empty(found, place)):
        if found[place].text == "!" or found[place].text == "empty":
            return unit(found, place)
        inner, after = operand(found, place + 1)
        return f" {found[place].text} {inner}", after
    written, place = unit(found, place)
    while place < len(found) and found[place].text in (".", "[", "("):
        if found[place].text == "." and place + 1 < len(found):
            written, place = f"{written}.{found[place + 1].text}", place + 2
        else:
            more, place = unit(found, place)
            written += more
    return written, place
