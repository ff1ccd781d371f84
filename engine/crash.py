"""Named points at which a test can kill a process, to show what survives.

`SHENPI_CRASH_AT=push:sent` kills this process with SIGKILL when it passes that point, or one of several that are joined by commas; in the folder named by
`SHENPI_CRASH_ONCE` a file with the name of the point is made first, so that the process that takes over passes. Without these, a point costs one look-up.
"""

import os
import signal
from pathlib import Path

_AT = frozenset(os.environ.get("SHENPI_CRASH_AT", "").split(","))
_ONCE = os.environ.get("SHENPI_CRASH_ONCE", "")

POINTS = (
    "commit:before", "commit:after", "call:taken", "call:answered", "call:recorded", "push:taken", "push:sent", "push:recorded", "inbox:applied",
    "timer:fired", "callback:stored", "package:written",
)  # fmt: skip


def point(name: str) -> None:
    """Die here, without any clean-up, if a test asked for it."""
    if name in _AT:
        try:
            (Path(_ONCE) / name).touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
