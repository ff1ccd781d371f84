"""The generic signed webhook: for an office system that can take JSON over HTTP, or for a small adapter in front of one that cannot.

    we    POST {base_url}/snapshots    every snapshot          OA    POST {our callback}    one press of a button
    we    POST {base_url}/requests     what a drawing asks     we    GET {base_url}/health

Every POST in both directions is signed (`signature`), and may be repeated with the same `Idempotency-Key` without doing anything twice.
"""

from datetime import datetime

from engine.oa.contract import Capabilities, Connection, Desk, Field, Health, InstanceSnapshot, OARequest, RawRequest, Receipt, Received
from engine.oa.standard import Standard
from engine.oa.webhook import push
from engine.oa.webhook.client import Client
from engine.oa.webhook.receive import receive

CAPABILITIES = Capabilities(
    callback_actions=True,
    custom_actions=True,
    reason_field=True,
    cc=True,
    client_ids=True,
    notify=True,
    update_order="strict_version",
    due_date=True,
)
FIELDS = (
    Field("secret", "签名密钥", "Signing secret", secret=True),
    Field(
        "former_secret", "旧密钥（轮换期间同时有效）", "Former secret, accepted as well while it is changed", secret=True, required=False
    ),
)


class Webhook(Standard):
    """A connector (`engine.oa.contract.Connector`) that speaks the generic webhook."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._client = Client(connection, desk)

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return push.snapshot(self._client, snapshot)

    def call(self, request: OARequest) -> Receipt:
        return push.request(self._client, request)

    def receive(self, request: RawRequest, now: datetime) -> Received:
        return Received((receive(self.connection, request.headers, request.body, now),))

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        return self._client.health()

    def close(self) -> None:
        self._client.close()
