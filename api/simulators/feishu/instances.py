"""Mirrored instances: each call brings one whole instance with its tasks and copies, and replaces or updates what is kept."""

from typing import Any

from flask import Response, g

from api.simulators.feishu.checked import checked
from api.simulators.feishu.manner import data, gate, refuse
from api.simulators.gate import asked
from api.simulators.simulator import simulator

#: what an UPDATE never changes
FIXED = {
    "instance": ("approval_code", "instance_id", "department_id", "department_name"),
    "task": ("task_id", "user_id", "open_id", "create_time", "node_id", "node_name"),
    "cc": ("cc_id", "user_id", "open_id"),
}


@gate.call("POST", "/open-apis/approval/v4/external_instances")
def sync() -> Response:
    """Take an instance. REPLACE puts it in the place of what was kept, however old it is; UPDATE takes only what is newer, part by part, silently."""
    body, sim = asked(), simulator()
    instance, parts, people = checked(body)
    key = instance["instance_id"]
    if sim.config.same_instance_per_second and sim.desk.syncs.take(key) > 0:
        raise refuse(1390014, "Do not synchronize the same approval instance for a short period of time!")
    keep_ids(key, parts)
    replace = instance.get("update_mode", "REPLACE") != "UPDATE"
    keep("instance", key, instance, instance=key, person=people[key], replace=replace)
    for kind, sent in parts.items():
        for part_key, part in sent.items():
            keep(kind, part_key, part, instance=key, person=people[part_key], replace=replace)
        if replace:
            for gone in sim.ledger.find(kind, parent=key):
                if gone["key"] not in sent:
                    sim.ledger.drop(kind, gone["key"])
    return data(data=body)


def keep_ids(instance: str, parts: dict[str, dict[str, Any]]) -> None:
    """Instances, tasks and copies share one space of ids, in the whole tenant."""
    wanted = {instance: ("instance", instance)}
    for kind, sent in parts.items():
        for key in sent:
            if key in wanted:
                raise refuse(1390001, f"param is invalid: the id {key} is used twice")
            wanted[key] = (kind, instance)
    ledger = simulator().ledger
    for key, (kind, parent) in wanted.items():
        used = ledger.get("id", key)
        if used is not None and used != [kind, parent]:
            raise refuse(1390001, f"param is invalid: the id {key} is used by another {used[0]}")
        ledger.put("id", key, [kind, parent])


def keep(kind: str, key: str, sent: dict[str, Any], *, instance: str, person: str, replace: bool) -> None:
    sim = simulator()
    known = sim.ledger.get(kind, key)
    if known and not replace:
        if int(sent["update_time"]) <= int(known["sent"]["update_time"]):
            return
        sent = {**sent, **{name: known["sent"][name] for name in FIXED[kind] if name in known["sent"]}}
        person = known["person"]
    status = sent.get("status") or sent.get("read_status") or ""
    entry = {
        **{"key": key, "instance": instance, "person": person, "sent": sent},
        "how": [
            *(known["how"] if known else []),
            f"{sim.clock.text()} {status} {'REPLACE' if replace else 'UPDATE'} {sent['update_time']}",
        ],
    }
    sim.ledger.put(kind, key, entry, parent=instance, person=person, status=status)
    if kind == "task" and status == "PENDING" and not known:
        g.made.append(key)
