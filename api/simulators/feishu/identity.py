"""Which person an id names, in the three kinds that Feishu has."""

from typing import Any

from flask import request

from api.simulators.feishu.manner import refuse
from api.simulators.fields import Wrong, text
from api.simulators.people import Person
from api.simulators.simulator import simulator

#: `user_id_type` -> (our name of it, the error of an id that is not known)
KINDS = {"user_id": ("userId", 99992351), "open_id": ("openId", 99992352), "union_id": ("unionId", 99992353)}


def kind_asked() -> str:
    kind = request.args.get("user_id_type", "open_id")
    if kind not in KINDS:
        raise Wrong("user_id_type must be one of open_id, union_id, user_id")
    return kind


def known(kind: str, value: str) -> Person:
    name, code = KINDS[kind]
    person = simulator().people.working(name, value)
    if person is None:
        raise refuse(code, f"The request contains invalid ids: {kind} {value[:64]}")
    return person


def named(body: dict[str, Any]) -> Person:
    """Return the person of a body with `user_id` or `open_id`; `open_id` wins when both are there."""
    for kind in ("open_id", "user_id"):
        if value := text(body, kind, needed=False):
            return known(kind, value)
    raise Wrong("user_id or open_id is required")


def shown(person: Person, kind: str) -> str:
    return str(getattr(person, KINDS[kind][0]))
