"""What people see of cards in WeCom, and what it tells the product when they press."""

from typing import Any

import httpx

from api.simulators.desk import Card, Desk, Outgoing, Unable
from api.simulators.limits import Limits
from api.simulators.people import Person
from api.simulators.simulator import Simulator
from api.simulators.wecom import callbacks, cards
from api.simulators.wecom.messages import new_code


class WeComDesk(Desk):
    """A card keeps its buttons until the product updates it, whatever was pressed. A press carries no reason: cards have no field for one."""

    title = "企业微信"
    buttons = True

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.members = Limits(sim.clock, 0, sim.config.member_per_minute)

    def cards(self, person: str | None = None) -> list[Card]:
        return [cards.shown(self.sim, each) for each in self.sim.ledger.find("task", person=person)]

    def card(self, task: str) -> Card | None:
        kept = self.sim.ledger.get("task", task)
        return cards.shown(self.sim, kept) if kept else None

    def instances(self) -> list[dict[str, Any]]:
        """Return the messages: WeCom knows no cases."""
        found = self.sim.ledger.find("message")
        return [
            {"instance": each["msgid"], "title": each["sent"]["msgtype"], "status": "sent", "to": each["to"], "sent": each["sent"]}
            for each in found
        ]

    def press(self, card: Card, person: Person, action: str, reason: str) -> Outgoing:
        """Return the `template_card_event`. Each press brings a new code with which the card can be updated once."""
        if action not in [each["key"] for each in card.actions]:
            raise Unable(f"this card has no button {action}", 400)
        fields = {"FromUserName": person.userId, "Event": "template_card_event", "EventKey": action, "TaskId": card.instance}
        code = new_code(card.instance)
        return callbacks.sealed(self.sim, {**fields, "CardType": cards.BUTTONS, "ResponseCode": code, "AgentId": self.sim.config.agent_id})

    def event(self, kind: str, facts: dict[str, Any]) -> Outgoing:
        return callbacks.event(self.sim, kind, facts)

    def judge(self, sent: Outgoing, answer: httpx.Response) -> tuple[bool, str]:
        return callbacks.judge(sent, answer)
