"""What people see in DingTalk: tasks of the process centre and to-dos; and what the gateway tells the product when they press."""

import json
from typing import Any

import httpx

from api.simulators.desk import Card, Desk, Outgoing, Unable
from api.simulators.dingtalk import events, todo
from api.simulators.dingtalk.features import has_buttons
from api.simulators.dingtalk.stream import Stream
from api.simulators.people import Person
from api.simulators.simulator import Simulator

SHOWN_FORM = 3
BUTTONS = ({"key": "agree", "label": "同意"}, {"key": "refuse", "label": "拒绝"})


class DingTalkDesk(Desk):
    """A card stays until the product ends its task, whatever was pressed."""

    title = "钉钉"
    buttons = True

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.stream = Stream()

    def cards(self, person: str | None = None) -> list[Card]:
        instances: dict[str, Any] = {}
        found = []
        for task in self.sim.ledger.find("task", person=person):
            if task["instance"] not in instances:
                instances[task["instance"]] = self.sim.ledger.get("instance", task["instance"])
            found.append(self._task_card(task, instances[task["instance"]]))
        for each in self.sim.ledger.find("todo"):
            found += [card for card in self._todo_cards(each) if person in (None, card.person)]
        return found

    def card(self, task: str) -> Card | None:
        kept = self.sim.ledger.get("task", task)
        if kept:
            return self._task_card(kept, self.sim.ledger.get("instance", kept["instance"]))
        found = self.sim.ledger.get("todo", task.partition(":")[0])
        return next((each for each in self._todo_cards(found) if each.id == task), None) if found else None

    def _task_card(self, kept: dict[str, Any], instance: Any) -> Card:
        sent = instance["sent"]
        schema = self.sim.ledger.get("schema", sent["processCode"]) or {"features": [], "name": ""}
        buttons = has_buttons(kept["features"], instance["features"], schema["features"])
        form = [(each.get("name") or "", each.get("value") or "") for each in sent.get("formComponentValueList") or []]
        return Card(
            id=kept["key"],
            instance=kept["instance"],
            title=sent.get("title") or schema["name"],
            person=kept["person"],
            status=kept["status"],
            open=kept["status"] == "RUNNING",
            url=kept["sent"].get("url") or sent["url"],
            node=kept["node"],
            actions=BUTTONS if buttons else (),
            form=tuple(form[:SHOWN_FORM]),
            how=tuple(kept["how"]),
        )

    def _todo_cards(self, kept: dict[str, Any]) -> list[Card]:
        sent = kept["sent"]
        urls = sent.get("detailUrl") or {}
        form = [(each.get("fieldKey") or "", each.get("fieldValue") or "") for each in sent.get("contentFieldList") or []]
        return [
            Card(
                id=todo.card_id(kept["key"], union_id, kept["executors"]),
                instance=kept["sourceId"] or kept["key"],
                title=sent["subject"],
                person=person.userId,
                status="DONE" if done or kept["done"] else "RUNNING",
                open=not (done or kept["done"]),
                url=urls.get("appUrl") or urls.get("pcUrl") or "",
                form=tuple(form),
                how=tuple(kept["how"]),
            )
            for union_id, done in kept["executors"].items()
            if (person := self.sim.people.any(union_id))
        ]

    def instances(self) -> list[dict[str, Any]]:
        kept = self.sim.ledger.find("instance")
        return [
            {"instance": each["key"], "title": each["sent"].get("title", "")}
            | {name: each[name] for name in ("status", "result", "how", "sent")}
            | {"copies": [copy["userid"] for copy in each["sent"].get("notifiers") or []]}
            for each in kept
        ]

    def close(self, instance: str, why: str, nodes: set[str] | None = None) -> None:
        """Cancel what is open of an instance, at these nodes or at all."""
        for task in self.sim.ledger.find("task", parent=instance):
            if task["status"] == "RUNNING" and (nodes is None or task["node"] in nodes):
                body = {
                    **task,
                    "status": "CANCELED",
                    "finished": self.sim.clock.ms(),
                    "how": [*task["how"], f"{self.sim.clock.text()} {why}"],
                }
                self.sim.ledger.put("task", task["key"], body, parent=instance, person=task["person"], status="CANCELED")

    def press(self, card: Card, person: Person, action: str, reason: str) -> Outgoing:
        """Return what the gateway sends (三方流程与页面对接). It is not signed, and comes once."""
        if action not in [each["key"] for each in card.actions]:
            raise Unable("this card opens our page: it has no button" if not card.actions else f"this card has no button {action}", 400)
        if not self.sim.config.gateway_url:
            raise Unable("no gateway_url is configured")
        task = self.sim.ledger.known("task", card.id)
        body = {
            **{"outResult": action, "processInstanceId": card.instance, "activityId": card.node, "corpId": self.sim.config.corp_id},
            **{"taskId": int(card.id), "title": card.title, "remark": reason, "operator": person.userId},
            "data": [{"name": label, "value": value} for label, value in card.form],
        }
        if self.sim.config.gateway_custom_data:
            body["customData"] = task["sent"].get("customData") or ""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return Outgoing(self.sim.config.gateway_url, json.dumps(body, ensure_ascii=False), headers, timeout=5.0)

    def event(self, kind: str, facts: dict[str, Any]) -> Outgoing:
        return events.event(self.sim, kind, facts)

    def carry(self, call: Outgoing) -> tuple[int | None, bool, str]:
        return self.stream.carry(call)

    def judge(self, sent: Outgoing, answer: httpx.Response) -> tuple[bool, str]:
        if sent.facts.get("event"):
            return events.judge(self.sim, answer)
        try:
            found = answer.json()
        except ValueError:
            found = {}
        said = found if isinstance(found, dict) else {}
        words = (said[name] for name in ("message", "errorMsg", "errmsg", "detail", "title") if isinstance(said.get(name), str))
        return answer.is_success, next(words, "已提交。 Sent." if answer.is_success else f"HTTP {answer.status_code}")[:500]
