"""Decision tables of DMN 1.1 to 1.3: read from XML, checked cell by cell, evaluated with decimals and dates.

`reader` makes a `Decision` of each table or lists every fault; `cells` understands input entries, `kinds` the types of columns, `table` which rules
match and what comes of them. Only decision tables: no literal expressions, no required decisions, no business knowledge models.
"""

from engine.dmn.mapping import SPREAD, map_result
from engine.dmn.reader import read
from engine.dmn.table import Decision, Input, Output, Rule, Verdict

__all__ = ["SPREAD", "Decision", "Input", "Output", "Rule", "Verdict", "map_result", "read"]
