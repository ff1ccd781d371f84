"""Landray EKP (蓝凌): its web service of to-dos (sysNotifyTodoWebService), which shows what we push and opens our page. No button, no callback; it can be read.

What is known is from clients that were generated out of its WSDL, not from pages of the vendor; nothing was tried against a server of theirs.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from engine.oa.contract import Capabilities, Connection, Desk, Difference, Field, InstanceSnapshot, ItemResult, Shown
from engine.oa.landray.client import Client
from engine.oa.landray.compare import OPEN, compare
from engine.oa.landray.push import NORMAL, NOTICE, TITLE, Todos
from engine.oa.limits import Rate
from engine.oa.sink.local_time import ZONE, local
from engine.oa.sink.notices import Notice
from engine.oa.sink.store import Store

CAPABILITIES = Capabilities(
    cc=True, client_ids=True, compare=True, notify=True, open_status=OPEN, delete=True, tz_text_times=True, title_max=TITLE,
)  # fmt: skip
FIELDS = (
    Field(
        "app_name", "应用名称 appName", "Name of the application (appName)", required=False, default="shenpi",
        unsure="接口内容来自第三方资料，未在真实环境验证 Known from third parties, not verified against a server",
    ),
    Field("model_name", "模块名称 modelName", "Name of the module (modelName)", required=False, default="shenpi"),
    Field("person_by", "人员字段：LoginName、PersonNo、Id", "What people are named by: LoginName, PersonNo, Id", required=False, default="LoginName"),
    Field("user", "WebService 用户名（可空）", "User of the web service (may be empty)", required=False),
    Field(
        "password", "WebService 密码", "Password of the web service's user", secret=True, required=False,
        unsure="按所填内容原样发送；部分系统要求 MD5 值 It is sent as given; some servers want its MD5",
    ),
    ZONE,
)  # fmt: skip
RATES = {"": (Rate(20, 1.0, burst=5),)}  # no limit is documented: this one is ours
ID_TYPES = ("account",)


class Landray(Store):
    """A connector (`engine.oa.contract.Connector`) to EKP."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._client = Client(connection, desk)
        super().__init__(connection, desk, Todos(connection, self._client), CAPABILITIES)

    def _tell(self, person: str, account: str, notice: Notice) -> ItemResult:
        """Tell somebody by a to-do to be read (type 2), the same for the same notice."""
        settings = self.connection.settings
        fields = {
            "appName": str(settings.get("app_name") or "shenpi"), "modelName": str(settings.get("model_name") or "shenpi"),
            "modelId": hashlib.sha256(notice.key.encode()).hexdigest()[:32], "key": f"n-{hashlib.sha256(person.encode()).hexdigest()[:10]}",
            "type": NOTICE, "level": NORMAL, "subject": notice.title[:TITLE], "link": notice.page, "mobileLink": notice.page,
            "padLink": notice.page, "createTime": local(datetime.now(UTC), self._zone), "targets": self._client.target(account),
        }  # fmt: skip
        self._client.call("sendTodo", fields)
        return ItemResult(person, person=person)

    def compare(self, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
        return compare(self.connection, self._client, snapshot, shown)

    def _probe(self) -> None:
        """Count the to-dos of nobody."""
        self._client.call("getTodoCount", {"target": self._client.target("shenpi-health"), "types": "1"})

    def close(self) -> None:
        self._client.close()
