"""Signed webhooks that tell what happened, as CloudEvents 1.0: for data warehouses, message buses and everything else that is no office system.

    POST {address}    one event (`application/cloudevents+json`) or several (`application/cloudevents-batch+json`)

The outbox repeats what was not acknowledged with a 2xx; an event has the same `id` each time, so that a receiver can pass over what it has.
"""

from datetime import UTC, datetime

from engine.errors import OAError
from engine.oa.cloudevents.deliver import Delivery
from engine.oa.cloudevents.events import events_of
from engine.oa.contract import Capabilities, Chronicle, Connection, Desk, Field, Health, InstanceSnapshot, Receipt
from engine.oa.standard import Standard

CAPABILITIES = Capabilities(update_order="strict_version")
FIELDS = (
    Field("secret", "签名密钥（whsec_… 或任意文本）", "Signing secret (whsec_… or any text)", secret=True),
    Field("former_secret", "旧密钥（轮换期间同时签名）", "Former secret, which signs as well while it is changed", secret=True, required=False),
    Field(
        "types", "订阅的事件类型前缀（逗号分隔，空为全部）", "Types that are subscribed, by prefix, with commas between; empty: all", required=False,
        default="cn.shenpi.",
    ),
    Field("mode", "方式：structured（逐条）或 batched（成批）", "Mode: structured (one by one) or batched", required=False, default="structured"),
)  # fmt: skip
SCOPE = {"notices": False, "requests": False, "people": False, "sign_in": False}


class CloudEvents(Standard):
    """A connector (`engine.oa.contract.Connector`) that tells events; nobody presses anything there, and nothing is shown."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._delivery = Delivery(connection, desk)

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        told = events_of(snapshot, self.connection) if isinstance(snapshot, Chronicle) else []
        self._delivery.send(snapshot.instance_key, snapshot.version, told)
        return Receipt(None, datetime.now(UTC), {"events": len(told)})

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        try:
            return Health(True, datetime.now(UTC), self._delivery.knock())
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))

    def close(self) -> None:
        self._delivery.close()
