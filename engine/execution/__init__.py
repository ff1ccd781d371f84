"""The only package that imports SpiffWorkflow: a definition, a saved state and a command in; the new state and what happened out.

The library gives the life of a task (ready, started, completed, cancelled), task specifications and the workflow that ties them together. What it does
wrongly, silently or slowly is ours, in subclasses: the meaning of each element (`nodes` and the files beside it), a tree of scopes instead of a tree of
history (`token`), one loop with a budget (`workflow`), variables in scopes (`memory`), timers on recorded time, and a codec without specification or script
text (`state`).
"""

from engine.execution.done import Call, OpenTask, Result, WaitingTimer
from engine.execution.limits import Limits
from engine.execution.operations import Operations
from engine.execution.program import Program, load_program
from engine.execution.run import Execution
from engine.execution.undo import touch

__all__ = ["Call", "Execution", "Limits", "OpenTask", "Operations", "Program", "Result", "WaitingTimer", "load_program", "touch"]
