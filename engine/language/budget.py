"""How much work and memory a run may use. A limit in counts, not in seconds, so that a case replays the same on every machine."""

from engine.errors import BudgetExceeded

STEPS = 2_000_000
SIZE = 1_000_000


class Budget:
    """What is left to spend. One budget may be shared by several runs, for instance by all scripts of one engine step.

    `steps` counts pieces of syntax executed and elements looked at, `size` counts characters and elements made. Both only ever go down.
    Carrying values in and out of a run costs steps; how much one run may carry is limited by itself (`room` in `values.copy`).
    """

    __slots__ = ("size", "steps")

    def __init__(self, steps: int = STEPS, size: int = SIZE) -> None:
        self.steps = steps
        self.size = size

    def spend(self, steps: int) -> None:
        """Take steps; refuses with `BudgetExceeded` when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExceeded(element="", reason="运行步数超限 / too many steps", limit="steps")

    def grow(self, size: int) -> None:
        """Take room for characters or elements that are about to be made; refuses with `BudgetExceeded` before they are."""
        self.size -= size
        if self.size < 0:
            raise BudgetExceeded(element="", reason="数据量超限 / too much data", limit="size")
