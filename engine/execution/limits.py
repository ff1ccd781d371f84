"""How much one step may do, in counts and bytes, so that a case replays the same on every machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Exceeding one is an incident on the element where it happened; nothing is cut off silently."""

    elements: int = 20_000  #: elements one step may pass; more is an endless loop in the drawing
    instances: int = 5_000  #: of one multi-instance activity
    depth: int = 20  #: called processes inside one another
    steps: int = 2_000_000  #: of scripts and expressions, in pieces of syntax executed and elements looked at
    tokens: int = 20_000  #: at once in one case
    value: int = 2_000_000  #: bytes of one variable
    variables: int = 10_000_000  #: bytes of all variables of a case


DEFAULT = Limits()
