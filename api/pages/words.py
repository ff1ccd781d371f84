"""The words for what the tables hold as codes. One word for one thing, Chinese first; what has no word is shown as it is."""

from dataclasses import dataclass

from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l

Words = dict[str, LazyString]


@dataclass(frozen=True, slots=True)
class Sign:
    """An outcome or a state as people see it: word and icon, and a colour that says nothing alone."""

    label: LazyString | str
    icon: str
    kind: str  #: ends the CSS class `outcome-…`


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
SEVERITIES = {
    "block": Sign(_l("不通过"), "circle-x", "reject"),
    "warn": Sign(_l("提示"), "alert-triangle", "return"),
    "info": Sign(_l("说明"), "info-circle", "withdraw"),
    "ok": Sign(_l("通过"), "circle-check", "approve"),
}
DELIVERIES = {
    "pending": Sign(_l("等待发送"), "clock", "running"),
    "sending": Sign(_l("正在发送"), "circle-dot", "running"),
    "retry": Sign(_l("稍后重试"), "refresh", "return"),
    "sent": Sign(_l("已送达"), "circle-check", "approve"),
    "unknown": Sign(_l("结果不明，待核对"), "alert-triangle", "return"),
    "superseded": Sign(_l("已被更新的状态取代"), "history", "withdraw"),
    "dead": Sign(_l("被拒收"), "circle-x", "reject"),
}
DELIVERY_FILTERS: Words = {"failed": _l("失败（拒收或不明）"), "waiting": _l("在途（等待、发送、重试）")}
PURPOSES: Words = {
    "push": _l("推送待办"),
    "call": _l("通知或登记"),
    "compare": _l("对账"),
    "people": _l("读通讯录"),
    "sign-in": _l("登录"),
    "health": _l("健康检查"),
    "check": _l("测试"),
}
SWITCHES = {"on": Sign(_l("已启用"), "circle-check", "approve"), "off": Sign(_l("未启用"), "player-pause", "withdraw")}
MESSAGES = {
    "received": Sign(_l("正在处理"), "circle-dot", "running"),
    "applied": Sign(_l("已生效"), "circle-check", "approve"),
    "ignored": Sign(_l("没有生效"), "x", "withdraw"),
}
ENTERING = {
    "in": Sign(_l("已登录"), "circle-check", "approve"),
    "unknown": Sign(_l("没有进来：不认识"), "x", "reject"),
    "barred": Sign(_l("没有进来：已锁定或停用"), "x", "reject"),
    "unfinished": Sign(_l("没有完成：被拒绝、取消或没有应答"), "x", "withdraw"),
}
#: what connectors say of to-dos that they cannot show
HOLDS: Words = {
    "no id of this person is known here": _l("没有此人在这个办公系统里的编号"),
    "no unionId of this person is known here": _l("没有此人的 unionId"),
}
OUTSIDE = "The office system did not do what was asked: "  #: before the reason of every failure; the page says so itself
TOLD: Words = {
    "task.approved": _l("按了同意"),
    "task.rejected": _l("按了驳回"),
    "task.action": _l("按了按钮"),
    "task.read": _l("看过待办"),
    "user.changed": _l("人员有变动"),
    "user.disabled": _l("人员离开"),
    "department.changed": _l("部门有变动"),
    "unsupported": _l("不支持的事件"),
}
CHECKS = {
    "waiting": Sign(_l("正在测试"), "circle-dot", "running"),
    "ok": Sign(lazy_pgettext("check", "正常"), "circle-check", "approve"),
    "failed": Sign(_l("不通"), "circle-x", "reject"),
}
CHECK_WHATS: Words = {
    "health": _l("连通与令牌"),
    "contacts": _l("读通讯录"),
    "notice": _l("发测试消息"),
    "callback": _l("回调地址可达"),
}
MODULES: Words = {
    "tasks": _l("待办"),
    "notices": _l("通知"),
    "requests": _l("登记与请求"),
    "people": _l("人员与组织"),
    "sign_in": _l("登录"),
}
MODULE_TEXTS: Words = {
    "tasks": _l("每一步的待办送过去，办完即关"),
    "notices": _l("催办、抄送、结果"),
    "requests": _l("流程图里的登记归档等请求"),
    "people": _l("读通讯录，同步组织"),
    "sign_in": _l("用它的账号登录"),
}
TARGETS: Words = {"target_share": _l("目标比例（%）"), "target_seconds": _l("目标秒数"), "rate_factor": _l("限流倍数（与对方谈定的）")}
WAYS: Words = {"number": _l("工号相同"), "mobile": _l("手机相同"), "email": _l("邮箱相同"), "mapped": _l("已对应，补其他编号")}
CAPABILITIES: Words = {
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
ITEMS = {
    "collecting": Sign(_l("收集中"), "circle-dot", "running"),
    "filed": Sign(_l("已编号"), "circle-dot", "running"),
    "sealed": Sign(_l("已归档"), "circle-check", "approve"),
    "revoked": Sign(_l("已撤销"), "arrow-back-up", "withdraw"),
}
#: why a task was closed without a decision
CLOSED: Words = {
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
PLACES: Words = {"before": _l("之前"), "after": _l("之后"), "beside": _l("并行")}
UPLOADS = {
    "new": Sign(_l("新"), "circle-check", "approve"),
    "again": Sign(_l("再次提交"), "circle-check", "approve"),
    "corrected": Sign(_l("已更正"), "circle-check", "approve"),
    "attached": Sign(_l("已附加"), "link", "running"),
    "exists": Sign(_l("已存在"), "info-circle", "running"),
    "incomplete": Sign(_l("需要补充"), "edit", "return"),
    "contradicts": Sign(_l("与已有记录不一致"), "circle-x", "reject"),
    "tampered": Sign(_l("盖章后被改动"), "circle-x", "reject"),
    "unreadable": Sign(_l("无法识别"), "circle-x", "reject"),
    "not-an-invoice": Sign(_l("不是发票"), "circle-x", "reject"),
    "too-large": Sign(_l("文件太大"), "circle-x", "reject"),
}
EVENTS: Words = {
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
FORMATS: Words = {
    "ubl": _l("UBL 电子发票 (XML)"),
    "cii": _l("CII 电子发票 (XML)"),
    "facturx": _l("Factur-X / ZUGFeRD (PDF)"),
    "einvoice": _l("数电票 (XML)"),
    "ofd": _l("电子发票 (OFD)"),
    "xbrl": _l("会计数据标准 (XBRL)"),
    "pdf": _l("发票打印件 (PDF)"),
    "image": _l("发票照片"),
    "typed": _l("手工录入"),
}
KINDS: Words = {
    "special": _l("增值税专用发票"),
    "ordinary": _l("普通发票"),
    "toll": _l("通行费发票"),
    "rail": _l("铁路电子客票"),
    "air": _l("航空电子客票行程单"),
}
CARRIERS: Words = {
    "original": _l("原件"),
    "carrier": _l("其他格式"),
    "copy": _l("副本"),
    "attachment": _l("附件"),
}
FIELDS: Words = {
    "number": _l("发票号码"),
    "code": _l("发票代码"),
    "issueDate": _l("开票日期"),
    "currency": _l("币种"),
    "net": _l("不含税金额"),
    "tax": _l("税额"),
    "gross": _l("价税合计"),
    "seller.name": _l("销售方名称"),
    "seller.taxId": _l("销售方税号"),
    "buyer.name": _l("购买方名称"),
    "buyer.taxId": _l("购买方税号"),
}
EVIDENCE: Words = {
    "net": _l("不含税金额"),
    "tax": _l("税额"),
    "levies": _l("代收"),
    "gross": _l("价税合计"),
    "payable": _l("应付"),
    "prepaid": _l("预付"),
    "rounding": _l("尾差"),
    "computed": _l("计算值"),
    "stated": _l("票面"),
    "tolerance": _l("允许误差"),
    "words": _l("大写"),
    "buyerName": _l("购买方名称"),
    "buyerTaxId": _l("购买方税号"),
    "expectedName": _l("应为"),
    "taxId": _l("税号"),
    "name": _l("名称"),
    "identity": _l("识别号"),
    "existing": _l("已有"),
    "seals": _l("印章数"),
    "digests": _l("摘要"),
    "dataHash": _l("签名数据摘要"),
    "signature": _l("签名"),
    "period": _l("证书有效期"),
    "trust": _l("信任链"),
    "signer": _l("签章人"),
    "wrong": _l("被改动"),
    "uncovered": _l("未覆盖"),
    "syntax": _l("格式"),
}
ROLES: Words = {
    "initiator": _l("发起人"),
    "approver": _l("审批人"),
    "finance": _l("财务"),
    "archivist": _l("档案员"),
    "auditor": _l("审计员"),
    "designer": _l("流程设计师"),
    "operator": _l("运维"),
    "administrator": _l("管理员"),
}
SUBSTITUTIONS = {
    "now": Sign(_l("生效中"), "circle-dot", "running"),
    "coming": Sign(_l("未开始"), "clock", "withdraw"),
    "over": Sign(_l("已结束"), "check", "withdraw"),
    "revoked": Sign(_l("已撤销"), "x", "withdraw"),
}
OVERRIDES = {
    "asked": Sign(_l("待批准"), "clock", "return"),
    "approved": Sign(_l("已批准"), "circle-check", "approve"),
    "refused": Sign(_l("未批准"), "circle-x", "reject"),
}
DUTIES: Words = {
    "initiator": _l("发起人不审批自己的流程"),
    "elements": _l("两个任务由两个人办理"),
    "group-task": _l("某组成员不办理某流程"),
    "groups": _l("没有人同时在两个组"),
}
APPROVERS: Words = {"person": lazy_pgettext("one", "人员"), "post": lazy_pgettext("one", "岗位"), "group": lazy_pgettext("one", "组")}
TABLES: Words = {"people": _l("人员"), "departments": _l("部门"), "posts": _l("岗位"), "groups": _l("组")}
FIELDS: Words = {
    "name": _l("名称"), "email": _l("邮箱"), "mobile": _l("手机"), "department": _l("部门"), "departments": _l("其他部门"), "posts": _l("岗位"),
    "groups": _l("组"),
    "active": _l("启用"), "legal_entity": _l("法人"), "parent": _l("上级部门"), "head": _l("负责人"),
}  # fmt: skip
ACTIONS: Words = {"added": _l("新增"), "changed": _l("更改")}
INCIDENTS: Words = {
    "job": _l("作业失败"),
    "element": _l("流程节点失败"),
    "delivery": _l("办公系统同步失败"),
}
RESOLVED: Words = {
    "retried": _l("已重试"),
    "resolved": _l("已跳过"),
    "assigned": _l("已指定处理人"),
    "ended": _l("流程已走向别处，不用处理"),
}
DIFFERENCES: Words = {"missing_there": _l("对方缺少"), "missing_here": _l("对方多出"), "field_differs": _l("两边不同")}
DIFFERING: Words = {"case": _l("整个流程"), "task": _l("待办"), "copy": _l("抄送"), "theirs": _l("对方的待办")}
DIFFERENCE_FIELDS: Words = {"status": _l("状态"), "update_time": _l("更新时间")}
TAKING_OURS: Words = {
    "missing_there": _l("在对方补上这一条"),
    "missing_here": _l("在对方关闭这一条"),
    "field_differs": _l("把对方改写成本系统的内容"),
}
RESOLUTIONS: Words = {"ours": _l("已以本系统为准"), "pushed": _l("已重新推送"), "ignored": _l("已忽略"), "gone": _l("已消失")}


def decision(outcome: str | None) -> Sign:
    """Return how a decision is offered."""
    return DECISIONS.get(outcome or "", Sign(outcome or "—", "circle-check", "running"))


def decided(outcome: str | None) -> Sign:
    """Return how a decision that was taken is shown."""
    return DECIDED.get(outcome or "", Sign(outcome or "—", "circle-check", "running"))


def case_sign(status: str, outcome: str | None) -> Sign:
    """Return how the state of a case is shown: its life cycle while it runs, then its outcome."""
    return CASES.get(outcome or "", CASES["completed"]) if status == "completed" else CASES[status]


def reason(text: str | None) -> LazyString | str:
    """Return why an office system did not do something, as people read it beside a word that says so."""
    plain = (text or "").removeprefix(OUTSIDE)
    return HOLDS.get(plain, plain)
