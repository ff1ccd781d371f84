"""What the simulated office system tells the product: that somebody pressed a button."""

import json
import threading
import uuid
from typing import Any

import httpx

from api.simulators.oa.signature import signed_headers
from api.simulators.oa.store import Store, now

UNREACHABLE = "无法连接审批系统，稍后可重新发送。 The approval system cannot be reached; send again later."
HELD = "已记录，稍后送达（模拟乱序）。 Recorded, to be delivered out of order."


class Callbacks:
    """Sends presses, at once or in the wrong order, once or twice, as the faults say."""

    def __init__(self, store: Store, secret: str, url: str) -> None:
        self.store = store
        self.secret = secret
        self.url = url
        self._http = httpx.Client(timeout=httpx.Timeout(10.0, connect=3.0), trust_env=False, verify=url.startswith("https:"))
        self._held: list[int] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        self._http.close()

    def press(self, person: str, task: dict[str, Any], outcome: str, comment: str) -> int:
        """Record a press and send it; return its number."""
        event_id = f"evt-{uuid.uuid4()}"
        body = {
            "eventId": event_id,
            "kind": "task.action",
            "taskKey": task["taskKey"],
            "nonce": task["nonce"],
            "outcome": outcome,
            "comment": comment,
            "actor": person,
            "occurredAt": now(),
        }
        number = self.store.note_press(event_id, task["taskKey"], person, json.dumps(body, ensure_ascii=False).encode())
        if self.store.use_fault("outOfOrder"):
            with self._lock:
                self._held.append(number)
            self.store.note_answer(number, None, HELD)
            return number
        self.send(number)
        if self.store.use_fault("duplicate"):
            self.send(number)
        with self._lock:
            held, self._held = self._held, []
        for earlier in reversed(held):
            self.send(earlier)
        return number

    def send(self, number: int) -> None:
        """Send a recorded press, with the same event id and body each time, and keep what the product says to it."""
        press = self.store.press(number)
        if press is None:
            return
        body = bytes(press["body"])
        try:
            answer = self._http.post(self.url, content=body, headers=signed_headers(self.secret, press["event_id"], body))
        except httpx.HTTPError:
            self.store.note_answer(number, None, UNREACHABLE)
            return
        self.store.note_answer(number, answer.status_code, said(answer))


def said(answer: httpx.Response) -> str:
    """Return the sentence for the person in an answer of the product."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        for name in ("message", "detail", "title"):
            if isinstance(found.get(name), str):
                return str(found[name])[:500]
    return "已提交。 Sent." if answer.is_success else f"审批系统答复 HTTP {answer.status_code}。"
