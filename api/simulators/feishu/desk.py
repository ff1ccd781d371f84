"""What people see of Feishu's approval centre, and what it tells the product when they press."""

import json
import secrets
from typing import Any

import httpx

from api.simulators.desk import Card, Desk, Outgoing, Unable
from api.simulators.feishu.cipher import encrypt
from api.simulators.feishu.events import event_body, is_answered, sealed
from api.simulators.feishu.translated import told
from api.simulators.limits import Limits
from api.simulators.people import Person
from api.simulators.simulator import Simulator

SHOWN_FORM = 3
LABELS = {"APPROVE": "同意", "REJECT": "拒绝"}
HIDDEN = ("DELETED", "HIDDEN")


class FeishuDesk(Desk):
    """A task that is PENDING is a to-do, whatever its instance is, unless the instance is hidden: the mirror believes what it was told."""

    title = "飞书"
    buttons = True

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.syncs = Limits(sim.clock, sim.config.same_instance_per_second, 0)

    def cards(self, person: str | None = None) -> list[Card]:
        instances: dict[str, Any] = {}
        found = []
        for task in self.sim.ledger.find("task", person=person):
            if task["instance"] not in instances:
                instances[task["instance"]] = self.sim.ledger.get("instance", task["instance"])
            found.append(self._card(task, instances[task["instance"]]["sent"]))
        return found

    def card(self, task: str) -> Card | None:
        kept = self.sim.ledger.get("task", task)
        instance = self.sim.ledger.get("instance", kept["instance"]) if kept else None
        return self._card(kept, instance["sent"]) if kept and instance else None

    def _card(self, kept: dict[str, Any], instance: dict[str, Any]) -> Card:
        task, texts = kept["sent"], {**instance["texts"], **kept["sent"]["texts"]}
        actions = [
            {
                "key": each["action_type"],
                "label": told(texts, each.get("action_name") or LABELS.get(each["action_type"], each["action_type"])),
            }
            for each in task.get("action_configs") or []
        ]
        form = [(told(texts, each.get("name") or ""), told(texts, each.get("value") or "")) for each in instance.get("form") or []]
        return Card(
            id=kept["key"],
            instance=kept["instance"],
            title=told(texts, task.get("title") or instance.get("title") or self._definition(instance)),
            person=kept["person"],
            status=task["status"],
            open=task["status"] == "PENDING" and instance["status"] not in HIDDEN,
            url=task["links"].get("mobile_link") or task["links"].get("pc_link") or "",
            node=task.get("node_name") or "",
            actions=tuple(actions),
            form=tuple(form[:SHOWN_FORM]),
            how=tuple(kept["how"]),
        )

    def _definition(self, instance: dict[str, Any]) -> str:
        found = self.sim.ledger.get("definition", instance["approval_code"])
        return told(found["texts"], found["approval_name"]) if found else ""

    def instances(self) -> list[dict[str, Any]]:
        found = []
        for each in self.sim.ledger.find("instance"):
            sent = {name: value for name, value in each["sent"].items() if name != "texts"}
            copies = [
                {"id": copy["key"], "person": copy["person"], "status": copy["sent"]["read_status"]}
                for copy in self.sim.ledger.find("cc", parent=each["key"])
            ]
            title = told(each["sent"]["texts"], each["sent"].get("title") or "")
            found.append(
                {"instance": each["key"], "title": title, "status": sent["status"], "how": each["how"], "copies": copies, "sent": sent}
            )
        return found

    def press(self, card: Card, person: Person, action: str, reason: str) -> Outgoing:
        """Return the quick-approve callback (三方快捷审批回调). There is no second try, and nothing but the token says who sends it."""
        instance, task = (self.sim.ledger.known(kind, key)["sent"] for kind, key in (("instance", card.instance), ("task", card.id)))
        config = next((each for each in task.get("action_configs") or [] if each["action_type"] == action), None)
        if config is None:
            raise Unable(f"this card has no button {action}", 400)
        if config.get("is_reason_required") is True and not reason:
            raise Unable("a reason is required", 400)
        external = self.sim.ledger.known("definition", instance["approval_code"])["external"]
        if not external.get("action_callback_url"):
            raise Unable("the definition has no action_callback_url")
        body = {
            **{"action_type": action, "action_context": task.get("action_context") or "", "user_id": person.userId},
            **{"approval_code": instance["approval_code"], "instance_id": card.instance, "task_id": card.id},
            **{"reason": reason, "attachments": [], "token": external.get("action_callback_token") or ""},
        }
        plain = json.dumps(body, ensure_ascii=False)
        key = external.get("action_callback_key")
        sent = json.dumps({"encrypt": encrypt(key, plain.encode())}) if key else plain
        return Outgoing(external["action_callback_url"], sent, {"Content-Type": "application/json; charset=utf-8"}, timeout=10.0)

    def event(self, kind: str, facts: dict[str, Any]) -> Outgoing:
        return sealed(self.sim, event_body(self.sim, kind, facts), secrets.token_hex(8))

    def judge(self, sent: Outgoing, answer: httpx.Response) -> tuple[bool, str]:
        if sent.facts.get("event"):
            return is_answered(sent, answer), answer.text[:500]
        if answer.status_code < 400:
            return True, "已提交。 Sent."
        try:
            found = answer.json()
        except ValueError:
            found = {}
        said = found if isinstance(found, dict) else {}
        message = next(
            (said[name] for name in ("message", "msg", "detail", "title") if isinstance(said.get(name), str)), f"HTTP {answer.status_code}"
        )
        return False, str(message)[:500] if said.get("without_prefix") is True else f"操作失败：{message}"[:500]
