"""Tokens of the REST user. A wrong password is answered with 200 and the token -1."""

from flask import Response, jsonify

from api.simulators.fields import text
from api.simulators.gate import asked
from api.simulators.seeyon.manner import gate
from api.simulators.simulator import simulator


@gate.call("POST", "/seeyon/rest/token", token=False)
def post_token() -> Response:
    body = asked()
    return given(text(body, "userName"), text(body, "password"))


@gate.call("GET", "/seeyon/rest/token/<user>/<password>", token=False)
def get_token(user: str, password: str) -> Response:
    return given(user, password)


def given(user: str, password: str) -> Response:
    sim = simulator()
    if (user, password) != (sim.config.user, sim.config.password):
        return jsonify(id="-1")
    token, _ = sim.tokens.give("rest", sim.config.token_seconds, same_while=sim.config.token_seconds)
    return jsonify(id=token)
