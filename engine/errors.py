"""What the engine refuses to do, and what it fails to do.

    ShenpiError
        NotFound                  nothing has that id, or it is not yours to know
        Refused                   understood, and not possible in this state
            NotPermitted              not this person
            TaskAlreadyClaimed        somebody else holds it
            TaskClosed                already decided, or gone with its instance
            InstanceEnded             the process instance is over
            InstanceSuspended         the process instance is held until somebody resumes it
            DefinitionSuspended       no case of this process may begin now
            SeveralMatch              more than one waits for a message
            CircularSubstitution      somebody would in the end stand in for herself
            DutyConflict              separation of duties: this person must not do this too
            Duplicate                 the same thing is already here
            TooSoon                   asked for again before its time
        Conflict                  another request got there first
            StaleRevision             the caller decided on an older picture
        InvalidContent            the content itself is wrong; lists every fault
            InvalidDefinition         a BPMN, DMN or form file cannot be run
            InvalidExpression         an expression or script is outside the subset
            InvoiceUnreadable         a file is no invoice that we can read
            InvalidVariables          values that do not fit the form or the limits
        ExecutionFailed           a model went wrong while running; becomes an incident on its element
            NobodyFound               a user task for which there is nobody
            NobodyAllowed             a user task that separation of duties keeps from whom it is for
            VariableMissing           an expression reads a variable that nobody has set
            BudgetExceeded            it ran longer or grew larger than allowed
            BpmnError                 an error that the drawing may catch (BPMN 2.0, error events)
        OAError                   an office system did not do what we asked
            OAUnavailable             passing: the job is tried again
            OARejected                lasting: an incident is raised
            OAUnknown                 sent, and the answer was lost: compare before repeating
        EvidenceBroken            history or an archive package fails its check; lists every fault
        Unavailable               the server cannot answer now; try again later

`code` is for programs and never changes. `facts` reach the client: put only what the caller may see in them.
A `Fault` is one entry of a list of faults, with its place.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: `place` is a line, an element id, a path or a field, whichever the reader can find."""

    code: str
    zh: str
    en: str
    file: str | None = None
    line: int | None = None
    element: str | None = None
    path: str | None = None
    expected: str | None = None
    found: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the fault without its empty places."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.element, self.path) if part is not None)
        return f"{place}: {self.en}" if place else self.en


#: the words that facts are given in, as Chinese messages say them; a fact that is not here stands as it is
WORDS = {
    "account": "账号", "archive item": "归档件", "archive package": "归档包", "connection": "连接", "file": "文件", "incident": "异常", "invoice": "发票",
    "page": "页面", "person": "人员", "picture": "影像", "process definition": "流程定义", "process instance": "流程实例", "token": "令牌",
    "user task": "待办", "draft": "草稿", "business key": "单号", "fonds": "全宗号", "token name": "令牌名称", "database": "数据库",
    "substitution": "代理", "authority rule": "授权规则", "duty rule": "职责规则", "duty exception": "例外", "post": "岗位",
    "delivery": "送达记录", "resend": "重新发送", "exchange": "请求记录", "check": "测试", "identity": "人员对应", "message": "收件",
    "department": "部门", "legal entity": "法人", "group": "组", "holder": "任职人",
    "approve": "已同意", "reject": "已驳回", "return": "已退回", "resubmit": "已重新提交", "recheck": "已重新检测", "completed": "已完成",
    "canceled": "已取消", "withdrawn": "已撤回", "terminated": "已终止", "interrupted": "已中断", "reassigned": "已重新分配",
    "a reason is needed": "请填写原因",
    "a user task without people is retried after the organisation is put right, or its case is withdrawn": "请先补全组织信息再重试，或撤回该流程",
    "the incident is resolved": "该异常已解除",
    "the incident is not of a user task without people": "该异常不是没有处理人的待办",
    "the clock can be moved only in development": "只有开发环境可以拨动时钟",
    "the clock only goes forward": "时钟只能向前",
    "the task was not claimed": "该待办不是领取的",
    "the task is already with this person": "该待办已经在此人手中",
    "the task is no longer with this person": "该待办已不在此人手中",
    "the tasks are with this person already": "待办已经在此人手中，请选择另一个人",
    "nobody hands tasks over to herself": "不能把别人的待办移交给自己",
    "the element has not failed": "该节点没有失败",
    "the process begins only by an event": "该流程只能由事件启动",
    "the process instance is not suspended": "该流程实例没有挂起",
    "the process is suspended": "该流程已挂起",
    "the process is not suspended": "该流程没有挂起",
    "nobody waits for this message": "没有流程在等待该消息",
    "the task waits for a signer who was added": "该待办正在等待加签人审批",
    "the task is delegated already": "该待办已经委派",
    "the task is not delegated": "该待办不是委派来的",
    "the task is delegated: an opinion is asked for": "该待办是委派来的，只需给出意见",
    "this person has no weight in the vote": "此人在票签中没有权重",
    "signers are added before, after or beside": "加签位置须为之前、之后或并行",
    "this person signs already": "此人已在加签或审批之列",
    "the task has as many signers as it may": "加签人数已达上限",
    "a signer who was added adds nobody before herself": "加签人不能再在自己之前加签",
    "somebody must remain to decide": "至少须保留一位审批人",
    "the step does not run once for each person": "该节点不是按人逐一审批",
    "the step has as many instances as it may": "该节点的审批人数已达上限",
    "there is no such step in this case": "该流程没有经过这个节点",
    "the step is inside of an activity that runs several times or by an event": "该节点在多实例或事件子流程之内，不能直接到达",
    "the way does not lead from that step to here": "该节点不在当前节点之前的路径上",
    "there is no way straight back from that step": "不能从该节点直接交回",
    "something has come of the decision already": "后续已有人处理或已产生结果，不能拿回",
    "the branches that are joined there would wait for ever": "该节点在并行分支之内，汇合处将无法继续，请选择分支之前的节点",
    "nothing is open in this case": "该流程没有进行中的节点",
    "a second person has to do it": "须由另一位管理员执行",
    "it is done or declined already": "该请求已执行或已拒绝",
    "the case has not passed": "该流程不是审批通过状态",
    "the case is archived": "该流程已归档",
    "a copy goes to 200 people at most": "一次最多抄送 200 人",
    "somebody has decided already": "已有人审批，不能撤回",
    "the substitution is over": "该代理已经结束",
    "the person has too many substitutions": "此人未结束的代理已达上限",
    "the exception is settled": "该例外已经处理",
    "whoever asked cannot approve": "不能批准自己提出的例外",
    "whom it is for cannot approve": "不能批准给自己的例外",
}  # fmt: skip


