"""Rows as pending items of a third-party system (第三方待办): `taskId` is the key of a row, `state` 0 to do or 1 done, `subState` how it was done.

Many are shown with one call, which calls itself a success although some of its items have failed: each of those is sent once more by itself, and what that
answers is about it and nothing else.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.errors import OARejected
from engine.oa.contract import Connection
from engine.oa.seeyon.client import Client
from engine.oa.sink.local_time import local, zone_of
from engine.oa.sink.push import Batch, Outcome
from engine.oa.sink.rows import Row

ONE = "/seeyon/rest/thirdpartyPending/receive"
MANY = "/seeyon/rest/thirdpartyPending/receive/pendings"
UPDATE = "/seeyon/rest/thirdpartyPending/updatePendingState"
BULK = 50  #: items a call; no limit is documented
TITLE = 200  #: characters; no limit is documented
TO_DO, DONE = "0", "1"
AGREED, DISAGREED, CANCELLED, RETURNED = "0", "1", "2", "3"
HOW = {"approve": AGREED, "reject": DISAGREED, "return": RETURNED}


class Pendings:
    """A profile (`engine.oa.sink.push.Profile`)."""

    id_type = "account"
    copies = False

    def __init__(self, connection: Connection, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._zone = zone_of(connection)

    def send(self, batch: Batch) -> Iterator[Outcome]:
        for row in batch.rows:
            if row.state != "open":
                yield self._closed(row, batch)
        opened = [row for row in batch.rows if row.state == "open"]
        for start in range(0, len(opened), BULK):
            yield from self._shown(opened[start : start + BULK], batch)

    def _shown(self, rows: Sequence[Row], batch: Batch) -> Iterator[Outcome]:
        errors = self._client.call(MANY, {"pendingList": [self.body(row, batch, batch.sender) for row in rows]})
        failed = failures(rows, errors)
        for row in rows:
            yield self._alone(row, batch) if row in failed else Outcome(row)

    def _alone(self, row: Row, batch: Batch) -> Outcome:
        """Send a row by itself; an applicant whom Seeyon does not know must not hold up the others, and is left out then."""
        try:
            self._client.one(ONE, self.body(row, batch, batch.sender))
        except OARejected as error:
            if batch.sender is None:
                return Outcome(row, "permanent", str(error.facts["reason"]))
            try:
                self._client.one(ONE, self.body(row, batch, None))
            except OARejected as again:
                return Outcome(row, "permanent", str(again.facts["reason"]))
        return Outcome(row)

    def _closed(self, row: Row, batch: Batch) -> Outcome:
        """Close a row. One that may never have arrived and cannot be closed is not there."""
        try:
            self._client.one(UPDATE, self.body(row, batch, batch.sender))
        except OARejected as error:
            return Outcome(row) if row.doubtful else Outcome(row, "permanent", str(error.facts["reason"]))
        return Outcome(row)

    def body(self, row: Row, batch: Batch, sender: str | None) -> dict[str, Any]:
        """Return a row as JSON. To close one the same object is sent again, with its new state."""
        snapshot, page = batch.snapshot, row.links.pc or self._connection.public_url
        found = {
            "registerCode": str(self._connection.settings.get("register_code") or ""), "taskId": row.flow, "title": row.title[:TITLE],
            "senderName": snapshot.applicant_name or snapshot.applicant, "classify": row.process, "contentType": row.node,
            "state": TO_DO if row.state == "open" else DONE, "thirdReceiverId": row.receiver, "noneBindingReceiver": row.receiver,
            "creationDate": local(row.created_at, self._zone), "content": row.title[:TITLE], "url": page, "h5url": row.links.mobile or page,
        }  # fmt: skip
        if row.state != "open":
            found["subState"] = HOW.get(row.outcome, CANCELLED) if row.state == "done" else CANCELLED
        if sender is not None:
            found |= {"thirdSenderId": sender, "noneBindingSender": sender}
        return found


def failures(rows: Sequence[Row], errors: Sequence[Any]) -> list[Row]:
    """Return the rows that errors are about; an error that names none may be about any of them."""
    named = {row.key for row in rows for error in errors if row.flow in str(error)}
    if any(not any(row.flow in str(error) for row in rows) for error in errors):
        return list(rows)
    return [row for row in rows if row.key in named]
