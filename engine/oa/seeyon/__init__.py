"""Seeyon (致远): pending items of a third-party system (第三方待办), which show what we push and open our page. No button, no callback, nothing to be read.

Facts are from the vendor's developer pages on third-party pending and from client programs; nothing was tried against a server of theirs.
"""

import hashlib
from datetime import UTC, datetime

from engine.oa.contract import Capabilities, Connection, Desk, Field, ItemResult
from engine.oa.limits import Rate
from engine.oa.seeyon.client import Client
from engine.oa.seeyon.push import BULK, TITLE, UPDATE, Pendings
from engine.oa.sink.local_time import ZONE, local
from engine.oa.sink.notices import Notice
from engine.oa.sink.store import Store

CAPABILITIES = Capabilities(
    client_ids=True, notify=True, delete=True, open_status="open", tz_text_times=True, bulk_max=BULK, title_max=TITLE
)
FIELDS = (
    Field("user", "REST 用户名", "REST user"),
    Field("password", "REST 密码", "Password of the REST user", secret=True),
    Field(
        "register_code", "第三方系统注册编码 registerCode", "Code of the registered system (registerCode)",
        unsure="未在真实环境验证；errorMsgs 的格式、消息接口的字段来自第三方资料 "
        "Not verified against a server; the form of errorMsgs and the fields of messages are known from third parties",
    ),
    ZONE,
)  # fmt: skip
RATES = {"": (Rate(20, 1.0, burst=5),)}  # no limit is documented: this one is ours
ID_TYPES = ("account",)
MESSAGE = "/seeyon/rest/thirdpartyMessage/receive/singleMessage"


class Seeyon(Store):
    """A connector (`engine.oa.contract.Connector`) to Seeyon."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._client = Client(connection, desk)
        super().__init__(connection, desk, Pendings(connection, self._client), CAPABILITIES)

    def _tell(self, person: str, account: str, notice: Notice) -> ItemResult:
        """Tell somebody by a message. Fields as client programs send them: the vendor's page on messages was not to be had."""
        body = {
            "thirdpartyMessageId": hashlib.sha256(f"{notice.key}:{person}".encode()).hexdigest()[:32],
            "thirdpartyRegisterCode": str(self.connection.settings.get("register_code") or ""), "messageContent": f"{notice.title} {notice.text}"[:500],
            "thirdpartyReceiverId": account, "noneBindingReceiver": account, "creation_date": local(datetime.now(UTC), self._zone),
            "messageType": "4", "messageURL": notice.page, "messageH5URL": notice.page,
        }  # fmt: skip
        self._client.one(MESSAGE, body)
        return ItemResult(person, person=person)

    def _probe(self) -> None:
        """Close what never was."""
        self._client.one(UPDATE, {"registerCode": str(self.connection.settings.get("register_code") or ""), "taskId": "shenpi-health"})

    def close(self) -> None:
        self._client.close()
