"""What goes to office systems and comes from them."""

from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l

from api.pages.words.sign import Sign, Words

DELIVERIES = {
    "pending": Sign(_l("等待发送"), "clock", "running"),
    "sending": Sign(_l("正在发送"), "circle-dot", "running"),
    "retry": Sign(_l("稍后重试"), "refresh", "return"),
    "sent": Sign(_l("已送达"), "circle-check", "approve"),
    "unknown": Sign(_l("结果不明，待核对"), "alert-triangle", "return"),
    "superseded": Sign(_l("已被更新的状态取代"), "history", "withdraw"),
    "dead": Sign(_l("被拒收"), "circle-x", "reject"),
}
DELIVERY_FILTERS = Words({"failed": _l("失败（拒收或不明）"), "waiting": _l("在途（等待、发送、重试）")})
PURPOSES = Words(
    {
        "push": _l("推送待办"),
        "call": _l("通知或登记"),
        "compare": _l("对账"),
        "people": _l("读通讯录"),
        "sign-in": _l("登录"),
        "health": _l("健康检查"),
        "check": _l("测试"),
    }
)
SWITCHES = {"on": Sign(_l("已启用"), "circle-check", "approve"), "off": Sign(_l("未启用"), "player-pause", "withdraw")}
MESSAGES = {
    "received": Sign(_l("正在处理"), "circle-dot", "running"),
    "applied": Sign(_l("已生效"), "circle-check", "approve"),
    "ignored": Sign(_l("没有生效"), "x", "withdraw"),
}
#: what connectors say of to-dos that they cannot show
HOLDS = Words(
    {
        "no id of this person is known here": _l("没有此人在这个办公系统里的编号"),
        "no unionId of this person is known here": _l("没有此人的 unionId"),
    }
)
OUTSIDE = "The office system did not do what was asked: "  #: before the reason of every failure; the page says so itself
TOLD = Words(
    {
        "task.approved": _l("按了同意"),
        "task.rejected": _l("按了驳回"),
        "task.action": _l("按了按钮"),
        "task.read": _l("看过待办"),
        "user.changed": _l("人员有变动"),
        "user.disabled": _l("人员离开"),
        "department.changed": _l("部门有变动"),
        "unsupported": _l("不支持的事件"),
    }
)
CHECKS = {
    "waiting": Sign(_l("正在测试"), "circle-dot", "running"),
    "ok": Sign(lazy_pgettext("check", "正常"), "circle-check", "approve"),
    "failed": Sign(_l("不通"), "circle-x", "reject"),
}
CHECK_WHATS = Words(
    {
        "health": _l("连通与令牌"),
        "contacts": _l("读通讯录"),
        "notice": _l("发测试消息"),
        "callback": _l("回调地址可达"),
    }
)
MODULES = Words(
    {
        "tasks": _l("待办"),
        "notices": _l("通知"),
        "requests": _l("登记与请求"),
        "people": _l("人员与组织"),
        "sign_in": _l("登录"),
    }
)
MODULE_TEXTS = Words(
    {
        "tasks": _l("每一步的待办送过去，办完即关"),
        "notices": _l("催办、抄送、结果"),
        "requests": _l("流程图里的登记归档等请求"),
        "people": _l("读通讯录，同步组织"),
        "sign_in": _l("用它的账号登录"),
    }
)
TARGETS = Words({"target_share": _l("目标比例（%）"), "target_seconds": _l("目标秒数"), "rate_factor": _l("限流倍数（与对方谈定的）")})
WAYS = Words({"number": _l("工号相同"), "mobile": _l("手机相同"), "email": _l("邮箱相同"), "mapped": _l("已对应，补其他编号")})
CAPABILITIES = Words(
    {
        "callbackActions": _l("在办公系统里按按钮"),
        "customActions": _l("自定义按钮"),
        "reasonField": _l("填写意见"),
        "attachments": lazy_pgettext("capability", "附件"),
        "cc": lazy_pgettext("capability", "抄送"),
        "ccReadState": _l("抄送已读"),
        "clientIds": _l("编号由我们定"),
        "compare": _l("对账"),
        "contacts": _l("读通讯录"),
        "signIn": _l("登录"),
        "notify": _l("发消息"),
        "dueDate": _l("到期时间"),
        "urge": lazy_pgettext("capability", "催办"),
        "delete": _l("删除"),
        "desktopButtons": _l("电脑端按钮"),
        "tzTextTimes": _l("时间为本地文字"),
        "requiresRemoteId": _l("须先取得对方编号"),
        "listens": _l("由我们保持连接收消息"),
    }
)
DIFFERENCES = Words({"missing_there": _l("对方缺少"), "missing_here": _l("对方多出"), "field_differs": _l("两边不同")})
DIFFERING = Words({"case": _l("整个流程"), "task": _l("待办"), "copy": _l("抄送"), "theirs": _l("对方的待办")})
DIFFERENCE_FIELDS = Words({"status": _l("状态"), "update_time": _l("更新时间")})
TAKING_OURS = Words(
    {
        "missing_there": _l("在对方补上这一条"),
        "missing_here": _l("在对方关闭这一条"),
        "field_differs": _l("把对方改写成本系统的内容"),
    }
)
RESOLUTIONS = Words({"ours": _l("已以本系统为准"), "pushed": _l("已重新推送"), "ignored": _l("已忽略"), "gone": _l("已消失")})


def reason(text: str | None) -> LazyString | str:
    """Return why an office system did not do something, as people read it beside a word that says so."""
    plain = (text or "").removeprefix(OUTSIDE)
    return HOLDS.get(plain, plain)
