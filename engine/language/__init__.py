"""The one small language of drawings, decision tables and forms: expressions, scripts and templates.

All three are one allow-listed subset of Python's syntax. `lexer` and `juel` read the text, `subset` refuses what is outside, `rewrite` replaces
operators, calls and reads by guarded ones (`guards`, `functions`, `methods`) and compiles the rest once. Nothing a text says can reach an
import, an attribute, a clock or a builtin of Python: the compiled code sees only the guards and the variables it was given.
"""

from engine.language.budget import Budget
from engine.language.expression import Expression, compile_expression, is_wrapped, python_form, statement_form
from engine.language.script import Script, compile_script
from engine.language.template import Template, as_template, compile_template, python_text

__all__ = [
    "Budget",
    "Expression",
    "Script",
    "Template",
    "as_template",
    "compile_expression",
    "compile_script",
    "compile_template",
    "is_wrapped",
    "python_form",
    "python_text",
    "statement_form",
]
