"""What of Python's syntax is allowed. Everything is refused that is not named here; all faults of a text are collected."""

import ast
from collections.abc import Iterator

from engine.errors import Fault, InvalidExpression
from engine.language.context import KNOWN, is_execution
from engine.language.functions import FUNCTIONS
from engine.language.java import METHODS
from engine.language.lexer import fault
from engine.language.methods import CHANGING
from engine.language.values import INTEGER_BITS

EXPRESSION: tuple[type[ast.AST], ...] = (
    ast.Expression,
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot),
    *(ast.Name, ast.Load, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Call, ast.keyword, ast.IfExp),
    *(ast.List, ast.Tuple, ast.Dict, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue),
)
STATEMENTS: tuple[type[ast.AST], ...] = (
    ast.Module,
    *(ast.Assign, ast.AugAssign, ast.If, ast.For, ast.Break, ast.Continue, ast.Pass, ast.Expr),
)
#: constants by their name in JUEL; a script cannot assign to them
WORDS = {"null": None, "true": True, "false": False}
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
#: every name a method has here, of whatever type
METHOD_NAMES = frozenset(name for methods in METHODS.values() for name in methods)
DEPTH = 80
NODES = {"expression": 500, "script": 5_000}

SAID = {
    ast.While: ("while 循环", "a while loop"),
    ast.FunctionDef: ("函数定义", "a function definition"),
    ast.Lambda: ("lambda", "a lambda"),
    ast.Try: ("try", "a try"),
    ast.Import: ("import", "an import"),
    ast.ImportFrom: ("import", "an import"),
    ast.With: ("with", "a with"),
    ast.ClassDef: ("类定义", "a class definition"),
    ast.Delete: ("del", "a del"),
    ast.Global: ("global", "a global"),
    ast.NamedExpr: (":= 赋值", "an assignment by :="),
    ast.Pow: ("乘方 **", "the power operator **"),
    ast.Starred: ("星号展开", "unpacking by *"),
    ast.Set: ("集合", "a set"),
    ast.LShift: ("移位", "a shift"),
    ast.RShift: ("移位", "a shift"),
    ast.Return: ("return", "a return"),
}


def check(tree: ast.AST, what: str, margin: int | None = 0) -> None:
    """Refuse with `InvalidExpression`, listing every fault, a tree that is not wholly inside the subset of an expression or script.

    `margin` is how many columns the first line was moved to the right before it was parsed, None if columns say nothing any more.
    """
    faults: list[Fault] = []
    nodes = 0
    waiting: list[tuple[ast.AST, ast.AST, int, int, int | None]] = [(tree, tree, 0, 1, None)]
    while waiting:
        node, parent, depth, line, column = waiting.pop()
        line = getattr(node, "lineno", line)
        column = getattr(node, "col_offset", -1) + 1 or column
        nodes += 1
        if depth > DEPTH or nodes > NODES[what]:
            faults.append(fault(line, "内容过长或嵌套过深", "it is too long or nested too deeply"))
            break
        shown = None if margin is None or column is None else column - (margin if line == 1 else 0)
        found = [fault(line, zh, en, column=shown) for zh, en in complaints(node, parent, what)]
        faults += found
        faults += [fault(line, zh, en, column=shown, code="java-not-supported") for zh, en in foreign(node)]
        if not found:
            waiting.extend((child, node, depth + 1, line, column) for child in ast.iter_child_nodes(node))
    if faults:
        raise InvalidExpression(sorted(faults, key=lambda each: each.line or 0))


