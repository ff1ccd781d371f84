"""Questions to the organisation: whoever assigns people gives variables that can answer them; nobody else's can."""

from collections.abc import Callable
from typing import Any

from engine.language.scope import Scope
from engine.language.values import NUMBERS, failure, plain

#: what an argument may be, with the words for it
TEXT = (frozenset({str}), "文字", "a text")
OPTIONAL = (frozenset({str, type(None)}), "文字或 null", "a text or null")
NUMBER = (NUMBERS, "数字", "a number")
WHOLE = (frozenset({int}), "整数", "a whole number")
PEOPLE = (frozenset({str, list}), "人员列表", "a list of people")
Kind = tuple[frozenset[Any], str, str]


def asking(name: str, *kinds: Kind) -> Callable[..., Any]:
    """Return a function that asks the organisation, where the variables were given by somebody who can answer; elsewhere it refuses.

    `kinds` says of each argument what it may be; those at the end that are left out are null.
    """

    def ask(scope: Scope, *arguments: Any) -> Any:
        answer = getattr(scope.variables, "ask", None)
        if answer is None:
            raise failure(f"{name} 只能用于分配处理人", f"{name} can be asked only where people are assigned")
        for number, (argument, (allowed, zh, en)) in enumerate(zip(arguments, kinds, strict=False), 1):
            if type(argument) not in allowed:
                raise failure(f"{name} 的第 {number} 个参数应为{zh}", f"argument {number} of {name} must be {en}")
        found = answer(name, *arguments, *[None] * (len(kinds) - len(arguments)))
        if type(found) is list:
            scope.budget.grow(len(found))
            scope.budget.spend(1 + len(found))
        return plain(found)

    return ask
