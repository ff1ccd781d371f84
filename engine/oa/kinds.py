"""The kinds of office systems that can be connected: one line each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.oa import dingtalk, feishu, landray, seeyon, weaver, webhook, wecom
from engine.oa.contract import Connection, Connector, Desk, Field
from engine.oa.desk import Rate


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

    def limits(self, connection: Connection) -> dict[str, tuple[Rate, ...]]:
        """Return the limits of one connection: the vendor's, times what an administrator has agreed with it (`rate_factor`)."""
        factor = float(connection.settings.get("rate_factor") or 1)
        return {
            api: tuple(Rate(rate.calls, rate.seconds / factor, max(1, round(rate.burst * factor))) for rate in rates)
            for api, rates in self.rates.items()
        }


KINDS: Mapping[str, Kind] = {
    "webhook": Kind("通用签名 Webhook", "Generic signed webhook", webhook.Webhook, webhook.FIELDS),
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
}
