"""Who people are, what they may do, who stands in for whom, and who came in."""

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from api.pages.words.sign import Sign, Words

ROLES = Words(
    {
        "initiator": _l("发起人"),
        "approver": _l("审批人"),
        "finance": _l("财务"),
        "archivist": _l("档案员"),
        "auditor": _l("审计员"),
        "designer": _l("流程设计师"),
        "operator": _l("运维"),
        "administrator": _l("管理员"),
    }
)
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
DUTIES = Words(
    {
        "initiator": _l("发起人不审批自己的流程"),
        "elements": _l("两个任务由两个人办理"),
        "group-task": _l("某组成员不办理某流程"),
        "groups": _l("没有人同时在两个组"),
    }
)
APPROVERS = Words({"person": lazy_pgettext("one", "人员"), "post": lazy_pgettext("one", "岗位"), "group": lazy_pgettext("one", "组")})
TABLES = Words({"people": _l("人员"), "departments": _l("部门"), "posts": _l("岗位"), "groups": _l("组")})
FIELDS = Words({
    "name": _l("名称"), "email": _l("邮箱"), "mobile": _l("手机"), "department": _l("部门"), "departments": _l("其他部门"), "posts": _l("岗位"),
    "groups": _l("组"),
    "active": _l("启用"), "legal_entity": _l("法人"), "parent": _l("上级部门"), "head": _l("负责人"),
})  # fmt: skip
ACTIONS = Words({"added": _l("新增"), "changed": _l("更改")})
ENTERING = {
    "in": Sign(_l("已登录"), "circle-check", "approve"),
    "unknown": Sign(_l("没有进来：不认识"), "x", "reject"),
    "barred": Sign(_l("没有进来：已锁定或停用"), "x", "reject"),
    "unfinished": Sign(_l("没有完成：被拒绝、取消或没有应答"), "x", "withdraw"),
}
