"""What tests and demonstrations use, the same for every vendor, below `/_sim/`."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.simulators.desk import Card, Unable
from api.simulators.faults import FAULTS, is_setting
from api.simulators.gate import press
from api.simulators.people import read_person
from api.simulators.presses import shown
from api.simulators.simulator import Simulator, simulator

doors = Blueprint("doors", __name__, url_prefix="/_sim")


@doors.errorhandler(Unable)
def unable(error: Unable) -> tuple[Response, int]:
    return jsonify(message=error.message), error.status


def given() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Unable("a JSON object is needed", 400)
    return body


@doors.get("/health")
def health() -> Response:
    return jsonify(ok=True, system=simulator().desk.title, buttons=simulator().desk.buttons)


@doors.route("/faults", methods=["GET", "POST"])
def faults() -> Response:
    sim = simulator()
    if request.method == "POST":
        body = given()
        if not is_setting(body):
            raise Unable(f"known faults: {', '.join(FAULTS)}; values are numbers in their range", 400)
        if body.pop("revoke", 0):
            sim.tokens.revoke()
        sim.faults.set(body)
    return jsonify(sim.faults.shown())


@doors.route("/people", methods=["GET", "POST"])
def people() -> Response:
    sim = simulator()
    if request.method == "POST":
        body = request.get_json(silent=True)
        read = [read_person(each) for each in body] if isinstance(body, list) else [None]
        if None in read:
            raise Unable("a list of {userId, openId?, unionId?, name, mobile, email, department, active} is needed", 400)
        sim.people.replace([each for each in read if each is not None])
    return jsonify([asdict(each) for each in sim.people.all()])


@doors.get("/todos")
def todos() -> Response:
    sim = simulator()
    person = sim.people.any(request.args.get("person", ""))
    return jsonify([todo(each) for each in sim.desk.cards(person.userId) if each.open] if person and person.active else [])


@doors.get("/tasks")
def tasks() -> Response:
    """Return every task in every state; `cards` is how many cards its person sees for the same page: 2 is a duplicate."""
    all_cards = simulator().desk.cards()
    visible: dict[tuple[str, str], int] = {}
    for each in all_cards:
        visible[(each.person, each.url)] = visible.get((each.person, each.url), 0) + each.open
    return jsonify([{**todo(each), "open": each.open, "how": each.how, "cards": visible[(each.person, each.url)]} for each in all_cards])


def todo(card: Card) -> dict[str, Any]:
    return {name: getattr(card, name) for name in ("id", "instance", "title", "person", "status", "url", "node", "actions", "form")}


@doors.get("/instances")
def instances() -> Response:
    return jsonify(simulator().desk.instances())


@doors.post("/press")
def press_button() -> Response:
    """Press as `person`, or let the callback say that it was `as`. That the task is open and hers is for the product to judge."""
    body, sim = given(), simulator()
    if not all(isinstance(body.get(name), str) for name in ("person", "task", "action")):
        raise Unable("person, task and action are needed", 400)
    if not sim.desk.buttons:
        raise Unable(f"{sim.desk.title} has no buttons: a to-do opens our page", 405)
    card = sim.desk.card(body["task"])
    if card is None:
        raise Unable("no such task", 404)
    return pressed(sim, press(sim, card, str(body.get("as") or body["person"]), body["action"], str(body.get("reason") or "")))


@doors.post("/presses/<int:number>/send")
def send_again(number: int) -> Response:
    sim = simulator()
    sim.presses.send(number)
    return pressed(sim, number)


@doors.get("/presses/<int:number>")
def one_press(number: int) -> Response:
    return pressed(simulator(), number)


def pressed(sim: Simulator, number: int) -> Response:
    found = sim.presses.found(number)
    if found is None:
        raise Unable("no such press", 404)
    return jsonify(shown(found))


@doors.post("/events")
def events() -> Response:
    """Send an event: `kind` is verification, user.created, user.updated, user.left, department.created, department.updated or department.deleted.

    `person` is a person as in `/people` (or only an id, when she is known), `department` a path. The simulator's own list changes with it.
    """
    body, sim = given(), simulator()
    if not isinstance(body.get("kind"), str):
        raise Unable("kind is needed", 400)
    return pressed(sim, sim.presses.give(sim.desk.event(body["kind"], body)))


@doors.post("/codes")
def codes() -> Response:
    """Give a code for `person` as the vendor's own client gives it to a page that is opened inside of it."""
    sim = simulator()
    person = sim.people.any(str(given().get("person", "")))
    if person is None or not person.active:
        raise Unable("no such person", 404)
    return jsonify(code=sim.codes.make(person.userId, kind="client"))


@doors.get("/calls")
def calls() -> Response:
    return jsonify(simulator().calls.shown(request.args.get("last", -1, type=int)))


@doors.route("/limits", methods=["GET", "POST"])
def limits() -> Response:
    """How often each API was called and refused; a POST lets a minute without calls go by."""
    sim = simulator()
    if request.method == "POST":
        sim.limits.rest()
    return jsonify(sim.limits.shown())


@doors.route("/clock", methods=["GET", "POST"])
def clock() -> Response:
    """Run faster with `rate`, or go on by `skip` seconds at once."""
    sim = simulator()
    if request.method == "POST":
        body = given()
        rate, skip = body.get("rate", sim.clock.rate), body.get("skip", 0)
        if not all(isinstance(each, int | float) for each in (rate, skip)) or not 0 < rate <= 100_000 or not 0 <= skip <= 1e9:
            raise Unable("rate is a number up to 100000, skip a number of seconds", 400)
        sim.clock.run(float(rate))
        sim.clock.skip(float(skip))
        sim.redelivery.wake()
    return jsonify(now=sim.clock.text(), rate=sim.clock.rate)


@doors.post("/reset")
def reset() -> Response:
    """Forget everything but the people and the clock."""
    simulator().reset()
    return jsonify(ok=True)
