"""Random drawings of approvals: every kind of task, gateway, event and loop that a case may wait at, put together as they come."""

from collections.abc import Iterator

from drawings import boundary, catch, end, gateway, human, instances, loop, mapped, node, path, service, sub, timer
from hypothesis import strategies as st

PEOPLE = ("li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing", "ma.lin")
MESSAGE = "paid"
CHECKED = ("wang.fang", "zhao.lei", "li.na")  #: who may claim what the drawing keeps some of them from

POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "shenpi_onReject": st.sampled_from(["end", "flow"]),
        "shenpi_samePerson": st.just("skip"),
        "shenpi_selfApproval": st.sampled_from(["skip", "superior"]),
        "shenpi_returnTo": st.sampled_from(["any", "none"]),
        "shenpi_copies": st.just("sun.mei"),
    },
)
VOTES = st.sampled_from(
    [{"shenpi_vote": "all"}, {"shenpi_vote": "any"}, {"shenpi_vote": "share", "shenpi_voteShare": "0.5"},
     {"shenpi_vote": "weight", "shenpi_voteWeights": "${weights}"}, {}]
)  # fmt: skip
PLAIN = ["human", "human", "human", "vote", "one-by-one", "late", "timed-vote", "checked", "job", "message", "choice", "repeated"]
AROUND = ["row", "parallel", "sub", "limited", "each"]
Block = tuple[str, str, str]  #: XML, first and last element


def inside(name: str, block: Block) -> str:
    return (
        node("startEvent", f"{name}_s")
        + node("endEvent", f"{name}_e")
        + block[0]
        + path(f"{name}_s", block[1])
        + path(block[2], f"{name}_e")
    )


@st.composite
def blocks(draw: st.DrawFn, names: Iterator[int], depth: int = 2) -> Block:
    """Return a block as XML with the ids of its first and its last element."""
    kind = draw(st.sampled_from(PLAIN + (AROUND if depth else [])))
    name = f"e{next(names)}"
    who = draw(st.sampled_from(["wang.fang", "zhao.lei", "wu.gang", "${initiator}"]))
    if kind in PLAIN:
        return plain(draw, kind, name, who)
    if kind in ("sub", "limited", "each"):
        body = inside(name, draw(blocks(names, depth - 1)))
        if kind == "sub":
            return sub(name, body), name, name
        if kind == "each":
            return sub(name, body, instances(collection="people", element="person", sequential=draw(st.booleans()))), name, name
        late = boundary(f"{name}_t", name, "timer", "PT2H", interrupting=draw(st.booleans()))
        rescue = human(f"{name}_r", "ma.lin") + (end(f"{name}_x") + path(f"{name}_t", f"{name}_r", f"{name}_x"))
        return sub(name, body) + late + rescue, name, name
    one, two = draw(blocks(names, depth - 1)), draw(blocks(names, depth - 1))
    if kind == "row":
        return one[0] + two[0] + path(one[2], two[1]), one[1], two[2]
    inner = path(f"{name}_split", one[1]) + path(f"{name}_split", two[1]) + path(one[2], f"{name}_join") + path(two[2], f"{name}_join")
    return (
        gateway(f"{name}_split", "parallel") + gateway(f"{name}_join", "parallel") + one[0] + two[0] + inner,
        f"{name}_split",
        f"{name}_join",
    )


def plain(draw: st.DrawFn, kind: str, name: str, who: str) -> Block:
    match kind:
        case "vote" | "one-by-one" | "timed-vote":
            loops = instances(collection="people", element="person", sequential=kind == "one-by-one")
            task = human(name, "${person}", **draw(VOTES)).replace("</userTask>", loops + "</userTask>")
            return task + (timed(draw, name) if kind == "timed-vote" else ""), name, name
        case "late":
            return human(name, who) + timed(draw, name), name, name
        case "checked":
            kept = draw(st.sampled_from(["initiator", "draft", "initiator draft"]))
            return node("userTask", name, camunda_candidateUsers=",".join(CHECKED), shenpi_notBy=kept), name, name
        case "job":
            told = mapped({"element": "draft"})
            return service(name, "approval.remind").replace("</serviceTask>", told + "</serviceTask>"), name, name
        case "message":
            return catch(name, "message", MESSAGE), name, name
        case "choice":
            parts = gateway(name, "eventBased") + catch(f"{name}_m", "message", MESSAGE) + timer(f"{name}_t", "PT1H") + gateway(f"{name}_j")
            return parts + path(name, f"{name}_m", f"{name}_j") + path(name, f"{name}_t", f"{name}_j"), name, f"{name}_j"
        case "repeated":
            again = human(name, who).replace("</userTask>", loop("outcome == 'reject'", most="3") + "</userTask>")
            return again, name, name
    return human(name, who, **draw(POLICIES)), name, name


def timed(draw: st.DrawFn, name: str) -> str:
    action = draw(st.sampled_from(["remind", "escalate", "pass", "refuse"]))
    return timer(f"{name}_t", "PT1H", attachedToRef=name, cancelActivity="false", shenpi_timeout=action)
