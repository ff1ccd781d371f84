"""From a checked tree to a guarded one: every operator, read, call and loop becomes a call of a guard, every name a read of the `Scope`."""

import ast
from copy import deepcopy
from decimal import Decimal, InvalidOperation

from engine.errors import InvalidExpression
from engine.language.context import CONVERTS, STRICT, Held, Optional
from engine.language.conversions import CONVERTING
from engine.language.lexer import refuse
from engine.language.methods import CHANGING
from engine.language.subset import WORDS
from engine.language.values import DIGITS, INTEGER_DIGITS

SCOPE = "_scope"


def size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


class Rewriter(ast.NodeTransformer):
    """Rewrites in the order of evaluation, and learns which names are read from outside and which are assigned."""

    def __init__(self, source: str, converts: bool = False) -> None:
        self.converts = converts  #: operators convert what they are given, as JUEL's do
        self.lenient = False  #: a variable that is missing is null at this point
        self.lines = [line.encode() for line in source.split("\n")]
        self.constants: dict[str, Decimal] = {}
        self.names: set[str] = set()
        self.assigned: set[str] = set()
        #: names that surely have a value of the script's own at this point
        self.known: set[str] = set()
        #: names bound by the comprehensions around this point
        self.bound: set[str] = set()
        self.changes = False

    def body(self, tree: ast.Expression | ast.Module) -> list[ast.stmt]:
        """Return the statements of the function that a text becomes."""
        if isinstance(tree, ast.Expression):
            return [ast.Return(self.visit(tree.body))]
        return [self.visit(statement) for statement in tree.body] or [ast.Pass()]

    def guard(self, node: ast.AST, name: str, *arguments: ast.expr) -> ast.expr:
        if self.converts and name in CONVERTING:
            name = f"c_{name}"
        return ast.copy_location(ast.Call(load(f"_{name}"), [load(SCOPE), *arguments], []), node)

    def all(self, nodes: list[ast.expr]) -> list[ast.expr]:
        return [self.visit(node) for node in nodes]

    def truth(self, node: ast.expr) -> ast.expr:
        """Return what decides a choice: where operators convert, anything but a boolean becomes one."""
        found = self.visit(node)
        return self.guard(node, "truth", found) if self.converts and not is_boolean(node) else found

    # names and constants

    def visit_Optional(self, node: Optional) -> ast.expr:
        return self.guard(node, "optional", ast.Constant(node.id))

    def visit_Held(self, node: Held) -> ast.expr:
        return self.guard(node, "held", ast.Constant(node.id))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in WORDS and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant(WORDS[node.id]), node)
        if node.id in self.bound:
            return node
        if isinstance(node.ctx, ast.Store):
            self.assigned.add(node.id)
            self.known.add(node.id)
        elif node.id not in self.known:
            self.names.add(node.id)
        if self.lenient:
            return self.guard(node, "optional", ast.Constant(node.id))
        return ast.copy_location(ast.Subscript(load(SCOPE), ast.Constant(node.id), node.ctx), node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self.decimal(node, self.exact(node)) if isinstance(node.value, float) else node

    def exact(self, node: ast.Constant) -> Decimal:
        """Return the number as it was written; the float that Python read is only asked whether it is the same one."""
        written = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode(errors="replace")
        try:
            value = Decimal(written.strip())
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or float(value) != node.value or len(written) > DIGITS or abs(value.adjusted()) > INTEGER_DIGITS:
            raise refuse(
                node.lineno,
                "数字过长，或写在无法精确读取的位置",
                "the number is too long, or written where it cannot be read exactly",
                found=written,
            )
        return value

    def decimal(self, node: ast.AST, value: Decimal) -> ast.expr:
        name = f"_k{len(self.constants)}"
        self.constants[name] = value
        return ast.copy_location(load(name), node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        return self.guard(node, "joined", *self.all(parts))

    # operators

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return self.guard(node, type(node.op).__name__, self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not):
            return ast.copy_location(ast.UnaryOp(node.op, self.truth(node.operand)), node)
        if isinstance(node.operand, ast.Constant) and type(node.operand.value) is int and isinstance(node.op, ast.USub):
            return ast.copy_location(ast.Constant(-node.operand.value), node)
        return self.guard(node, type(node.op).__name__, self.visit(node.operand))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        return ast.copy_location(ast.BoolOp(node.op, [self.truth(value) for value in node.values]), node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        return ast.copy_location(ast.IfExp(self.truth(node.test), self.visit(node.body), self.visit(node.orelse)), node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        # the middle of a chain is used twice, and rewriting changes some nodes in place: the second use gets its own
        lefts = [node.left, *(deepcopy(middle) for middle in node.comparators[:-1])]
        pairs = zip(lefts, node.ops, node.comparators, strict=True)
        tests = [self.compare(node, left, operator, right) for left, operator, right in pairs]
        return tests[0] if len(tests) == 1 else ast.copy_location(ast.BoolOp(ast.And(), tests), node)

    def compare(self, node: ast.Compare, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
        if isinstance(operator, ast.Is | ast.IsNot):
            return ast.copy_location(ast.Compare(self.visit(left), [operator], [ast.Constant(None)]), node)
        return self.guard(node, type(operator).__name__, self.visit(left), self.visit(right))

    # reads

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        name = ast.copy_location(ast.Constant(node.attr), node)
        if isinstance(node.ctx, ast.Store):
            return self.slot(node, self.visit(node.value), name)
        return self.guard(node, "attribute", self.visit(node.value), name)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        value = self.visit(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [ast.Constant(None) if bound is None else self.visit(bound) for bound in (node.slice.lower, node.slice.upper)]
            return self.guard(node, "part", value, *bounds)
        place = self.visit(node.slice)
        return self.slot(node, value, place) if isinstance(node.ctx, ast.Store) else self.guard(node, "item", value, place)

    def slot(self, node: ast.AST, value: ast.expr, place: ast.expr) -> ast.expr:
        self.changes = True
        return ast.copy_location(ast.Subscript(self.guard(node, "slot", value), place, ast.Store()), node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        items = self.all(node.elts)
        return ast.copy_location(ast.List(items, node.ctx) if isinstance(node.ctx, ast.Load) else ast.Tuple(items, node.ctx), node)

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        pairs: list[ast.expr] = [
            ast.Tuple([self.visit(key), self.visit(value)], ast.Load())
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        ]
        return self.guard(node, "mapping", ast.List(pairs, ast.Load()))

    # calls

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute):
            self.changes = self.changes or node.func.attr in CHANGING
            return self.guard(node, "call", self.visit(node.func.value), ast.Constant(node.func.attr), *self.all(node.args))
        if not isinstance(node.func, ast.Name):
            raise InvalidExpression([])
        if node.func.id in (CONVERTS, STRICT) and len(node.args) == 1:
            return self.inside(node)
        lenient, self.lenient = self.lenient, self.converts and node.func.id == "empty"
        arguments = self.all(node.args)
        self.lenient = lenient
        keywords = [ast.keyword(keyword.arg, self.visit(keyword.value)) for keyword in node.keywords]
        return ast.copy_location(ast.Call(load(f"_f_{node.func.id}"), [load(SCOPE), *arguments], keywords), node)

    def inside(self, node: ast.Call) -> ast.expr:
        """Return the argument of a call that says how operators work inside of it."""
        before, self.converts = self.converts, isinstance(node.func, ast.Name) and node.func.id == CONVERTS
        found: ast.expr = self.visit(node.args[0])
        self.converts = before
        return found

    # loops

    def visit_ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> ast.expr:
        outer = set(self.bound)
        generators = self.generators(node, node.generators)
        result = ast.copy_location(ast.ListComp(self.visit(node.elt), generators), node)
        self.bound = outer
        return result

    visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        outer = set(self.bound)
        generators = self.generators(node, node.generators)
        pair = ast.Tuple([self.visit(node.key), self.visit(node.value)], ast.Load())
        self.bound = outer
        return self.guard(node, "mapping", ast.ListComp(pair, generators))

    def generators(self, node: ast.AST, generators: list[ast.comprehension]) -> list[ast.comprehension]:
        weight, rewritten = size(node), []
        for generator in generators:
            values = self.guard(node, "each", self.visit(generator.iter), ast.Constant(weight))
            self.bound |= {part.id for part in ast.walk(generator.target) if isinstance(part, ast.Name)}
            rewritten.append(ast.comprehension(self.visit(generator.target), values, self.all(generator.ifs), 0))
        return rewritten

    def visit_For(self, node: ast.For) -> ast.stmt:
        values = self.guard(node.iter, "each", self.visit(node.iter), ast.Constant(size(node)))
        before = set(self.known)
        target = self.visit(node.target)
        body = [self.visit(statement) for statement in node.body]
        self.known = before
        return ast.copy_location(ast.For(target, values, body, []), node)

    def visit_If(self, node: ast.If) -> ast.stmt:
        test = self.visit(node.test)
        before = set(self.known)
        body = [self.visit(statement) for statement in node.body]
        after, self.known = self.known, before
        orelse = [self.visit(statement) for statement in node.orelse]
        self.known &= after
        return ast.copy_location(ast.If(test, body, orelse), node)

    # assignments

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        value = self.visit(node.value)
        return ast.copy_location(ast.Assign(self.all(node.targets), value), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        old = self.visit(deepcopy(as_read(node.target)))
        value = self.guard(node, type(node.op).__name__, old, self.visit(node.value))
        return ast.copy_location(ast.Assign([self.visit(node.target)], value), node)


def is_boolean(node: ast.expr) -> bool:
    """Say whether an expression can only give a boolean where operators convert."""
    if isinstance(node, ast.Constant | ast.Name):
        return (isinstance(node, ast.Constant) and type(node.value) is bool) or (
            isinstance(node, ast.Name) and node.id in ("true", "false")
        )
    is_empty = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "empty"
    return isinstance(node, ast.Compare | ast.BoolOp | Held) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)) or is_empty


def as_read(target: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    """Return the same place as something to read."""
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
