"""Rows as to-dos of EKP (sendTodo, setTodoDone, deleteTodo). Its key is (appName, modelName, modelId, key, target): the model is an instance of ours, the key
one row, and each row has one target.
"""

from collections.abc import Iterator

from engine.errors import OARejected
from engine.oa.contract import Connection
from engine.oa.landray.client import Client
from engine.oa.sink.local_time import local, zone_of
from engine.oa.sink.push import Batch, Outcome
from engine.oa.sink.rows import Row

APPROVAL, NOTICE = "1", "2"
ALL_TARGETS, GIVEN_TARGETS = "1", "2"
NORMAL = "3"
TITLE = 200  #: characters; no limit is documented


class Todos:
    """A profile (`engine.oa.sink.push.Profile`)."""

    id_type = "account"
    copies = True

    def __init__(self, connection: Connection, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._zone = zone_of(connection)

    def send(self, batch: Batch) -> Iterator[Outcome]:
        for row in batch.rows:
            yield self._show(row, batch) if row.state in ("open", "copy") else self._close(row, batch)

    def _show(self, row: Row, batch: Batch) -> Outcome:
        """Send a row; an applicant whom EKP does not know must not hold up the others, and is left out then."""
        fields = self.named(row, batch) | self._shown(row, batch)
        creator = {"docCreator": self._client.target(batch.sender)} if batch.sender else {}
        try:
            self._client.call("sendTodo", fields | creator)
        except OARejected as error:
            if not creator:
                return Outcome(row, "permanent", str(error.facts["reason"]))
            try:
                self._client.call("sendTodo", fields)
            except OARejected as again:
                return Outcome(row, "permanent", str(again.facts["reason"]))
        return Outcome(row)

    def _close(self, row: Row, batch: Batch) -> Outcome:
        """Set a row done or delete it. One that may never have arrived and cannot be closed is not there."""
        operation = "deleteTodo" if row.state == "gone" else "setTodoDone"
        targets = {"optType": GIVEN_TARGETS, "targets": self._client.target(row.receiver)} if row.receiver else {"optType": ALL_TARGETS}
        try:
            self._client.call(operation, self.named(row, batch) | targets)
        except OARejected as error:
            return Outcome(row) if row.doubtful else Outcome(row, "permanent", str(error.facts["reason"]))
        return Outcome(row)

    def named(self, row: Row, batch: Batch) -> dict[str, str]:
        """Return the fields that say which row it is."""
        settings = self._connection.settings
        return {
            "appName": str(settings.get("app_name") or "shenpi"), "modelName": str(settings.get("model_name") or "shenpi"),
            "modelId": batch.snapshot.instance_key, "key": row.flow, "type": NOTICE if row.key.startswith("c-") else APPROVAL,
        }  # fmt: skip

    def _shown(self, row: Row, batch: Batch) -> dict[str, str]:
        page = row.links.pc or self._connection.public_url
        mobile = row.links.mobile or page
        return {
            "subject": row.title[:TITLE], "link": page, "mobileLink": mobile, "padLink": mobile, "level": NORMAL, "param1": row.process[:100],
            "param2": row.node[:100], "createTime": local(row.created_at, self._zone), "targets": self._client.target(row.receiver),
        }  # fmt: skip
