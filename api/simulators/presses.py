"""What the office system tells the product, kept so that the very same can be sent again."""

import ssl
from dataclasses import asdict
from functools import cache
from typing import Any

import httpx

from api.simulators.clock import Clock
from api.simulators.desk import Desk, Outgoing
from api.simulators.faults import Faults
from api.simulators.ledger import Ledger
from api.simulators.redelivery import Redelivery

UNREACHABLE = "无法连接审批系统，稍后可重新发送。 The approval system cannot be reached; send again later."
HELD = "已记录，稍后送达（模拟乱序）。 Recorded, to be delivered out of order."


@cache
def trusted() -> ssl.SSLContext:
    """Return whom a simulator believes on https: read once, for it takes as long as forty calls."""
    return httpx.create_ssl_context(trust_env=False)


class Presses:
    """Sends presses and events: at once or in the wrong order, once or twice, as the faults say."""

    def __init__(self, ledger: Ledger, clock: Clock, faults: Faults, desk: Desk, redelivery: Redelivery) -> None:
        self._ledger, self._clock, self._faults, self._desk, self._redelivery = ledger, clock, faults, desk, redelivery
        self._http = httpx.Client(trust_env=False, follow_redirects=False, verify=trusted())

    def close(self) -> None:
        self._http.close()

    def give(self, call: Outgoing, *, task: str = "", person: str = "", action: str = "") -> int:
        """Record a call to the product and send it; return its number."""
        with self._ledger.turn():
            number = self._ledger.next("press")
            held = self._faults.use("outOfOrder")
            about = {"number": number, "task": task, "person": person, "action": action, "at": self._clock.text()}
            self._keep({**about, "call": asdict(call), "sends": [], "answer": HELD if held else "", "status": None}, held)
        if held:
            return number
        self.send(number)
        if self._faults.use("duplicate"):
            self.send(number)
        for earlier in self._release():
            self.send(earlier)
        return number

    def send(self, number: int) -> None:
        """Send a recorded call, the same each time, and keep what the product says to it."""
        press = self.found(number)
        if press is None:
            return
        call = Outgoing(**{**press["call"], "retries": tuple(press["call"]["retries"])})
        started = self._clock.now()
        status, fine, said = self._post(call)
        with self._ledger.turn():
            press = self.found(number) or press
            press["sends"].append({"at": self._clock.text(), "status": status, "answer": said, "taken": fine})
            press |= {"status": status, "answer": said}
            self._keep(press, held=False)
        tries = sum(1 for each in press["sends"] if not each["taken"])
        if not fine and tries <= len(call.retries):
            self._redelivery.add(started + call.retries[tries - 1], number, self.send)

    def _post(self, call: Outgoing) -> tuple[int | None, bool, str]:
        if call.method == "STREAM":
            return self._desk.carry(call)
        try:
            body = call.body.encode() or None
            answer = self._http.request(call.method, call.url, content=body, headers=call.headers, timeout=call.timeout)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None, False, UNREACHABLE
        fine, said = self._desk.judge(call, answer)
        return answer.status_code, fine, said

    def _release(self) -> list[int]:
        with self._ledger.turn():
            held = self._ledger.find("press", status="held")
            for press in held:
                self._keep(press, held=False)
        return [press["number"] for press in reversed(held)]

    def _keep(self, press: dict[str, Any], held: bool) -> None:
        self._ledger.put("press", str(press["number"]), press, parent=press["task"], status="held" if held else "")

    def found(self, number: int) -> dict[str, Any] | None:
        return self._ledger.get("press", str(number))

    def of(self, task: str) -> list[dict[str, Any]]:
        return self._ledger.find("press", parent=task)


def shown(press: dict[str, Any]) -> dict[str, Any]:
    """Return a press as the doors answer it: `sent` counts how often it went out, `request` is what was sent."""
    request = {name: press["call"][name] for name in ("method", "url", "headers", "body")}
    rest = {name: press[name] for name in ("task", "person", "action", "at", "sends")}
    return {
        "press": press["number"],
        "status": press["status"],
        "answer": press["answer"],
        "sent": len(press["sends"]),
        "request": request,
        **rest,
    }
