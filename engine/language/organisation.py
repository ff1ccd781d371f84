"""Questions to the organisation: whoever assigns people gives variables that can answer them; nobody else's can."""

from collections.abc import Callable
from typing import Any

from engine.language.scope import Scope
from engine.language.values import failure


def asking(name: str) -> Callable[..., Any]:
    """Return a function that asks the organisation, where the variables were given by somebody who can answer; elsewhere it refuses."""

    def ask(scope: Scope, person: Any) -> Any:
        answer = getattr(scope.variables, "ask", None)
        if answer is None or type(person) is not str:
            raise failure(f"{name} 只能用于分配处理人", f"{name} can be asked only where people are assigned, with the key of a person")
        return answer(name, person)

    return ask
