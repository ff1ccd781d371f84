"""What scripts and expressions of other engines ask of their `execution`: its variables, as the variables themselves, and what it is known by."""

import ast

HOLDERS = frozenset({"execution", "task"})
READS = frozenset({"getVariable", "getVariableLocal"})
WRITES = frozenset({"setVariable", "setVariableLocal"})
ASKS = frozenset({"hasVariable", "hasVariableLocal"})
#: what an execution is known by, and the methods that give it
KNOWN = frozenset({"processInstanceId", "processBusinessKey", "businessKey", "currentActivityId"})
GETTERS = {f"get{name[0].upper()}{name[1:]}": name for name in KNOWN}
#: the function around an expression that a script takes from a `${...}`, and around one of our own notation inside of a `${...}`
CONVERTS, STRICT = "juel", "strict"


class Optional(ast.Name):
    """A variable that is null if nobody has set it."""


class Held(ast.Name):
    """Whether there is a variable."""


class Direct(ast.NodeTransformer):
    """Replaces the calls whose first argument is the name of a variable; any other call stays for `subset` to refuse."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = named(node, READS, 1)
        if name is not None:  # a variable of any name: it is only looked for
            return ast.copy_location(Optional(name, ast.Load()), node)
        name = named(node, ASKS, 1)
        if name is not None:
            return ast.copy_location(Held(name, ast.Load()), node)
        return getter(node) or node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        self.generic_visit(node)
        call = node.value
        converts = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == CONVERTS and len(call.args) == 1
        inner = call.args[0] if converts and isinstance(call, ast.Call) else call
        name = named(inner, WRITES, 2) if isinstance(inner, ast.Call) else None
        if name is None or not name.isidentifier() or not isinstance(inner, ast.Call) or not isinstance(call, ast.Call):
            return node
        value = inner.args[1]
        if converts:
            value = ast.copy_location(ast.Call(call.func, [value], []), call)
        target = ast.copy_location(ast.Name(name, ast.Store()), call)
        return ast.copy_location(ast.Assign([target], value), node)


def getter(node: ast.Call) -> ast.expr | None:
    """Return what a method of the execution gives, as its attribute."""
    function = node.func
    if not isinstance(function, ast.Attribute) or not is_execution(function.value) or function.attr not in GETTERS or node.args:
        return None
    return ast.copy_location(ast.Attribute(function.value, GETTERS[function.attr], ast.Load()), node)


def is_execution(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "execution"


def named(node: ast.Call, methods: frozenset[str], arguments: int) -> str | None:
    """Return the variable that a call names."""
    function = node.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name) or node.keywords or len(node.args) != arguments:
        return None
    name = node.args[0]
    known = function.value.id in HOLDERS and function.attr in methods
    if not known or not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    return name.value


def direct(tree: ast.AST) -> ast.AST:
    """Return the tree with variables in place of the calls that read and write them. Trees nested too deeply stay for `subset` to refuse."""
    try:
        found: ast.AST = Direct().visit(tree)
        return found
    except RecursionError:
        return tree
