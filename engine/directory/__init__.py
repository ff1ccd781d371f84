"""The organisation as an office system knows it: fetched by a worker, compared with ours, and ours brought to it; who left is never deleted."""

from engine.directory.applying import Applied, apply, disable
from engine.directory.comparing import Differences, compare
from engine.directory.fetching import fail, is_wanted, keep, take, want, want_nightly
from engine.directory.leavers import Leaver, leavers

__all__ = [
    "Applied", "Differences", "Leaver", "apply", "compare", "disable", "fail", "is_wanted", "keep", "leavers", "take", "want", "want_nightly",
]  # fmt: skip
