"""What every call of the product passes before and after it is done: faults, limits, token, log."""

import functools
import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.simulators.desk import Card, Unable
from api.simulators.fields import Wrong
from api.simulators.simulator import Simulator, simulator

LOGIN_PAGE = "<!doctype html><html><head><title>登录</title></head><body><form method='post'>请登录 Sign in</form></body></html>"
BUSY_SECONDS = 1


class Refused(Exception):
    """The vendor's own answer to a call that it does not do. Nothing of the call remains."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Manner:
    """How a vendor says what is said to every call. `identify` returns whose token a call carries, or raises Refused."""

    busy: Callable[[int], Response]
    unauthorized: Callable[[], Response]
    failed: Callable[[], Response]
    wrong: Callable[[str], Response]
    identify: Callable[[], str]


class Gate:
    """Registers the calls of one vendor on its blueprint."""

    def __init__(self, blueprint: Blueprint, manner: Manner) -> None:
        self.blueprint, self.manner = blueprint, manner

    def call(self, method: str, rule: str, *, token: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Register a view as the API `METHOD rule`. With `token` it is done for whoever the token names."""

        def registered(view: Callable[..., Any]) -> Callable[..., Response]:
            @functools.wraps(view)
            def called(**values: str) -> Response:
                return self._pass(f"{method} {rule}", view, values, token)

            endpoint = f"{view.__module__}.{view.__name__}".replace(".", "_")
            self.blueprint.add_url_rule(rule, endpoint, called, methods=[method])
            return called

        return registered

    def _pass(self, api: str, view: Callable[..., Any], values: dict[str, str], token: bool) -> Response:
        sim = simulator()
        g.fault, g.made = None, []
        answer = self._refusal(sim, api) or self._done(sim, view, values, token)
        if answer.status_code < 300 and not g.fault:
            delay = sim.faults.value("slow")
            if delay:
                g.fault = "slow"
                time.sleep(delay)
            self._press_early(sim, g.made)
            if sim.faults.use("lose"):
                g.fault = "lose"
        lost = g.fault in ("lose", "loseBefore")
        sim.calls.note(request.method, request.path, api, 0 if lost else answer.status_code, None if lost else code_of(answer), g.fault)
        return hang_up() if lost else answer

    def _refusal(self, sim: Simulator, api: str) -> Response | None:
        """Return the answer of a call that is not even looked at."""
        if due(sim, "loseBefore"):
            return make_response("")
        if due(sim, "html"):
            return Response(LOGIN_PAGE, 200, content_type="text/html; charset=utf-8")
        if due(sim, "fail"):
            return self.manner.failed()
        if due(sim, "busy"):
            return self.manner.busy(BUSY_SECONDS)
        wait = sim.limits.take(api)
        return self.manner.busy(math.ceil(wait)) if wait > 0 else None

    def _done(self, sim: Simulator, view: Callable[..., Any], values: dict[str, str], token: bool) -> Response:
        try:
            g.subject = self.manner.identify() if token else ""
            if token and due(sim, "unauthorized"):
                return self.manner.unauthorized()
            with sim.ledger.turn():
                return make_response(view(**values))
        except Refused as refused:
            return refused.answer
        except (Wrong, RequestEntityTooLarge, UnicodeEncodeError) as wrong:
            return self.manner.wrong(str(wrong))

    def _press_early(self, sim: Simulator, made: list[str]) -> None:
        """Press the first button of a to-do before the product learns that it exists: people are that fast when a network is slow."""
        if not sim.desk.buttons:
            return
        for task in made:
            card = sim.desk.card(task)
            person = sim.people.any(card.person) if card else None
            if card and person and card.open and card.actions and sim.faults.use("early"):
                g.fault = "early"
                press(sim, card, person.userId, card.actions[0]["key"], "")


def due(sim: Simulator, fault: str) -> bool:
    if sim.faults.use(fault):
        g.fault = fault
        return True
    return False


def press(sim: Simulator, card: Card, person: str, action: str, reason: str) -> int:
    """Press a button as a person; return the number of the press."""
    presser = sim.people.any(person)
    if presser is None:
        raise Unable("no such person", 404)
    if not sim.desk.buttons:
        raise Unable(f"{sim.desk.title} has no buttons: a to-do opens our page", 405)
    call = sim.desk.press(card, presser, action, reason)
    return sim.presses.give(call, task=card.id, person=presser.userId, action=action)


def hang_up() -> Response:
    """Close the connection without an answer; under a server without sockets, answer 500."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    answer = jsonify(message="the answer is lost")
    answer.status_code = 500
    return answer


def code_of(answer: Response) -> Any:
    """Return the vendor's own word for how a call went; a vendor whose word stands in no JSON puts it in `g.code`."""
    if "code" in g:
        return g.code
    body = answer.get_json(silent=True) if answer.is_json else None
    names = ("code", "errcode", "operResult", "success")
    return next((body[name] for name in names if name in body), None) if isinstance(body, dict) else None


def asked() -> dict[str, Any]:
    """Return the JSON object of a call; of a GET too, whatever its type says."""
    body = request.get_json(silent=True, force=True)
    if body is None and not request.get_data():
        return {}
    if not isinstance(body, dict):
        raise Wrong("the body must be a JSON object")
    return body
