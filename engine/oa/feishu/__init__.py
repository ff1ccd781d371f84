"""Feishu and Lark: third-party approvals (三方审批). We keep the flow, Feishu shows it, and its people press buttons on their phones.

Facts are from lark-oapi 1.7.5 and the pages of open.feishu.cn; nothing was tried against a tenant of theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from engine.errors import OAError
from engine.oa.contract import (
    Capabilities,
    Connection,
    Desk,
    Difference,
    Field,
    Health,
    InstanceSnapshot,
    OARequest,
    RawRequest,
    Receipt,
    Received,
    RemoteDepartment,
    RemotePerson,
    Reply,
    Said,
    Shown,
)
from engine.oa.feishu import compare, contacts, sign_in
from engine.oa.feishu.client import Client
from engine.oa.feishu.notify import notify
from engine.oa.feishu.push import FORM_CHARACTERS, Push
from engine.oa.feishu.receive import receive, reply
from engine.oa.http import Http
from engine.oa.limits import Rate
from engine.oa.standard import Standard

CAPABILITIES = Capabilities(
    callback_actions=True, custom_actions=True, reason_field=True, attachments=True, cc=True, cc_read_state=True, client_ids=True, compare=True,
    contacts=True, sign_in=True, notify=True, update_order="strict_time", open_status="PENDING",
    urge=True, delete=True, form_items_shown=3, form_chars_max=FORM_CHARACTERS,
)  # fmt: skip
FIELDS = (
    Field("app_id", "App ID", "App ID"),
    Field("app_secret", "App Secret", "App secret", secret=True),
    Field("callback_token", "快捷审批回调 Token（自拟）", "Token of the quick-approval callback (yours to choose)", secret=True),
    Field("callback_key", "快捷审批回调加密 Key（自拟）", "Encryption key of the quick-approval callback (yours to choose)", secret=True),
    Field("event_token", "事件订阅 Verification Token", "Verification token of the event subscription", secret=True, required=False),
    Field("event_key", "事件订阅 Encrypt Key", "Encrypt key of the event subscription", secret=True, required=False),
    Field("user_id_type", "人员编号：user_id、open_id、union_id", "People's ids: user_id, open_id, union_id", required=False, default="user_id"),
    Field("group_code", "审批分组编码", "Code of the approval group", required=False, default="shenpi"),
    Field("group_name", "审批分组名称", "Name of the approval group", required=False, default="审批"),
    Field("accounts_url", "登录地址", "Where people sign in", required=False, default="https://accounts.feishu.cn"),
    Field(
        "message_template", "机器人消息模板编号", "Template of bot messages", required=False, default="1008",
        unsure="未在真实租户验证 Not verified against a tenant",
    ),
)  # fmt: skip
# The vendor's limits are 50 a second and 1,000 a minute for each API; what may come at once is counted in, and some is left for others of the same app.
RATES = {"": (Rate(40, 1.0, burst=5), Rate(900, 60.0, burst=50))}
ID_TYPES = ("user_id", "open_id", "union_id")


class Feishu(Standard):
    """A connector (`engine.oa.contract.Connector`) to Feishu or Lark."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._client = Client(connection, desk)
        self._http = Http(connection, desk)
        self._push = Push(connection, desk, self._client)

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return self._push.snapshot(snapshot)

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        return self._push.remove(snapshot)

    def call(self, request: OARequest) -> Receipt:
        if request.operation == "oa.notify":
            return notify(self.connection, self.desk, self._client, request)
        return super().call(request)

    def compare(self, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
        return compare.compare(self._client, snapshot, shown)

    def receive(self, request: RawRequest, now: datetime) -> Received:
        return receive(self.connection, request, now)

    def reply(self, received: Received, said: Said) -> Reply:
        return reply(said)

    def people(self) -> Iterable[RemotePerson]:
        return contacts.people(self._client)

    def departments(self) -> Iterable[RemoteDepartment]:
        return contacts.departments(self._client)

    def login_url(self, state: str, redirect: str, proof: str = "") -> str:
        return sign_in.login_url(self.connection, state, redirect, proof)

    def signed_in(self, code: str, redirect: str, proof: str = "") -> Mapping[str, str]:
        return sign_in.signed_in(self.connection, self._http, code, redirect, proof)

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        try:
            asked = {"instance_id": "i-health", "update_time": 0, "tasks": []}  # nothing has this id: the answer says that it is not there
            self._client.call("POST", compare.CHECK, body={"instances": [asked]})
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(True, datetime.now(UTC), "")

    def close(self) -> None:
        self._client.close()
        self._http.close()
