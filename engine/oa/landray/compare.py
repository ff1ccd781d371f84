"""What EKP shows, held against what we believe (getTodo): the open to-dos of everybody to whom something of an instance was shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Difference, InstanceSnapshot, Shown
from engine.oa.items import TASK
from engine.oa.landray.client import Client
from engine.oa.landray.push import APPROVAL
from engine.oa.sink.rows import flow_of, receiver_of

PAGE, MOST_PAGES = 100, 20
OPEN = "open"


def compare(connection: Connection, client: Client, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
    """Return what EKP lacks, what is open there and closed here, and what is open there and unknown here."""
    tasks = [one for one in shown if one.key.startswith(TASK)]
    found: list[Difference] = []
    for account in sorted({receiver_of(one) for one in tasks} - {""}):
        mine = {flow_of(one.key, account): one for one in tasks if receiver_of(one) == account}
        try:
            theirs = {str(one.get("key")) for one in listed(connection, client, account) if one.get("modelId") == snapshot.instance_key}
        except OARejected:
            continue  # nobody of that name is there any more: nothing is shown to her
        found += differing(mine, theirs)
    return found


def differing(mine: Mapping[str, Shown], theirs: set[str]) -> Iterator[Difference]:
    for flow, one in mine.items():
        if one.status == OPEN and flow not in theirs:
            yield Difference("missing_there", one.key)
        elif one.status != OPEN and flow in theirs:
            yield Difference("field_differs", one.key, "status", one.status, OPEN)
    for flow in sorted(theirs - mine.keys()):
        if flow.startswith(TASK):
            yield Difference("missing_here", flow, "status", "", OPEN)


def listed(connection: Connection, client: Client, account: str) -> Iterator[dict[str, Any]]:
    """Yield the open to-dos of ours that somebody has."""
    app = str(connection.settings.get("app_name") or "shenpi")
    for page in range(1, MOST_PAGES + 1):
        asked = {"targets": client.target(account), "type": APPROVAL, "rowSize": str(PAGE), "pageNo": str(page)}
        found = answered(connection, client.call("getTodo", asked))
        yield from (one for one in found.get("docs") or () if isinstance(one, dict) and one.get("appName") == app)
        if page >= int(str(found.get("pageCount") or 1)[:6]):
            return


def answered(connection: Connection, message: str) -> dict[str, Any]:
    """Return the list in a message; where there is nothing to list, EKP says so in another form."""
    try:
        found = orjson.loads(message) if message else {}
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not str(found.get("pageCount") or "1").isdecimal():
        raise OAUnavailable(connection=connection.key, reason="getTodo answered no list")
    return found
