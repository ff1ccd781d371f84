"""Rows as e-cology takes them. Its key is (syscode, flowid, receiver), so that two tasks of one person in one instance would be one row: flowid is the key of a
task, and each row has one receiver.

A row with an older `receivets` than the stored one is passed over, which keeps the order; 0 is to do, 2 done, 4 done and the whole flow over, 8 a copy. What
somebody has nothing to do with any more is deleted for her.
"""

from collections.abc import Iterator

from engine.errors import OARejected
from engine.oa.contract import Connection
from engine.oa.sink.local_time import local, zone_of
from engine.oa.sink.push import Batch, Outcome
from engine.oa.sink.rows import Row
from engine.oa.weaver.client import DELETE_FOR, RECEIVE, Client

TITLE = 200  #: characters; no limit is documented


class Rows:
    """A profile (`engine.oa.sink.push.Profile`)."""

    id_type = "account"
    copies = True

    def __init__(self, connection: Connection, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._zone = zone_of(connection)

    def send(self, batch: Batch) -> Iterator[Outcome]:
        for row in batch.rows:
            try:
                if row.state == "gone":
                    self._take_away(row, batch)
                else:
                    self._show(row, batch)
            except OARejected as error:
                yield Outcome(row, "permanent", str(error.facts["reason"]))
            else:
                yield Outcome(row)

    def _take_away(self, row: Row, batch: Batch) -> None:
        """Delete a row for its receiver. Where that is refused it is shown as done, which no phone rings for; one that may never have arrived is let be."""
        try:
            self._client.call(DELETE_FOR, {"flowid": row.flow, "userid": row.receiver})
        except OARejected:
            if not row.doubtful:
                self._show(row, batch)

    def _show(self, row: Row, batch: Batch) -> None:
        """Send a row. An applicant whom e-cology does not know must not hold up the others: then the receiver stands for her."""
        sender = batch.sender or row.receiver
        try:
            self._client.call(RECEIVE, self.body(row, batch, sender))
        except OARejected:
            if sender == row.receiver:
                raise
            self._client.call(RECEIVE, self.body(row, batch, row.receiver))

    def body(self, row: Row, batch: Batch, sender: str) -> dict[str, str]:
        """Return a row as JSON: all values are texts."""
        remark, seen = mark(row)
        page = row.links.pc or self._connection.public_url
        return {
            "flowid": row.flow, "requestname": row.title[:TITLE], "workflowname": row.process, "nodename": row.node, "pcurl": page,
            "appurl": row.links.mobile or page, "isremark": remark, "viewtype": seen, "creator": sender,
            "createdatetime": local(batch.snapshot.started_at, self._zone), "receiver": row.receiver,
            "receivedatetime": local(row.created_at, self._zone), "receivets": str(batch.moment),
        }  # fmt: skip


def mark(row: Row) -> tuple[str, str]:
    """Return `isremark` and `viewtype` of a row."""
    match row.state:
        case "open":
            return "0", "0"
        case "copy":
            return "8", "0"
        case "read":
            return "8", "1"
        case _:
            return ("4" if row.over else "2"), "1"
