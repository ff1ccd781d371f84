"""Named points at which a test can kill a process, to show what survives.

`SHENPI_CRASH_AT=push.receipts:before` kills this process with SIGKILL when it passes that point, or one of several joined by commas; in the folder named by
`SHENPI_CRASH_ONCE` a file with the name of the point is made first, so that the process that takes over passes. Without these, a point costs next to nothing.
"""

import os
import signal
from pathlib import Path

_AT = frozenset(filter(None, os.environ.get("SHENPI_CRASH_AT", "").split(",")))
_ONCE = os.environ.get("SHENPI_CRASH_ONCE", "")

#: what is committed, renamed or sent: a process can die just before it and just after it. Beside these, `ask <API>` is every call of a vendor's API, and
#: `desk.intended`, `desk.settled` what a connector writes down between two calls.
ACTS = (
    "invoices.upload", "tasks.complete", "callbacks.receive",
    "call.answer", "push.receipts", "inbox.apply", "timer.fire", "package.rename", "mail.send",
)  # fmt: skip
POINTS = (*(f"{act}{side}" for act in ACTS for side in (":before", ":after")), "call:taken", "call:answered", "push:taken", "push:sent")


def point(name: str, side: str = "") -> None:
    """Die here, without any clean-up, if a test asked for it."""
    if _AT and f"{name}{side}" in _AT:
        try:
            (Path(_ONCE) / f"{name}{side}".replace("/", "_")).touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
