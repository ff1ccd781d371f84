"""`execution.getVariable("x")` and `execution.setVariable("x", 1)`, which scripts and expressions of other engines write, as the variable itself."""

import ast

HOLDERS = frozenset({"execution", "task"})
READS = frozenset({"getVariable", "getVariableLocal"})
WRITES = frozenset({"setVariable", "setVariableLocal"})


class Direct(ast.NodeTransformer):
    """Replaces the calls whose first argument is the name of a variable; any other call stays, and finds no such variable."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = named(node, READS, 1)
        return node if name is None else ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        self.generic_visit(node)
        call = node.value
        name = named(call, WRITES, 2) if isinstance(call, ast.Call) else None
        if name is None or not isinstance(call, ast.Call):
            return node
        target = ast.copy_location(ast.Name(name, ast.Store()), call)
        return ast.copy_location(ast.Assign([target], call.args[1]), node)


def named(node: ast.Call, methods: frozenset[str], arguments: int) -> str | None:
    """Return the variable that a call names."""
    function = node.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name) or node.keywords or len(node.args) != arguments:
        return None
    name = node.args[0]
    known = function.value.id in HOLDERS and function.attr in methods
    if not known or not isinstance(name, ast.Constant) or not isinstance(name.value, str) or not name.value.isidentifier():
        return None
    return name.value


def direct(tree: ast.AST) -> ast.AST:
    """Return the tree with variables in place of the calls that read and write them. Trees nested too deeply stay for `subset` to refuse."""
    try:
        found: ast.AST = Direct().visit(tree)
        return found
    except RecursionError:
        return tree
