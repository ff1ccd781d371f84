"""Rows: one per source system, flow and receiver. An older `receivets` than the row's is ignored."""

from typing import Any

from api.simulators import dates
from api.simulators.desk import Card
from api.simulators.fields import Wrong, choice, text
from api.simulators.simulator import Simulator, simulator

TODO, DONE, OVER, COPY = "0", "2", "4", "8"
RECEIVED = (
    *("syscode", "flowid", "requestname", "workflowname", "nodename", "creator", "createdatetime"),
    *("receiver", "receivedatetime", "receivets"),
)
ENDED = ("syscode", "flowid", "requestname", "workflowname", "nodename", "receiver", "receivets")


class Failed(Exception):
    """`operResult` 0: what failed (`dataType`), at which act (`operType`), and why."""

    def __init__(self, data_type: str, oper_type: str, message: str) -> None:
        super().__init__(message)
        self.data_type, self.oper_type, self.message = data_type, oper_type, message


def checked(body: dict[str, Any], needed: tuple[str, ...]) -> None:
    """Check what every call has: only texts, the fields it needs, a registered system, and known people."""
    for name, value in body.items():
        if not isinstance(value, str):
            raise Wrong(f"{name} must be a string")
    for name in needed:
        text(body, name)
    sim = simulator()
    if body["syscode"] != sim.config.syscode:
        raise Failed("OtherSys", "Check", "异构系统未注册")
    for name in ("createdatetime", "receivedatetime"):
        if name in needed:
            dates.check(body[name], name)
    if "receivets" in needed and not (body["receivets"].isascii() and body["receivets"].isdigit()):
        raise Wrong("receivets must be milliseconds")
    for name in ("creator", "receiver"):
        if name in needed and sim.people.working("userId", body[name]) is None:
            raise Failed("WfData", "Check", f"人员不存在: {body[name][:64]}")


def receive(body: dict[str, Any], isremark: str, viewtype: str) -> str:
    """Write a row, and return what kind of act that was."""
    sim, key = simulator(), key_of(body)
    known = sim.ledger.get("task", key)
    if known and int(body["receivets"]) < int(known["sent"]["receivets"]):
        return "Edit"
    rings = isremark == TODO and viewtype == "0"
    keep(known, {**body, "isremark": isremark, "viewtype": viewtype}, "receive" + (", rings a phone" if rings else ""))
    return "AutoEdit" if known else "AutoNew"


def end(body: dict[str, Any], isremark: str) -> str:
    """Let one row be done, or the rows of a whole flow be over."""
    sim = simulator()
    rows = sim.ledger.find("task", parent=body["flowid"]) if isremark == OVER else [sim.ledger.get("task", key_of(body))]
    found = [each for each in rows if each]
    if not found and sim.config.done_needs_row:
        raise Failed("WfData", "Edit", "流程数据不存在")
    for row in found:
        if int(body["receivets"]) >= int(row["sent"]["receivets"]):
            keep(row, {**row["sent"], "isremark": isremark, "viewtype": "1", "receivets": body["receivets"]}, "end")
    return "Edit"


def delete(body: dict[str, Any], receiver: str | None = None) -> str:
    for row in simulator().ledger.find("task", parent=body["flowid"]):
        if receiver in (None, row["person"]):
            simulator().ledger.drop("task", row["key"])
    return "Del"


def key_of(body: dict[str, Any]) -> str:
    return f"{body['flowid']}@{body['receiver']}"


def keep(known: dict[str, Any] | None, sent: dict[str, Any], how: str) -> None:
    sim, key = simulator(), key_of(sent)
    line = f"{sim.clock.text()} {how}: isremark {sent['isremark']}, viewtype {sent['viewtype']}"
    row = {"key": key, "person": sent["receiver"], "sent": sent, "how": [*(known["how"] if known else []), line]}
    sim.ledger.put("task", key, row, parent=sent["flowid"], person=sent["receiver"], status=sent["isremark"])


def card(sim: Simulator, row: dict[str, Any]) -> Card:
    sent = row["sent"]
    link = sent.get("appurl") or sent.get("pcurl") or ""
    return Card(
        id=row["key"],
        instance=sent["flowid"],
        title=sent["requestname"],
        person=row["person"],
        status=sent["isremark"],
        open=sent["isremark"] == TODO,
        url=link if "://" in link or not link else f"{sim.config.url_prefix}{link}",
        node=sent["nodename"],
        form=(("流程", sent["workflowname"]), ("发起人", sent["creator"])),
        how=tuple(row["how"]),
    )


def state(body: dict[str, Any]) -> tuple[str, str]:
    return choice(body, "isremark", (TODO, DONE, OVER, COPY)), choice(body, "viewtype", ("0", "1"))
