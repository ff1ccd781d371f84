"""What a drawing lets approvers do, and what follows by itself: `shenpi:` attributes that no other vendor has a name for.

Every attribute has a default that changes nothing, so that files from elsewhere mean what they say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from lxml import etree

from engine.bpmn.xml import SHENPI
from engine.errors import Fault

if TYPE_CHECKING:
    from engine.bpmn.model import Element

FLOW, END, INITIATOR, ANY, NONE = "flow", "end", "initiator", "any", "none"
VOTES = ("all", "any", "share", "weight")
SELF = ("decide", "skip", "superior", "head")  #: the initiator is the approver: four choices
SAME = ("decide", "skip")
TIMEOUTS = ("remind", "escalate", "deputy", "pass", "refuse")
WITHDRAW = ("always", "undecided", "never")
REVOKE = ("never", "initiator")
REQUIRED, OPTIONAL = "required", "optional"


@dataclass(frozen=True, slots=True)
class Vote:
    """How the decisions of a multi-instance become one: `all` (会签), `any` (或签), `share` of the heads or of the `weight` (票签).

    A vote ends as soon as nothing that is still open can change its result. A return ends it at once.
    """

    rule: str
    share: str = "0.5"  #: of share and weight: approved when at least this much approves, a fraction between 0 and 1
    weights: str | None = None  #: an expression that gives a map of person to weight; who is not in it weighs nothing
    veto: bool = False  #: one rejection rejects, whatever the others say (一票否决)

    def least(self) -> Decimal:
        return Decimal(self.share)


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds at one user task."""

    on_reject: str = FLOW  #: flow (the drawing says), end, initiator, or a user task's id
    return_to: tuple[str, ...] = (ANY,)  #: any, none, initiator, or ids of user tasks
    vote: Vote | None = None
    self_approval: str = "decide"
    same_person: str = "decide"  #: skip: who approved before in this case need not do so again
    nobody: str | None = None  #: skip, administrator, or an expression that names a deputy; None is an incident
    pass_when: str | None = None  #: an expression: true passes the task by rule
    pass_reason: str | None = None
    copies: str | None = None  #: an expression: who gets a copy (抄送) when the task is decided
    signers: bool = True  #: whether its assignee may add signers
    transfers: bool = True  #: whether it may be transferred and delegated
    signature: str | None = None  #: a handwritten signature (手写签名) is required of who approves, or optional; None asks for none


NO_POLICY = Policy()


def read_policy(node: etree._Element) -> Policy:
    """Return the policy of a user task."""
    given = _given(node)
    vote = None
    if "vote" in given:
        vote = Vote(given["vote"], given.get("voteShare", "0.5"), given.get("voteWeights"), given.get("veto") == "true")
    return Policy(
        on_reject=given.get("onReject", FLOW),
        return_to=_names(given.get("returnTo", ANY)),
        vote=vote,
        self_approval=given.get("selfApproval", "decide"),
        same_person=given.get("samePerson", "decide"),
        nobody=given.get("nobody"),
        pass_when=given.get("passWhen"),
        pass_reason=given.get("passReason"),
        copies=given.get("copies"),
        signers=given.get("signers", "true") != "false",
        transfers=given.get("transfers", "true") != "false",
        signature=given.get("signature"),
    )


def read_timeout(node: etree._Element) -> str | None:
    """Return what a boundary timer does to its task: remind, escalate, deputy, pass or refuse; None goes on as drawn."""
    return _given(node).get("timeout")


def _given(node: etree._Element) -> Mapping[str, str]:
    prefix = f"{{{SHENPI}}}"
    return {str(name)[len(prefix) :]: str(value).strip() for name, value in node.attrib.items() if str(name).startswith(prefix)}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def check_policy(element: "Element", elements: Mapping[str, "Element"]) -> Iterator[Fault]:
    """Yield a fault for each attribute of a user task that says nothing the engine knows."""
    policy = element.policy
    people = {one.id for one in elements.values() if one.kind == "userTask"}
    for attribute, value, known in (
        ("selfApproval", policy.self_approval, SELF),
        ("samePerson", policy.same_person, SAME),
        ("timeout", element.timeout or TIMEOUTS[0], TIMEOUTS),
        ("signature", policy.signature or OPTIONAL, (REQUIRED, OPTIONAL)),
    ):
        if value not in known:
            yield _unknown(element, attribute, value, known)
    targets = [("onReject", policy.on_reject, {FLOW, END, INITIATOR})] + [
        ("returnTo", name, {ANY, NONE, INITIATOR}) for name in policy.return_to
    ]
    for attribute, value, words in targets:
        if value not in words | people:
            yield _unknown(element, attribute, value, (*sorted(words), "a user task's id"))
        elif value == INITIATOR and initiators_task(elements) is None:
            zh, en = "没有交给发起人的用户任务（assignee 为 ${initiator}）", "No user task is assigned to ${initiator}"
            yield Fault("policy-invalid", zh, en, line=element.line, element=element.id, path=attribute, found=value)
    if policy.vote is not None:
        yield from _vote(element, policy.vote)
    host = elements.get(element.attached_to or "")
    if element.timeout is not None and host is not None and host.kind != "userTask":
        zh, en = "超时动作只能用于用户任务的边界定时事件", "A timeout acts on a user task, from a timer on its boundary"
        yield Fault("policy-invalid", zh, en, line=element.line, element=element.id, path="timeout")


def initiators_task(elements: Mapping[str, "Element"]) -> str | None:
    """Return the first user task that is assigned to whoever started the case."""
    found = (one.id for one in elements.values() if one.kind == "userTask" and (one.assignment.assignee or "").strip("${} ") == INITIATOR)
    return next(found, None)


def _vote(element: "Element", vote: Vote) -> Iterator[Fault]:
    if vote.rule not in VOTES:
        yield _unknown(element, "vote", vote.rule, VOTES)
    if element.loop is None or element.loop.kind == "standard":
        zh, en = "投票规则需要多实例用户任务", "A vote needs a multi-instance user task"
        yield Fault("policy-invalid", zh, en, line=element.line, element=element.id, path="vote")
    try:
        share = vote.least()
        valid = share.is_finite() and 0 < share <= 1
    except InvalidOperation:
        valid = False
    if not valid:
        yield _unknown(element, "voteShare", vote.share, ("a fraction above 0 and up to 1",))
    if (vote.rule == "weight") is not (vote.weights is not None):
        zh, en = "weight 规则须且仅须给出 voteWeights", "voteWeights stands with the rule weight, and only there"
        yield Fault("policy-invalid", zh, en, line=element.line, element=element.id, path="voteWeights")


def _unknown(element: "Element", attribute: str, value: str, known: tuple[str, ...]) -> Fault:
    zh, en = f"{attribute} 须为：{'、'.join(known)}", f"{attribute} is one of {', '.join(known)}"
    return Fault("policy-invalid", zh, en, line=element.line, element=element.id, path=attribute, found=value[:100])