class ShenpiError(Exception):
    """Base of every error that is raised on purpose."""

    code: ClassVar[str] = "error"
    zh: ClassVar[str] = "系统无法完成该操作。"
    en: ClassVar[str] = "That could not be done."

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.say("en"))

    def say(self, language: str) -> str:
        """Return the message in `zh` or `en` with the facts filled in."""
        chinese = language.startswith("zh")
        facts = (
            {name: WORDS.get(value, value) if isinstance(value, str) else value for name, value in self.facts.items()}
            if chinese
            else self.facts
        )
        try:
            return (self.zh if chinese else self.en).format(**facts)
        except (KeyError, IndexError):
            return self.zh if chinese else self.en


class NotFound(ShenpiError):
    code = "not-found"
    zh = "找不到该{kind}。"
    en = "No such {kind}."


class Refused(ShenpiError):
    code = "refused"
    zh = "当前状态下不能这样做：{reason}"
    en = "Not possible in this state: {reason}"


class NotPermitted(Refused):
    code = "not-permitted"
    zh = "您没有权限执行此操作。"
    en = "You are not permitted to do this."


class TaskAlreadyClaimed(Refused):
    code = "task-already-claimed"
    zh = "该待办已由 {assignee} 领取。"
    en = "This task is already claimed by {assignee}."


class TaskClosed(Refused):
    code = "task-closed"
    zh = "该待办已关闭（{state}），您的操作没有改变任何内容。"
    en = "This task is closed ({state}); nothing was changed."


class InstanceEnded(Refused):
    code = "instance-ended"
    zh = "该流程实例已结束（{state}）。"
    en = "This process instance has ended ({state})."


class InstanceSuspended(Refused):
    code = "instance-suspended"
    zh = "该流程实例已挂起，恢复后才能继续。"
    en = "This process instance is suspended; it goes on when it is resumed."


class DefinitionSuspended(Refused):
    code = "definition-suspended"
    zh = "流程 {key} 已挂起，暂不能发起。"
    en = "Process {key} is suspended; no case can begin."


class SeveralMatch(Refused):
    code = "several-match"
    zh = "有 {found} 处在等待消息 {name}，无法确定投递给谁。"
    en = "{found} wait for message {name}; it cannot be told which one is meant."


class CircularSubstitution(Refused):
    code = "circular-substitution"
    zh = "代理会形成循环：{chain}"
    en = "The substitution would lead back to where it began: {chain}"


