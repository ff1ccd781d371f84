"""What people see, the same for every vendor: who they are, their to-dos, one to-do with its buttons, and what the product said to their press."""

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.simulators.desk import Card, Unable
from api.simulators.gate import press
from api.simulators.simulator import simulator

pages = Blueprint("pages", __name__)
SHOWN = 500


@pages.app_context_processor
def system() -> dict[str, str]:
    return {"system": current_app.extensions["simulator"].desk.title}


@pages.get("/")
def people() -> str:
    sim = simulator()
    waiting = {each.userId: sum(card.open for card in sim.desk.cards(each.userId)) for each in sim.people.all()}
    return render_template("people.html", people=sim.people.all(), waiting=waiting)


@pages.get("/todos")
def todos() -> str:
    sim = simulator()
    person = sim.people.any(request.args.get("person", "")) or abort(404)
    cards = sim.desk.cards(person.userId)[::-1]
    waiting, done = ([card for card in cards if card.open is wanted][:SHOWN] for wanted in (True, False))
    return render_template("todos.html", person=person, waiting=waiting if person.active else [], done=done)


@pages.get("/task")
def task() -> str:
    sim = simulator()
    card = wanted(request.args.get("key", ""))
    presses = sim.presses.of(card.id)
    return render_template("task.html", card=card, person=request.args.get("person", card.person), said=presses[-1] if presses else None)


@pages.post("/task")
def decide() -> Response:
    sim = simulator()
    card, person = wanted(request.form.get("key", "")), request.form.get("person", "")
    try:
        press(sim, card, person, request.form.get("action", ""), request.form.get("reason", ""))
    except Unable as unable:
        abort(unable.status, unable.message)
    return redirect(url_for("pages.task", key=card.id, person=person), code=303)


@pages.post("/send")
def send_again() -> Response:
    sim = simulator()
    found = sim.presses.found(request.form.get("press", 0, type=int)) or abort(404)
    sim.presses.send(found["number"])
    return redirect(url_for("pages.task", key=found["task"], person=found["person"]), code=303)


def wanted(key: str) -> Card:
    return simulator().desk.card(key) or abort(404)