def complaints(node: ast.AST, parent: ast.AST, what: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with one node, seen by itself and from its parent."""
    allowed = EXPRESSION if what == "expression" else EXPRESSION + STATEMENTS + (ast.Store,)
    if not isinstance(node, allowed) and not (isinstance(node, ast.Store) and isinstance(parent, ast.Name | ast.Tuple)):
        zh, en = SAID.get(type(node), (type(node).__name__, type(node).__name__))
        yield f"不允许使用{zh}", f"{en} is not allowed"
    if isinstance(node, ast.Name | ast.Attribute):
        yield from of_name(node)
    elif isinstance(node, ast.Constant):
        yield from of_constant(node)
    elif isinstance(node, ast.Call):
        yield from of_call(node, what)
    elif isinstance(node, ast.Compare):
        yield from of_compare(node)
    elif isinstance(node, ast.stmt):
        yield from of_statement(node)
    else:
        yield from of_rest(node, parent)


def of_name(node: ast.Name | ast.Attribute) -> Iterator[tuple[str, str]]:
    name = node.id if isinstance(node, ast.Name) else node.attr
    if name.startswith("_"):
        yield f"名称不能以下划线开头：{name}", f"a name must not begin with an underscore: {name}"
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and name in WORDS:
        yield f"不能给 {name} 赋值", f"{name} cannot be assigned to"


def of_constant(node: ast.Constant) -> Iterator[tuple[str, str]]:
    if not isinstance(node.value, str | int | float | bool | None):
        yield "不支持的常量类型", "a constant of this type is not allowed"
    elif isinstance(node.value, int) and node.value.bit_length() > INTEGER_BITS:
        yield "整数过大", "the integer is too large"
    if node.kind == "u":
        yield "不支持 u 前缀", "the prefix u is not allowed"


def foreign(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what only Java could do: a method that no type has here, a bean that is handed the execution, and the rest of the execution."""
    if isinstance(node, ast.Attribute) and is_execution(node.value) and node.attr not in KNOWN:
        yield f"execution.{node.attr} 不能在此使用", f"execution.{node.attr} is not known here"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not is_execution(node.func.value):
        if node.func.attr not in METHOD_NAMES:
            yield (
                f"没有方法 {node.func.attr}，Java 对象不能在此调用",
                f"there is no method {node.func.attr}: no Java object can be called here",
            )
        elif any(is_execution(argument) for argument in node.args):
            yield "Java 对象不能在此调用", f"no Java object can be called here: .{node.func.attr} is handed the execution"


def of_call(node: ast.Call, what: str) -> Iterator[tuple[str, str]]:
    if isinstance(node.func, ast.Attribute):
        if node.keywords:
            yield "方法不接受命名参数", "a method takes no named arguments"
        if what == "expression" and node.func.attr in CHANGING:
            yield f"表达式不能修改数据：.{node.func.attr}", f"an expression changes nothing: .{node.func.attr}"
        return
    if not isinstance(node.func, ast.Name):
        yield "只能按名称调用函数", "a function can only be called by its name"
        return
    function = FUNCTIONS.get(node.func.id)
    if function is None:
        yield f"没有函数 {node.func.id}", f"there is no function {node.func.id}"
        return
    if not function.least <= len(node.args) <= function.most:
        yield f"{node.func.id} 的参数个数不对", f"{node.func.id} has the wrong number of arguments"
    for keyword in node.keywords:
        if keyword.arg not in function.keywords:
            yield f"{node.func.id} 没有参数 {keyword.arg}", f"{node.func.id} takes no argument named {keyword.arg}"


def of_compare(node: ast.Compare) -> Iterator[tuple[str, str]]:
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator, ast.Is | ast.IsNot) and not is_null(right):
            yield "is 只能与 null 比较", "'is' compares with null only"
    if len(node.ops) == 1:
        return
    if not all(isinstance(operator, ORDERS) for operator in node.ops):
        # JUEL reads `a == b == c` as `(a == b) == c`, Python as `a == b and b == c`: nobody should have to know which
        yield "请用括号或 and 分开连续比较", "separate the comparisons by brackets or 'and'"
    if any(isinstance(part, ast.Call) for middle in node.comparators[:-1] for part in ast.walk(middle)):
        yield "连续比较的中间不能调用函数", "no call in the middle of a chain of comparisons"


def is_null(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (isinstance(node, ast.Name) and node.id == "null")


def of_statement(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.For) and node.orelse:
        yield "for 不能带 else", "a for has no else"
    elif isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call):
        yield "该语句没有作用", "the statement has no effect"
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from of_target(target)
    elif isinstance(node, ast.AugAssign):
        yield from of_target(node.target)
        if any(isinstance(part, ast.Call) for part in ast.walk(node.target)):
            yield "该赋值的左侧不能调用函数", "no call on the left of this assignment"
    if isinstance(node, ast.For):
        yield from of_target(node.target)


def of_target(node: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Tuple):
        for each in node.elts:
            yield from of_target(each)
    elif isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Slice):
            yield "不能给切片赋值", "a slice cannot be assigned to"
    elif not isinstance(node, ast.Name | ast.Attribute):
        yield "不能给它赋值", "this cannot be assigned to"


def of_rest(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, str]]:
    if (isinstance(node, ast.keyword) and node.arg is None) or (isinstance(node, ast.Dict) and None in node.keys):
        yield "不允许使用 ** 展开", "unpacking by ** is not allowed"
    elif isinstance(node, ast.Slice) and (node.step is not None or not isinstance(parent, ast.Subscript)):
        yield "切片不能带步长", "a slice has no step"
    elif isinstance(node, ast.FormattedValue) and (node.format_spec is not None or node.conversion != -1):
        yield "f 文本不能带格式说明", "an f-text has no format specification"
    elif isinstance(node, ast.GeneratorExp) and not (
        isinstance(parent, ast.Call) and parent.args == [node] and isinstance(parent.func, ast.Name)
    ):
        yield "不允许使用生成器", "a generator is not allowed here"
    elif isinstance(node, ast.comprehension):
        if node.is_async:
            yield "不允许使用 async", "async is not allowed"
        if not all(isinstance(part, ast.Name | ast.Tuple | ast.Store) for part in ast.walk(node.target)):
            yield "推导式只能给名称赋值", "a comprehension assigns to names only"
