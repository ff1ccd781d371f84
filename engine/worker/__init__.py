"""What each kind of job does, and the loop that does them. Any number of workers on any number of machines share one PostgreSQL.

A job is one or more short transactions with calls to the outside between them, never inside. A job whose worker was killed is put back by the others after
its heartbeat stopped; it starts from the beginning with the same key.
"""

from engine.worker.calls import bring_answer, call
from engine.worker.cases import begin, deliver, fire, hear, look, suspend_cases, tell
from engine.worker.loop import Worker
from engine.worker.offices import alert, apply_message, check, compare, look_at_directory
from engine.worker.pushing import catch_up, keep_pushing, push, renew, resend, send
from engine.worker.tasks import TASKS

__all__ = [
    "TASKS",
    "Worker",
    "alert",
    "apply_message",
    "begin",
    "bring_answer",
    "call",
    "catch_up",
    "check",
    "compare",
    "deliver",
    "fire",
    "hear",
    "keep_pushing",
    "look",
    "look_at_directory",
    "push",
    "renew",
    "resend",
    "send",
    "suspend_cases",
    "tell",
]
