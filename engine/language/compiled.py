"""From a checked tree to a function of a `Scope`.

The function is made from its code object alone. Its globals hold the guards and the decimal constants of the text, and no builtins at all.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from engine.language import conversions
from engine.language.functions import FUNCTIONS
from engine.language.guards import GUARDS
from engine.language.lexer import refuse
from engine.language.rewrite import SCOPE, Rewriter, size
from engine.language.scope import Scope

FILE = "<shenpi>"
BASE: dict[str, Any] = (
    {"__builtins__": {}} | GUARDS | conversions.GUARDS | {f"_f_{name}": function.run for name, function in FUNCTIONS.items()}
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a text became: `run` takes a scope; `cost` is what running it once costs in steps, loops apart."""

    run: Callable[[Scope], Any]
    names: frozenset[str]
    assigned: frozenset[str]
    changes: bool
    cost: int


def build(tree: ast.Expression | ast.Module, source: str, converts: bool = False) -> Compiled:
    """Return the code of a tree that `subset.check` has accepted; with `converts` its operators convert what they are given, as JUEL's do."""
    # counted before anything is rewritten, so that the cost of a text never depends on how it is compiled
    cost = size(tree)
    rewriter = Rewriter(source, converts)
    arguments = ast.arguments(posonlyargs=[], args=[ast.arg(SCOPE)], kwonlyargs=[], kw_defaults=[], defaults=[])
    try:
        function = ast.FunctionDef(name="run", args=arguments, body=rewriter.body(tree), decorator_list=[])
        module = compile(ast.fix_missing_locations(ast.Module([function], [])), FILE, "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise refuse(1, "无法编译", "it cannot be compiled", found=str(error)[:200]) from error
    code = next(constant for constant in module.co_consts if isinstance(constant, CodeType))
    run = FunctionType(code, BASE | rewriter.constants)
    return Compiled(run, frozenset(rewriter.names), frozenset(rewriter.assigned), rewriter.changes, cost)
