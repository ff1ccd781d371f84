"""From the record of a case to CloudEvents 1.0: which events are told, by which names, and what stands in them.

No personal data beyond work numbers, no comments, no values of forms: whoever may see more asks for it with an account.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.oa.codec import moment
from engine.oa.contract import Chronicle, Connection, Happening

PREFIX = "cn.shenpi."
#: events of the record that are told, and which of their data
TOLD: Mapping[str, tuple[str, ...]] = {
    "instance:started": ("version", "parent"),
    "instance:completed": ("outcome",),
    "instance:withdrawn": (), "instance:terminated": (), "instance:revoked": (), "instance:suspended": (), "instance:resumed": (),
    "instance:jumped": ("to",),
    "task:created": ("task", "assignee", "users", "groups", "due", "priority", "round"),
    "task:completed": ("task", "outcome", "round", "channel"),
    "task:passed": ("task", "outcome", "round"),
    "task:canceled": ("task",),
    "task:claimed": ("task", "assignee"), "task:unclaimed": ("task", "assignee"),
    "task:transferred": ("task", "assignee", "from", "to"),
    "task:delegated": ("task", "assignee", "from", "to"),
    "task:resolved": ("task", "assignee"),
    "task:escalated": ("task", "assignee", "from", "to"),
    "task:returned": ("task", "to", "round", "channel"),
    "task:taken_back": ("task",),
    "task:signer_added": ("task", "place", "signer"), "task:signer_removed": ("task", "signer"),
    "task:reminded": ("task",), "task:urged": ("task",),
    "archive:sealed": ("code", "digest", "files", "bytes"),
}  # fmt: skip
#: what the fate of a case means for what it is about
FATES = {
    "instance:started": "submitted",
    "instance:withdrawn": "withdrawn",
    "instance:terminated": "terminated",
    "instance:revoked": "revoked",
}
OUTCOMES = {"approve": "approved", "reject": "rejected"}


def events_of(told: Chronicle, connection: Connection) -> list[dict[str, Any]]:
    """Return the events of a chronicle that a connection has subscribed, in order. The same chronicle gives the same events."""
    wanted = tuple(one for one in str(connection.settings.get("types") or PREFIX).replace("，", ",").replace(",", " ").split())
    return [event for one in told.happened for event in _events(told, one, connection.public_url) if event["type"].startswith(wanted)]


def _events(told: Chronicle, one: Happening, source: str) -> Iterator[dict[str, Any]]:
    if one.type not in TOLD:
        return
    data = {name: one.data[name] for name in TOLD[one.type] if one.data.get(name) is not None}
    yield _event(told, one, source, PREFIX + one.type.replace(":", "."), 0, data)
    fate = FATES.get(one.type)
    if one.type == "instance:completed":
        fate = OUTCOMES.get(one.data.get("outcome") or "approve", "completed")
    if fate is not None and told.subject_kind is not None:
        yield _event(told, one, source, f"{PREFIX}{told.subject_kind}.{fate}", 1, data)


def _event(told: Chronicle, one: Happening, source: str, kind: str, place: int, data: Mapping[str, Any]) -> dict[str, Any]:
    about = {
        "instance": told.instance_key, "definitionKey": told.definition_key, "businessKey": told.business_key, "subjectKind": told.subject_kind,
        "subjectId": told.subject_id, "element": one.element, "actor": one.actor, "onBehalfOf": one.on_behalf_of, **data,
    }  # fmt: skip
    number = 2 * one.number + place  # an event of the record may be two here
    return {
        "specversion": "1.0",
        "id": f"{told.instance_key}-{number}",
        "source": source,
        "type": kind,
        "subject": told.instance_key,
        "time": moment(one.at),
        "datacontenttype": "application/json",
        "sequence": f"{number:012d}",  # as a text it sorts as it counts
        "data": {name: value for name, value in about.items() if value is not None},
    }
