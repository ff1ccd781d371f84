"""A name stands for one thing: what a module calls twice, the second silently takes from the first."""

import ast
from collections import Counter
from collections.abc import Iterator

import pytest
from tests_support import ROOT

ROOMS = ("api", "diagrams", "engine", "models", "processes")


def given(body: list[ast.stmt]) -> Iterator[str]:
    """Give every name that a module or a class gives without looking: by a statement of its own, not in one that chooses or is overloaded."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef) and not statement.decorator_list:
            yield statement.name


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_and_no_class_gives_a_name_twice(room: str) -> None:
    twice = []
    for path in (ROOT / room).rglob("*.py"):
        if "node_modules" not in path.parts:
            tree = ast.parse(path.read_bytes())
            bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
            twice += [f"{path.relative_to(ROOT)}: {name}" for body in bodies for name, times in Counter(given(body)).items() if times > 1]
    assert twice == []
