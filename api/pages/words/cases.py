"""What happens to a case, its tasks and its archive item."""

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from api.pages.words.sign import Sign, Words

DECISIONS = {
    "approve": Sign(_l("同意"), "circle-check", "approve"),
    "reject": Sign(_l("驳回"), "circle-x", "reject"),
    "return": Sign(_l("退回"), "arrow-back-up", "return"),
    "resubmit": Sign(_l("重新提交"), "refresh", "running"),
    "recheck": Sign(_l("重新检测"), "refresh", "running"),
    "withdraw": Sign(_l("撤回"), "arrow-back-up", "withdraw"),
}
#: the same after the act: other languages than Chinese have another form for it
DECIDED = {
    "approve": Sign(lazy_pgettext("done", "同意"), "circle-check", "approve"),
    "reject": Sign(lazy_pgettext("done", "驳回"), "circle-x", "reject"),
    "return": Sign(lazy_pgettext("done", "退回"), "arrow-back-up", "return"),
    "resubmit": Sign(lazy_pgettext("done", "重新提交"), "refresh", "running"),
    "recheck": Sign(lazy_pgettext("done", "重新检测"), "refresh", "running"),
    "withdraw": Sign(lazy_pgettext("done", "撤回"), "arrow-back-up", "withdraw"),
}
CASES = {
    "running": Sign(_l("进行中"), "circle-dot", "running"),
    "suspended": Sign(_l("已挂起"), "player-pause", "withdraw"),
    "approve": Sign(lazy_pgettext("done", "通过"), "circle-check", "approve"),
    "reject": Sign(lazy_pgettext("done", "驳回"), "circle-x", "reject"),
    "completed": Sign(_l("已完成"), "circle-check", "approve"),
    "error": Sign(_l("出错结束"), "alert-triangle", "reject"),
    "withdrawn": Sign(_l("已撤回"), "arrow-back-up", "withdraw"),
    "terminated": Sign(_l("已终止"), "hand-stop", "withdraw"),
    "revoked": Sign(_l("已撤销"), "arrow-back-up", "withdraw"),
}
#: why a task was closed without a decision
CLOSED = Words(
    {
        "decided": _l("已由他人决定，无需办理"),
        "returned": _l("流程已退回"),
        "rejected": _l("流程已驳回"),
        "removed": _l("已减签"),
        "jumped": _l("流程已跳转"),
        "taken-back": _l("上一步已拿回"),
        "withdrawn": _l("流程已被撤回"),
        "interrupted": _l("流程已走向别处"),
        "terminated": _l("流程已被终止"),
        "reassigned": _l("已重新分配"),
    }
)
PLACES = Words({"before": _l("之前"), "after": _l("之后"), "beside": _l("并行")})
EVENTS = Words(
    {
        "instance:started": lazy_pgettext("done", "提交"),
        "instance:completed": _l("流程结束"),
        "instance:withdrawn": lazy_pgettext("done", "撤回"),
        "instance:terminated": lazy_pgettext("done", "终止"),
        "path:taken": _l("经过"),
        "task:created": _l("产生待办"),
        "task:claimed": lazy_pgettext("done", "领取"),
        "task:unclaimed": lazy_pgettext("done", "放回"),
        "task:completed": _l("办理"),
        "task:transferred": lazy_pgettext("done", "转办"),
        "task:canceled": _l("待办取消"),
        "task:reminded": _l("催办"),
        "variables:changed": _l("变量改变"),
        "operation:completed": _l("系统处理完成"),
        "job:created": _l("作业排队"),
        "job:failed": _l("作业失败"),
        "job:completed": _l("作业完成"),
        "timer:created": _l("定时设定"),
        "timer:fired": _l("定时到期"),
        "incident:raised": _l("出现异常"),
        "incident:resolved": _l("异常解除"),
        "oa:delivered": _l("已送达办公系统"),
        "oa:refused": _l("办公系统拒收"),
        "oa:unknown": _l("送达结果不明"),
        "decision:evaluated": _l("决策表"),
        "archive:sealed": _l("归档封存"),
        "instance:suspended": lazy_pgettext("done", "挂起"),
        "instance:resumed": lazy_pgettext("done", "恢复"),
        "call:entered": _l("进入调用的流程"),
        "operation:failed": _l("系统处理报错"),
        "job:errored": _l("作业报错"),
        "task:paused": _l("到达保存点"),
        "task:continued": _l("从保存点继续"),
        "message:received": _l("收到消息"),
        "message:thrown": _l("发出消息"),
        "signal:received": _l("收到信号"),
        "signal:thrown": _l("发出信号"),
        "error:uncaught": _l("错误未被捕获"),
        "escalation:uncaught": _l("升级未被捕获"),
        "timer:reckoned": _l("推算时间"),
        "task:passed": _l("自动处理"),
        "task:delegated": lazy_pgettext("done", "委派"),
        "task:resolved": _l("委派回复"),
        "task:returned": lazy_pgettext("done", "退回"),
        "task:taken_back": lazy_pgettext("done", "拿回"),
        "task:signer_added": _l("加签"),
        "task:signer_removed": _l("减签"),
        "task:urged": lazy_pgettext("done", "催办"),
        "task:escalated": _l("超时转交"),
        "comment:added": _l("评论"),
        "instance:copied": lazy_pgettext("done", "抄送"),
        "instance:revoked": lazy_pgettext("done", "撤销"),
        "instance:jumped": lazy_pgettext("done", "跳转"),
    }
)
INCIDENTS = Words(
    {
        "job": _l("作业失败"),
        "element": _l("流程节点失败"),
        "delivery": _l("办公系统同步失败"),
    }
)
RESOLVED = Words(
    {
        "retried": _l("已重试"),
        "resolved": _l("已跳过"),
        "assigned": _l("已指定处理人"),
        "ended": _l("流程已走向别处，不用处理"),
    }
)
ITEMS = {
    "collecting": Sign(_l("收集中"), "circle-dot", "running"),
    "filed": Sign(_l("已编号"), "circle-dot", "running"),
    "sealed": Sign(_l("已归档"), "circle-check", "approve"),
    "revoked": Sign(_l("已撤销"), "arrow-back-up", "withdraw"),
}


def decision(outcome: str | None) -> Sign:
    """Return how a decision is offered."""
    return DECISIONS.get(outcome or "", Sign(outcome or "—", "circle-check", "running"))


def decided(outcome: str | None) -> Sign:
    """Return how a decision that was taken is shown."""
    return DECIDED.get(outcome or "", Sign(outcome or "—", "circle-check", "running"))


def case_sign(status: str, outcome: str | None) -> Sign:
    """Return how the state of a case is shown: its life cycle while it runs, then its outcome."""
    return CASES.get(outcome or "", CASES["completed"]) if status == "completed" else CASES[status]
