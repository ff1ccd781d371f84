"""The only package that imports SpiffWorkflow: a definition, a saved state and a command in; the new state and what happened out.

The library as shipped fires joins early in a second round of rework, loses variables at joins, stops silently at a depth of 1000 and walks the
whole history for each step. What is ours instead: an index of unfinished tasks, a step loop with a budget, joins that use up their arrivals, one map of
variables per instance, timers on the recorded time, a codec without specification or script text, and pruning of what is finished.
"""

from engine.execution.program import Program, load_program
from engine.execution.run import Call, Execution, OpenTask, Operations, WaitingTimer

__all__ = ["Call", "Execution", "OpenTask", "Operations", "Program", "WaitingTimer", "load_program"]
