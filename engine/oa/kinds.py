"""The kinds of office systems that can be connected: one line each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine.oa import cloudevents, dingtalk, feishu, landray, oidc, seeyon, weaver, webhook, wecom
from engine.oa.contract import Connection, Connector, Desk, Field
from engine.oa.limits import Rate


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of office system: its names, how it is opened, what must be given, how often each of its APIs may be called, and its usual address."""

    zh: str
    en: str
    connector: Callable[[Connection, Desk], Connector]
    fields: tuple[Field, ...] = ()
    rates: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    base_url: str = ""
    id_types: tuple[str, ...] = ("",)  #: the kinds of ids that its people have; the first is the one that is shown to people
    doors: tuple[str, ...] = ("callback",)  #: the addresses of ours that the OA calls
    chronicle: bool = False  #: it is told what happened, and not only how things stand
    compares: bool = True  #: what it shows can be compared with what we have
    scope: Mapping[str, bool] = field(default_factory=dict)  #: what a new connection of it is not for

    def limits(self, connection: Connection) -> dict[str, tuple[Rate, ...]]:
        """Return the limits of one connection: the vendor's, times what an administrator has agreed with it (`rate_factor`) where that can be."""
        factor = float(connection.settings.get("rate_factor") or 1)
        return {
            api: tuple(
                rate if rate.fixed else Rate(rate.calls, rate.seconds / factor, max(1, round(rate.burst * factor))) for rate in rates
            )
            for api, rates in self.rates.items()
        }


#: what is given for every kind
COMMON = (
    Field(
        "frame_hosts", "可嵌入本系统页面的主机（逗号分隔）", "Hosts that may show our pages in a frame, with commas between", required=False
    ),
)
#: what is given for a kind that can be compared
MEND = Field(
    "mend",
    "对账差异自动以本系统为准：yes 或 no",
    "Where an office system differs, ours is taken by itself: yes or no",
    required=False,
    default="yes",
)
_OWN: Mapping[str, Kind] = {
    "webhook": Kind("通用签名 Webhook", "Generic signed webhook", webhook.Webhook, webhook.FIELDS, compares=False),
    "feishu": Kind(
        "飞书 / Lark",
        "Feishu / Lark",
        feishu.Feishu,
        feishu.FIELDS,
        feishu.RATES,
        "https://open.feishu.cn",
        feishu.ID_TYPES,
        ("callback", "events"),
    ),
    "dingtalk": Kind(
        "钉钉",
        "DingTalk",
        dingtalk.DingTalk,
        dingtalk.FIELDS,
        dingtalk.RATES,
        "https://api.dingtalk.com",
        dingtalk.ID_TYPES,
        ("press-…", "events"),
    ),
    "wecom": Kind(
        "企业微信",
        "WeCom",
        wecom.WeCom,
        wecom.FIELDS,
        wecom.RATES,
        "https://qyapi.weixin.qq.com",
        wecom.ID_TYPES,
    ),
    "weaver": Kind(
        "泛微 e-cology 统一待办",
        "Weaver e-cology, unified to-dos",
        weaver.Weaver,
        weaver.FIELDS,
        weaver.RATES,
        id_types=weaver.ID_TYPES,
        doors=(),
    ),
    "seeyon": Kind(
        "致远 第三方待办",
        "Seeyon, third-party pending",
        seeyon.Seeyon,
        seeyon.FIELDS,
        seeyon.RATES,
        id_types=seeyon.ID_TYPES,
        doors=(),
    ),
    "landray": Kind(
        "蓝凌 EKP 待办",
        "Landray EKP, to-dos",
        landray.Landray,
        landray.FIELDS,
        landray.RATES,
        id_types=landray.ID_TYPES,
        doors=(),
    ),
    "cloudevents": Kind(
        "事件推送（CloudEvents）",
        "Events out (CloudEvents)",
        cloudevents.CloudEvents,
        cloudevents.FIELDS,
        doors=(),
        chronicle=True,
        compares=False,
        scope=cloudevents.SCOPE,
    ),
    "oidc": Kind(
        "OpenID Connect 登录",
        "OpenID Connect sign-in",
        oidc.OpenIdConnect,
        oidc.FIELDS,
        id_types=oidc.ID_TYPES,
        doors=(),
        compares=False,
        scope=oidc.SCOPE,
    ),
}
KINDS: Mapping[str, Kind] = {
    name: replace(kind, fields=(*kind.fields, *COMMON, *((MEND,) if kind.compares else ()))) for name, kind in _OWN.items()
}
