"""From text to a checked tree, and from Python's errors while running to ours."""

import ast
from types import TracebackType

import psycopg
from sqlalchemy.exc import DBAPIError

from engine.errors import BudgetExceeded, Fault, InvalidExpression, ShenpiError
from engine.language.compiled import FILE
from engine.language.lexer import refuse
from engine.language.values import failure

LENGTH = {"eval": 4_000, "exec": 20_000}
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError)


def measure(text: str, mode: str) -> None:
    """Refuse with `InvalidExpression` a text that is too long to be looked at."""
    if len(text) > LENGTH[mode]:
        raise refuse(1, f"内容超过 {LENGTH[mode]} 个字符", f"it is longer than {LENGTH[mode]} characters", code="too-long")


def parse(source: str, mode: str) -> ast.AST:
    """Return the tree of a text in Python's syntax, or refuse with `InvalidExpression` at its line."""
    try:
        return ast.parse(source, FILE, mode)
    except UNREADABLE as error:
        line = min(getattr(error, "lineno", None) or 1, source.rstrip(")\n").count("\n") + 1)
        fault = Fault("syntax", "语法错误", f"syntax error: {str(getattr(error, 'msg', error))[:120]}", line=line)
        raise InvalidExpression([fault]) from error
    except Warning as error:
        raise refuse(1, "写法含糊", "it is written ambiguously", found=str(error)[:120]) from error


def translated(error: Exception) -> Exception:
    """Return our error for whatever went wrong while a text was running, with the line of the text in its facts.

    A database that was lost while a function of ours asked it is no fault of the text: its error stays what it is, for the transaction to tell.
    """
    if isinstance(error, DBAPIError | psycopg.Error):
        return error
    line = line_of(error.__traceback__)
    if isinstance(error, ShenpiError):
        error.facts.setdefault("line", line)
        return error
    if isinstance(error, RecursionError | MemoryError):
        return BudgetExceeded(element="", reason="数据嵌套过深 / data is nested too deeply", limit="depth", line=line)
    if isinstance(error, ZeroDivisionError):
        return failure("除数为零", "division by zero", line=line)
    if isinstance(error, ArithmeticError):
        return failure("数值超出可计算的范围", "a number is out of range", line=line)
    return failure("数据类型不符", f"the values do not fit: {str(error)[:200]}", line=line)


def line_of(trace: TracebackType | None) -> int:
    """Return the innermost line of the text that was running."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
