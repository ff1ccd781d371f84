"""The ways in which real office systems fail, as switches."""

from api.simulators.ledger import Ledger

#: counters: how many of the next are hit. `slow` and `skew` are seconds, until set to 0; `revoke` happens at once
FAULTS = {
    "fail": "the next N answers are 500, and nothing is done",
    "html": "the next N answers are an HTML login page with 200, and nothing is done",
    "busy": "the next N answers are the vendor's rate limit, and nothing is done",
    "unauthorized": "the next N answers are the vendor's missing permission, and nothing is done",
    "lose": "the next N are done, and the answer is lost",
    "loseBefore": "the next N are lost on the way, and nothing is done",
    "slow": "seconds before each answer, after it is done",
    "revoke": "all tokens become invalid now",
    "partial": "the next N calls for many fail for their first item, and say success of the whole",
    "duplicate": "the next N callbacks are sent twice",
    "outOfOrder": "the next N callbacks are sent after the one that follows them",
    "early": "the next N calls that make a to-do are answered after its assignee has pressed the first button",
    "skew": "seconds by which the time in callbacks is wrong",
}
#: the greatest value of a switch; every other one ends at 100,000
MOST = {"slow": 120.0}


class Faults:
    """Safe for threads: a counter is counted down once per hit."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def value(self, name: str) -> float:
        return float(self._ledger.get("fault", name) or 0)

    def use(self, name: str) -> bool:
        """Say whether a fault is due, and count it down."""
        with self._ledger.turn():
            left = self.value(name)
            if left >= 1:
                self._ledger.put("fault", name, left - 1)
            return left >= 1

    def set(self, values: dict[str, float]) -> None:
        with self._ledger.turn():
            for name, value in values.items():
                self._ledger.put("fault", name, value)

    def shown(self) -> dict[str, dict[str, float | str]]:
        return {name: {"value": self.value(name), "meaning": meaning} for name, meaning in FAULTS.items()}


def is_setting(body: object) -> bool:
    """Say whether a body sets faults that exist to values that they can have."""
    return isinstance(body, dict) and all(_fits(name, value) for name, value in body.items())


def _fits(name: object, value: object) -> bool:
    if name not in FAULTS or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    most = MOST.get(str(name), 100_000.0)
    return (-most if name == "skew" else 0) <= value <= most
