"""Weaver e-cology (泛微): its unified to-dos (统一待办, ofs), which show what we push and open our page. No button, no callback, nothing to be read.

What is known is from client programs and articles, not from pages of the vendor; nothing was tried against a server of theirs. Nothing in a request proves who
sends it: e-cology knows registered systems and lets in known addresses, so a gateway belongs in front of it.
"""

import hashlib
from datetime import UTC, datetime

from engine.errors import OAError, OARejected
from engine.oa.contract import Capabilities, Connection, Desk, Field, Health, InstanceSnapshot, ItemResult, OARequest, Receipt
from engine.oa.desk import Rate
from engine.oa.sink.local_time import ZONE, local, zone_of
from engine.oa.sink.notices import Notice, read_notice
from engine.oa.sink.push import Push
from engine.oa.standard import Standard
from engine.oa.weaver.client import DELETE_FOR, Client
from engine.oa.weaver.push import TITLE, Rows

CAPABILITIES = Capabilities(
    cc=True, client_ids=True, notify=True, update_order="strict_time", delete=True, open_status="open", tz_text_times=True, title_max=TITLE
)
FIELDS = (
    Field(
        "syscode", "异构系统标识 syscode", "syscode of the registered system",
        unsure="接口内容来自第三方资料，未在真实环境验证 Known from third parties, not verified against a server",
    ),
    ZONE,
)  # fmt: skip
RATES = {"": (Rate(20, 1.0, burst=5),)}  # no limit is documented: this one is ours
ID_TYPES = ("account",)
CC = "ReceiveCCRequestByJson"


class Weaver(Standard):
    """A connector (`engine.oa.contract.Connector`) to e-cology."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._client = Client(connection, desk)
        self._push = Push(desk, Rows(connection, self._client))
        self._zone = zone_of(connection)

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return self._push.snapshot(snapshot)

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        return self._push.remove(snapshot)

    def call(self, request: OARequest) -> Receipt:
        notice = read_notice(self.connection, self.desk, request, ID_TYPES[0])
        if notice is None or notice.kind == "copy":  # a copy has a row of its own
            return super().call(request)
        return notice.tell(self._tell)

    def _tell(self, person: str, account: str, notice: Notice) -> ItemResult:
        """Tell somebody by a row to be read (抄送), the same for the same notice."""
        now = datetime.now(UTC)
        body = {
            "flowid": f"n-{hashlib.sha256(f'{notice.key}:{person}'.encode()).hexdigest()[:32]}", "requestname": notice.title[:TITLE],
            "workflowname": notice.process, "nodename": "通知", "pcurl": notice.page, "appurl": notice.page, "isremark": "8", "viewtype": "0",
            "creator": account, "createdatetime": local(now, self._zone), "receiver": account, "receivedatetime": local(now, self._zone),
            "receivets": str(round(now.timestamp() * 1000)),
        }  # fmt: skip
        self._client.call(CC, body)
        return ItemResult(person, person=person)

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        """Delete what never was: any answer of e-cology's own says that it is there, and at which step it would refuse us."""
        try:
            self._client.call(DELETE_FOR, {"flowid": "shenpi-health", "userid": "shenpi-health"})
        except OARejected:
            return Health(True, datetime.now(UTC), "")
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(True, datetime.now(UTC), "")

    def close(self) -> None:
        self._client.close()
