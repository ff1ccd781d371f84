"""The one place that moves an instance: lock, advance, then write tasks, history, jobs, timers and snapshot in one statement.

`begin` starts an instance, `lock` takes one up; both return a `Step`, on which the rooms above give their command and then `write` it.
"""

from engine.step.move import Step, begin, lock, lock_task, peek

__all__ = ["Step", "begin", "lock", "lock_task", "peek"]
