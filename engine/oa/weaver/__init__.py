"""Weaver e-cology (泛微): its unified to-dos (统一待办, ofs), which show what we push and open our page. No button, no callback, nothing to be read.

What is known is from client programs and articles, not from pages of the vendor; nothing was tried against a server of theirs. Nothing in a request proves who
sends it: e-cology knows registered systems and lets in known addresses, so a gateway belongs in front of it.
"""

import hashlib
from datetime import UTC, datetime

from engine.oa.contract import Capabilities, Connection, Desk, Field, ItemResult
from engine.oa.limits import Rate
from engine.oa.sink.local_time import ZONE, local
from engine.oa.sink.notices import Notice
from engine.oa.sink.store import Store
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


class Weaver(Store):
    """A connector (`engine.oa.contract.Connector`) to e-cology."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._client = Client(connection, desk)
        super().__init__(connection, desk, Rows(connection, self._client), CAPABILITIES)

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

    def _probe(self) -> None:
        """Delete what never was."""
        self._client.call(DELETE_FOR, {"flowid": "shenpi-health", "userid": "shenpi-health"})

    def close(self) -> None:
        self._client.close()
