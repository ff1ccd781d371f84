"""DingTalk: its process centre (自有OA审批), or its to-dos. We keep the flow; tasks are decided on our page, or by buttons where a gateway is registered.

Facts are from alibabacloud-dingtalk 2.2.65 and the pages of open.dingtalk.com; nothing was tried against an organisation of theirs.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from engine.errors import OAError
from engine.oa.contract import (
    Capabilities,
    Connection,
    Desk,
    Difference,
    Event,
    Field,
    Health,
    InstanceSnapshot,
    RawRequest,
    Receipt,
    Received,
    RemoteDepartment,
    RemotePerson,
    Reply,
    Said,
    Shown,
)
from engine.oa.dingtalk import compare, sign_in, stream
from engine.oa.dingtalk.centre import Centre
from engine.oa.dingtalk.client import Client
from engine.oa.dingtalk.contacts import Contacts
from engine.oa.dingtalk.naming import TITLE
from engine.oa.dingtalk.receive import receive, reply
from engine.oa.dingtalk.todo import Todos
from engine.oa.http import Http
from engine.oa.limits import Rate
from engine.oa.standard import Standard

CAPABILITIES = Capabilities(
    callback_actions=True, reason_field=True, compare=True, contacts=True, sign_in=True, due_date=True, delete=True, requires_remote_id=True,
    open_status="RUNNING", listens=True,
    bulk_max=20, title_max=TITLE, form_items_shown=3, desktop_buttons=True,
)  # fmt: skip
UNSURE = "厂商文档说法不一，未在真实组织验证 The vendor's papers differ; not verified against an organisation"
FIELDS = (
    Field("app_key", "AppKey / Client ID", "AppKey / client id"),
    Field("app_secret", "AppSecret / Client Secret", "AppSecret / client secret", secret=True),
    Field("corp_id", "CorpId", "CorpId"),
    Field(
        "mode",
        "方式：centre（流程中心）或 todo（待办）",
        "Mode: centre (process centre) or todo (to-dos)",
        required=False,
        default="centre",
    ),
    Field(
        "api_key",
        "按钮网关数据源 apiKey（为空则打开本系统页面办理）",
        "apiKey of the buttons' gateway; empty: our page is opened",
        required=False,
    ),
    Field(
        "press_secret",
        "按钮回调地址中的密文（自拟）",
        "Secret part of the buttons' address (yours to choose)",
        secret=True,
        required=False,
        unsure=UNSURE,
    ),
    Field("event_token", "事件订阅 Token", "Token of the event subscription", secret=True, required=False),
    Field("event_key", "事件订阅 aes_key（43 位）", "aes_key of the event subscription, 43 characters", secret=True, required=False),
    Field(
        "event_owner", "事件归属：AppKey、CorpId 或 SuiteKey", "Owner of events: AppKey, CorpId or SuiteKey", required=False, unsure=UNSURE
    ),
    Field("stream", "用长连接接收事件（Stream）：1", "Receive events over a connection we hold open (Stream): 1", required=False),
    Field("oapi_url", "通讯录接口地址", "Address of the contacts' API", required=False, default="https://oapi.dingtalk.com"),
    Field("login_url", "登录地址", "Where people sign in", required=False, default="https://login.dingtalk.com"),
)
# 20 calls a second for each app and API in the standard edition; some are left for others of the same app.
RATES = {"": (Rate(16, 1.0, burst=3),)}
ID_TYPES = ("userid", "unionid")


class DingTalk(Standard):
    """A connector (`engine.oa.contract.Connector`) to DingTalk."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._client = Client(connection, desk)
        self._older = Http(replace(connection, base_url=str(connection.settings.get("oapi_url") or "https://oapi.dingtalk.com")), desk)
        self._http = Http(connection, desk)
        self._centre = Centre(connection, desk, self._client)
        self._todos = Todos(connection, desk, self._client)
        self._contacts = Contacts(connection, self._client, self._older)

    @property
    def _by_todos(self) -> bool:
        return self.connection.settings.get("mode") == "todo"

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return self._todos.snapshot(snapshot) if self._by_todos else self._centre.snapshot(snapshot)

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        return self.push(replace(snapshot, status="deleted", tasks=()), None)

    def compare(self, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
        return list(self._todos.compare(shown)) if self._by_todos else compare.compare(self.desk, self._centre, snapshot, shown)

    def receive(self, request: RawRequest, now: datetime) -> Received:
        return receive(self.connection, self.desk, request, now)

    def reply(self, received: Received, said: Said) -> Reply:
        return reply(said)

    def people(self) -> Iterable[RemotePerson]:
        return self._contacts.people()

    def departments(self) -> Iterable[RemoteDepartment]:
        return self._contacts.departments()

    def login_url(self, state: str, redirect: str, proof: str = "") -> str:
        return sign_in.login_url(self.connection, state, redirect)

    def signed_in(self, code: str, redirect: str, proof: str = "") -> Mapping[str, str]:
        return sign_in.signed_in(self.connection, self._client, code)

    def listen(self, take: Callable[[tuple[Event, ...]], None], stop: threading.Event) -> None:
        stream.listen(self.connection, self._http, take, stop)

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        try:
            self._client.token()
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(True, datetime.now(UTC), "")

    def close(self) -> None:
        self._client.close()
        self._older.close()
        self._http.close()
