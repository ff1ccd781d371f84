"""The desk of an office system that only stores what is pushed to it: it has no button and calls nobody."""

from collections.abc import Callable
from typing import Any

import httpx

from api.simulators.desk import Card, Desk, Outgoing, Unable
from api.simulators.people import Person
from api.simulators.simulator import Simulator


class PushedDesk(Desk):
    """Shows the entries of kind `task`; `make_card` says how each vendor's looks."""

    buttons = False

    def __init__(self, sim: Simulator, title: str, make_card: Callable[[Simulator, dict[str, Any]], Card]) -> None:
        self.sim, self.title, self._make_card = sim, title, make_card

    def cards(self, person: str | None = None) -> list[Card]:
        return [self._make_card(self.sim, each) for each in self.sim.ledger.find("task", person=person)]

    def card(self, task: str) -> Card | None:
        kept = self.sim.ledger.get("task", task)
        return self._make_card(self.sim, kept) if kept else None

    def instances(self) -> list[dict[str, Any]]:
        """Return the cases, as far as such a system knows of them: by what its entries say they belong to."""
        found: dict[str, dict[str, Any]] = {}
        for card in self.cards():
            each = found.setdefault(card.instance, {"instance": card.instance, "title": card.title, "tasks": [], "status": "closed"})
            each["tasks"].append(card.id)
            each["status"] = "open" if card.open else each["status"]
        return list(found.values())

    def press(self, card: Card, person: Person, action: str, reason: str) -> Outgoing:
        raise Unable(f"{self.title} has no buttons: a to-do opens our page", 405)

    def event(self, kind: str, facts: dict[str, Any]) -> Outgoing:
        raise Unable(f"{self.title} calls nobody", 405)

    def judge(self, sent: Outgoing, answer: httpx.Response) -> tuple[bool, str]:
        return answer.is_success, answer.text[:500]
