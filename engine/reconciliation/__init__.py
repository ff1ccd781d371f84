"""Office systems compared with us: what is missing here, missing there, or different is listed, and mended or passed over with a reason.

The engine is the truth about tasks. A difference that was mended is pushed again; the next look finds it gone.
"""

from engine.reconciliation.comparing import compare_case
from engine.reconciliation.resolving import ignore, mend
from engine.reconciliation.rounds import due, enqueue_due

__all__ = ["compare_case", "due", "enqueue_due", "ignore", "mend"]