class DutyConflict(Refused):
    code = "duty-conflict"
    zh = "职责分离：{person} 不能办理“{element}”（{zh}）。"
    en = "Separation of duties: {person} must not work on {element} ({en})."


class Duplicate(Refused):
    code = "duplicate"
    zh = "已存在相同的{kind}。"
    en = "The same {kind} is already here."


class TooSoon(Refused):
    """Asked for again too soon; `seconds` are left to wait."""

    code = "too-soon"
    zh = "操作过于频繁，请在 {seconds} 秒后再试。"
    en = "Too soon: try again in {seconds} seconds."


class Conflict(ShenpiError):
    code = "conflict"
    zh = "另一个请求抢先完成，请刷新后重试。"
    en = "Another request got there first; look again and repeat if needed."


class StaleRevision(Conflict):
    code = "stale-revision"
    zh = "内容已被更改：您看到的是版本 {expected}，现在是 {found}。"
    en = "It has changed since you looked: you saw revision {expected}, now it is {found}."


class InvalidContent(ShenpiError):
    """Content with a list of faults, all collected before the error is raised once."""

    code = "invalid-content"
    zh = "内容有 {count} 处错误。"
    en = "The content has {count} fault(s)."

    def __init__(self, faults: Iterable[Fault], **facts: Any) -> None:
        self.faults = list(faults)
        super().__init__(count=len(self.faults), **facts)

    def __str__(self) -> str:
        return "; ".join(str(fault) for fault in self.faults) or super().__str__()


class InvalidDefinition(InvalidContent):
    code = "invalid-definition"
    zh = "流程文件有 {count} 处错误，未部署。"
    en = "The process files have {count} fault(s); nothing was deployed."


class InvalidExpression(InvalidContent):
    code = "invalid-expression"
    zh = "表达式或脚本超出允许的范围。"
    en = "The expression or script is outside the allowed subset."


class InvoiceUnreadable(InvalidContent):
    code = "invoice-unreadable"
    zh = "无法识别该文件为发票。"
    en = "This file cannot be read as an invoice."


class InvalidVariables(InvalidContent):
    code = "invalid-variables"
    zh = "填写的内容有 {count} 处不符合要求。"
    en = "{count} value(s) do not fit."


class ExecutionFailed(ShenpiError):
    code = "execution-failed"
    zh = "流程在“{element}”处执行失败：{reason}"
    en = "The process failed at {element}: {reason}"


class NobodyFound(ExecutionFailed):
    """A user task for which there is nobody; `found` says so in Chinese, `reason` in English."""

    code = "nobody-found"
    zh = "“{element}”没有处理人：{found}"


class NobodyAllowed(ExecutionFailed):
    """A user task that separation of duties keeps from whom it is for; `conflicts` are the rules, each with `rule`, `person`, `element`, `zh` and `en`."""

    code = "nobody-allowed"
    zh = "职责分离：{found}"
    en = "Separation of duties: {reason}"


class VariableMissing(ExecutionFailed):
    """A variable that nobody has set: an incident like any other, except where a condition is only looked at until it becomes true."""


class BudgetExceeded(ExecutionFailed):
    code = "budget-exceeded"
    zh = "超出运行限额：{reason}"
    en = "A running limit was exceeded: {reason}"


class BpmnError(ExecutionFailed):
    """An error with a code, thrown by an operation, a script or an end event, for an error event of the drawing to catch."""

    code = "bpmn-error"
    zh = "“{element}”抛出错误 {error}，流程中没有捕获：{message}"
    en = "{element} threw the error {error}, and nothing in the drawing catches it: {message}"

    def __init__(self, error_code: str, message: str = "", *, element: str = "") -> None:
        self.error_code = error_code
        self.message = message
        super().__init__(element=element, error=error_code, message=message, reason=message)


class OAError(ShenpiError):
    code = "oa-error"
    zh = "办公系统没有完成请求：{reason}"
    en = "The office system did not do what was asked: {reason}"


class OAUnavailable(OAError):
    code = "oa-unavailable"


class OARejected(OAError):
    code = "oa-rejected"


class OAUnknown(OAError):
    code = "oa-unknown"


class EvidenceBroken(InvalidContent):
    code = "evidence-broken"
    zh = "证据校验发现 {count} 处问题。"
    en = "The evidence check found {count} fault(s)."


class Unavailable(ShenpiError):
    code = "unavailable"
    zh = "服务暂不可用，请稍后重试：{reason}"
    en = "The server cannot answer now, try again later: {reason}"
