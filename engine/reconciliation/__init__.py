"""Office systems compared with us: what is missing here, missing there, or different is listed, and mended or passed over with a reason.

The engine is the truth about tasks: ours is taken, and the next look finds the difference gone.
"""

from engine.reconciliation.comparing import compare_case
from engine.reconciliation.resolving import Act, ignore, push_again, resolve_many, take_ours
from engine.reconciliation.rounds import ask, due, end, enqueue_due

__all__ = ["Act", "ask", "compare_case", "due", "end", "enqueue_due", "ignore", "push_again", "resolve_many", "take_ours"]
