"""A case run again from its record alone: the same commands at the same times with the same answers must take the same way.

Everything a step led to is compared with what was recorded: the way, every variable with old and new, the operations asked, tasks, jobs, timers, incidents
and the end. Nothing outside the record is read except the drawing and the decision tables it names by hash.
"""

from engine.reexecution.answers import Pinned
from engine.reexecution.rerun import Outcome, rerun

__all__ = ["Outcome", "Pinned", "rerun"]
