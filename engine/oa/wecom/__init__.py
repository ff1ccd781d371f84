"""WeCom (企业微信): template cards with buttons, and our page. Nobody can push to-dos of other systems into its list, and no list tells us what it shows.

Facts are from pages of developer.work.weixin.qq.com and from client libraries; nothing was tried against a company of theirs. A card has no place for a reason.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from engine.errors import OAError
from engine.oa.contract import (
    Capabilities,
    Connection,
    Desk,
    Field,
    Health,
    InstanceSnapshot,
    ItemResult,
    OARequest,
    RawRequest,
    Receipt,
    Received,
    RemoteDepartment,
    RemotePerson,
    Reply,
    Said,
)
from engine.oa.limits import Rate
from engine.oa.sink.notices import Notice, read_notice
from engine.oa.standard import Standard
from engine.oa.wecom import contacts, sign_in
from engine.oa.wecom.card import MOST_LINES, TITLE
from engine.oa.wecom.client import TOKEN_PATH, Client, UnknownPerson
from engine.oa.wecom.push import OPEN, SAME_FOR, SEND, UPDATE, Push
from engine.oa.wecom.receive import EMPTY, receive

CAPABILITIES = Capabilities(
    callback_actions=True, custom_actions=True, client_ids=True, contacts=True, sign_in=True, notify=True, open_status=OPEN, desktop_buttons=True,
    title_max=TITLE, form_items_shown=MOST_LINES,
)  # fmt: skip
FIELDS = (
    Field("corp_id", "企业 ID（corpid）", "Company id (corpid)"),
    Field("agent_id", "应用 AgentId", "App number (AgentId)"),
    Field("corp_secret", "应用 Secret", "App secret", secret=True),
    Field("callback_token", "接收消息 Token", "Token of callbacks", secret=True),
    Field("callback_key", "接收消息 EncodingAESKey", "EncodingAESKey of callbacks", secret=True),
    Field(
        "callback_owner", "回调密文末尾的 ID（默认企业 ID）", "The id at the end of a sealed callback (the company's if empty)", required=False,
        unsure="第三方应用为 suiteid，个人开发者为空 A suite's id for third-party apps, empty for a personal developer",
    ),
    Field(
        "login_page", "登录方式：client（客户端内）、browser（浏览器扫码）", "Sign-in: client (inside WeCom), browser (by a code to scan)", required=False,
        default="client", unsure="未在真实企业验证；卡片 task_id 重复、去重应答、response_code 失效的错误码未有文档 Not verified against a company; the codes "
        "for a task_id used before and a response_code used up, and the answer to a duplicate, are not documented",
    ),
    Field("login_url", "登录地址（留空为企业微信）", "Where people sign in (WeCom's if empty)", required=False),
)  # fmt: skip
# The vendor's limits: an API 10,000 a minute a company, and a person 30 messages a minute and 1,000 an hour of an app, beyond which they are thrown away
# without a word; the last is the limit of every name that is not listed, one a person (`member/...`).
USUAL = (Rate(40, 1.0, burst=10),)
LISTED = (SEND, UPDATE, TOKEN_PATH, contacts.DEPARTMENTS, contacts.PEOPLE, sign_in.USER)
RATES = {"": (Rate(20, 60.0, burst=8, fixed=True), Rate(900, 3600.0, burst=60, fixed=True)), **dict.fromkeys(LISTED, USUAL)}
ID_TYPES = ("userid",)


class WeCom(Standard):
    """A connector (`engine.oa.contract.Connector`) to WeCom."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._client = Client(connection, desk)
        self._push = Push(connection, desk, self._client)

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return self._push.snapshot(snapshot)

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        return self._push.remove(snapshot)

    def call(self, request: OARequest) -> Receipt:
        notice = read_notice(self.connection, self.desk, request, ID_TYPES[0])
        return notice.tell(self._tell) if notice is not None else super().call(request)

    def _tell(self, person: str, account: str, notice: Notice) -> ItemResult:
        """Tell somebody by a message with a link to the case; the same message twice is one."""
        self.desk.wait(f"member/{account}")
        card = {
            "title": notice.title[:128], "description": notice.text[:512] or notice.title[:128], "url": self.connection.link(notice.page),
            "btntxt": "查看",
        }  # fmt: skip
        body = {
            "touser": account, "msgtype": "textcard", "agentid": self._push.agent, "textcard": card, "enable_duplicate_check": 1,
            "duplicate_check_interval": SAME_FOR,
        }  # fmt: skip
        answer = self._client.call("POST", SEND, body=body)
        if answer.get("invaliduser"):
            raise UnknownPerson(connection=self.connection.key, reason="invaliduser", number=81013)
        return ItemResult(person, remote_id=str(answer.get("msgid") or "") or None, person=person)

    def receive(self, request: RawRequest, now: datetime) -> Received:
        return receive(self.connection, self.desk, request, now)

    def reply(self, received: Received, said: Said) -> Reply:
        return EMPTY

    def people(self) -> Iterable[RemotePerson]:
        return contacts.people(self._client)

    def departments(self) -> Iterable[RemoteDepartment]:
        return contacts.departments(self._client)

    def login_url(self, state: str, redirect: str, proof: str = "") -> str:
        return sign_in.login_url(self.connection, state, redirect)

    def signed_in(self, code: str, redirect: str, proof: str = "") -> Mapping[str, str]:
        return sign_in.signed_in(self._client, code)

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        try:
            self._client.fetch()
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(True, datetime.now(UTC), "")

    def close(self) -> None:
        self._client.close()
