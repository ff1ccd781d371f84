"""What BPMN allows where: flows, events and their positions, gateways, loops, links, compensation."""

from collections.abc import Iterator

from engine.bpmn import model
from engine.bpmn.model import Element, EventDefinition, Flow
from engine.bpmn.places import fault
from engine.bpmn.shape import Shape, reached
from engine.bpmn.times import is_literal
from engine.errors import Fault

#: what may be waited for or thrown at each position (BPMN 2.0, table 10.93)
TOP = {model.MESSAGE, model.TIMER, model.SIGNAL, model.CONDITIONAL}
EVENT_START = TOP | {model.ERROR, model.ESCALATION, model.COMPENSATION}
CATCHES = TOP | {model.LINK}
ATTACHED = EVENT_START | {model.CANCEL}
THROWS = {model.MESSAGE, model.ESCALATION, model.COMPENSATION, model.LINK, model.SIGNAL}
ENDS = {model.MESSAGE, model.ERROR, model.ESCALATION, model.CANCEL, model.COMPENSATION, model.SIGNAL, model.TERMINATE}
ALONE = {model.LINK, model.CANCEL, model.COMPENSATION}  #: of what is waited for; and of what is thrown, a link
INTERRUPTS = {model.ERROR, model.CANCEL}
CHOOSING = {model.EXCLUSIVE, model.INCLUSIVE, model.COMPLEX} | model.ACTIVITIES
AFTER_EVENTS = TOP


def check_structure(shape: Shape) -> Iterator[Fault]:
    """Yield every rule of BPMN that a process breaks, in the order of the file."""
    for flow in shape.process.flows.values():
        yield from of_flow(flow, shape)
    for parent in shape.inside:
        yield from of_starts(parent, shape)
    for host, attached in shape.attached.items():
        yield from of_codes(attached, f"on {host}")
    found = reached(shape)
    if not shape.process.elements:
        yield fault("process-empty", "流程没有任何元素", "There is nothing in the process")
    elif not shape.inside.get(None) or (not shape.begins(None)):
        yield fault("start-missing", "流程没有可以开始的元素", "Nothing in the process can begin")
    for element in shape.process.elements.values():
        yield from of_element(element, shape)
        if element.id not in found:
            yield fault("unreachable", "从开始事件无法到达", "It cannot be reached from the start", element)


def of_starts(parent: str | None, shape: Shape) -> Iterator[Fault]:
    """Find a second beginning: whoever starts a process, or enters a sub-process, could not say which one is meant (BPMN 2.0, 10.4.2)."""
    scope = shape.process.elements.get(parent or "")
    starts = [found for found in shape.inside[parent] if found.kind == model.START and not found.events]
    if len(starts) > 1 and (scope is None or not scope.by_event):
        zh, en = (
            "只能有一个空开始事件",
            f"There is a start event without trigger beside {starts[0].id} already, and nothing says which one begins",
        )
        yield fault("start-repeated", zh, en, starts[1])
    parts = {found.id for found in shape.inside[parent] if found.by_event}
    begins = [found for part in sorted(parts) for found in shape.inside.get(part, []) if found.kind == model.START]
    yield from of_codes(begins, "in one scope")


def of_codes(events: list[Element], where: str) -> Iterator[Fault]:
    """Find a second event that catches the same error, escalation or cancel at the same place: only one of them could."""
    seen: set[tuple[str, str | None]] = set()
    for event in events:
        for definition in event.events:
            what = (definition.kind, definition.name)
            if definition.kind in (model.ERROR, model.ESCALATION, model.CANCEL) and what in seen:
                zh, en = (
                    f"{definition.kind} {definition.name or ''} 已由另一个事件捕获",
                    f"Another event {where} catches the same {definition.kind} already",
                )
                yield fault("event-repeated", zh, en, event, definition.name)
            seen.add(what)


def of_flow(flow: Flow, shape: Shape) -> Iterator[Fault]:
    elements = shape.process.elements
    for end, name in ((flow.source, "sourceRef"), (flow.target, "targetRef")):
        if end not in elements:
            yield Fault("dangling-flow", f"连线的 {name} 不存在", f"{name} {end!r} is no element", element=flow.id, line=flow.line)
    source, target = elements.get(flow.source), elements.get(flow.target)
    if source is None or target is None:
        return
    if source.parent != target.parent:
        zh, en = "连线不能穿过子流程的边界", "A flow does not cross the border of a sub-process"
        yield Fault("flow-crosses", zh, en, element=flow.id, line=flow.line)
    if flow.condition is not None and source.kind in (model.PARALLEL, model.EVENT_BASED):
        yield fault("condition-ignored", f"{source.kind} 的出线不能有条件", f"A flow out of a {source.kind} has no condition", source)


def of_element(element: Element, shape: Shape) -> Iterator[Fault]:
    yield from of_ends(element, shape)
    yield from of_default(element, shape)
    if element.kind in model.EVENTS:
        yield from of_event(element, shape)
    if element.kind in (model.EXCLUSIVE, model.EVENT_BASED):
        yield from of_gateway(element, shape)
    if element.kind in model.SCOPES:
        yield from of_scope(element, shape)
    if element.loop is not None:
        yield from of_loop(element)
    if element.instantiate and shape.incoming.get(element.id):
        yield fault("flow-into-start", "启动流程的元素不能有入线", "No flow leads into what begins the process", element)
    if element.instantiate and element.parent is not None:
        yield fault("start-position", "只有流程层可以由它启动", "Only in the process itself can it begin an instance", element)


def of_ends(element: Element, shape: Shape) -> Iterator[Fault]:
    """Find flows where none may be."""
    link = element.event(model.LINK) is not None
    undoes = element.kind == model.BOUNDARY and element.event(model.COMPENSATION) is not None
    apart = element.by_event or element.compensates
    if shape.incoming.get(element.id) and (
        element.kind in (model.START, model.BOUNDARY) or apart or (link and element.kind == model.CATCH)
    ):
        yield fault("flow-into-start", "该元素不能有入线", "No flow leads into it", element)
    if not shape.outgoing.get(element.id):
        return
    if element.kind == model.END:
        yield fault("end-goes-on", "结束事件不能有出线", "A flow leaves an end event", element)
    elif apart or undoes or (link and element.kind == model.THROW):
        yield fault("flow-out-of-end", "该元素不能有出线", "No flow leaves it", element)


def of_default(element: Element, shape: Shape) -> Iterator[Fault]:
    if not element.default_flow:
        return
    flow = next((flow for flow in shape.outgoing.get(element.id, []) if flow.id == element.default_flow), None)
    if flow is None:
        yield fault("default-unknown", "默认连线不存在", f"The default flow {element.default_flow} does not leave it", element)
    elif element.kind not in CHOOSING:
        yield fault("default-ignored", f"{element.kind} 没有默认连线", f"A {element.kind} has no default flow", element)
    elif flow.condition is not None:
        yield fault("default-conditioned", "默认连线不能有条件", f"The default flow {flow.id} has a condition", element)


def of_gateway(element: Element, shape: Shape) -> Iterator[Fault]:
    outgoing = shape.outgoing.get(element.id, [])
    if not outgoing:
        yield fault("goes-nowhere", "没有出线", "No flow leaves it", element)
    if element.kind == model.EXCLUSIVE:
        bare = bare_flows(element, outgoing)
        if len(outgoing) > 1 and bare and (len(bare) > 1 or element.default_flow):
            yield fault(
                "condition-missing", "排他网关的出线缺少条件", f"Flow {bare[0].id} has no condition and is not the default", element
            )
        return
    targets = [shape.process.elements[flow.target] for flow in outgoing if flow.target in shape.process.elements]
    if len(outgoing) == 1:
        zh, en = "事件网关至少有两条出线", "Two or more flows leave an event-based gateway"
        yield fault("event-gateway-single", zh, en, element)
    if any(target.kind == model.RECEIVE for target in targets) and any(
        target.event(model.MESSAGE) for target in targets if target.kind == model.CATCH
    ):
        zh, en = "事件网关之后不能既有接收任务又有消息事件", "Behind an event-based gateway stand receive tasks or message events, not both"
        yield fault("event-gateway-mixed", zh, en, element)
    for flow in outgoing:
        target = shape.process.elements.get(flow.target)
        if target is not None and not is_awaited(target):
            zh, en = "事件网关之后只能是捕获事件或接收任务", f"Behind an event-based gateway only events are waited for, not {target.kind}"
            yield fault("event-gateway-target", zh, en, target)
        elif target is not None and len(shape.incoming.get(target.id, [])) > 1:
            zh, en = "事件网关之后的事件不能有其他入线", "What an event-based gateway waits for has no other flow into it"
            yield fault("event-gateway-target", zh, en, target)
    if element.all_events and not element.instantiate:
        zh, en = "并行事件网关只能用于启动流程", "A parallel event-based gateway only begins a process"
        yield fault("event-gateway-parallel", zh, en, element)


def bare_flows(element: Element, outgoing: list[Flow]) -> list[Flow]:
    """Return the flows without a condition that are not the default."""
    return [flow for flow in outgoing if not flow.condition and flow.id != element.default_flow]


def is_awaited(element: Element) -> bool:
    if element.kind == model.RECEIVE:
        return True
    return element.kind == model.CATCH and all(event.kind in AFTER_EVENTS for event in element.events)


def of_scope(element: Element, shape: Shape) -> Iterator[Fault]:
    """Look at what a sub-process holds: an event sub-process has one start with an event, any other has starts without."""
    inside = shape.inside.get(element.id, [])
    starts = [found for found in inside if found.kind == model.START]
    if element.by_event:
        if len(starts) != 1:
            zh, en = "事件子流程必须恰好有一个开始事件", f"An event sub-process has exactly one start event, not {len(starts)}"
            yield fault("event-subprocess-start", zh, en, element)
        if element.loop is not None or element.compensates:
            yield fault(
                "event-subprocess-loop", "事件子流程不能循环", "An event sub-process does not loop and compensates nothing", element
            )
        if element.kind == model.TRANSACTION:
            yield fault("event-subprocess-kind", "事务不能由事件启动", "A transaction is not begun by an event", element)
    elif inside and not shape.begins(element.id):
        yield fault("start-missing", "子流程没有可以开始的元素", "Nothing in the sub-process can begin", element)


def of_event(element: Element, shape: Shape) -> Iterator[Fault]:
    """Look at the kinds of events at a position, and at what each of them needs."""
    parent = shape.parent(element)
    allowed, needed = positions(element, parent)
    if needed and not element.events:
        yield fault("event-missing", "事件没有定义", "The event says not what it waits for", element)
    kinds = [event.kind for event in element.events]
    for event in element.events:
        if event.kind not in allowed:
            yield fault("event-position", f"此处不能使用 {event.kind} 事件", f"A {event.kind} event cannot stand here", element)
        elif len(kinds) > 1 and event.kind in ({model.LINK} if element.kind in (model.THROW, model.END) else ALONE):
            yield fault("event-position", f"{event.kind} 事件不能与其他事件合并", f"A {event.kind} event stands alone", element)
        else:
            yield from of_definition(event, element, shape)
    stops = element.kind == model.BOUNDARY or (element.kind == model.START and parent is not None)
    if stops and not element.interrupting and any(kind in INTERRUPTS for kind in kinds):
        yield fault("must-interrupt", "错误和取消事件必须是中断的", "An error or cancel event interrupts", element)
    if element.kind == model.BOUNDARY:
        yield from of_boundary(element, kinds, shape)
    if model.CANCEL in kinds and element.kind == model.END and (parent is None or parent.kind != model.TRANSACTION):
        yield fault("cancel-position", "取消事件只能在事务内使用", "A cancel event stands directly in a transaction", element)
    elif model.CANCEL in kinds and element.kind == model.END and not is_cancel_caught(element, shape):
        zh, en = (
            "事务被取消后没有取消边界事件可走",
            "Nothing says how to go on when the transaction is cancelled: it has no cancel boundary event",
        )
        yield fault("cancel-not-caught", zh, en, element)


def is_cancel_caught(element: Element, shape: Shape) -> bool:
    return any(found.event(model.CANCEL) for found in shape.attached.get(element.parent or "", []))


def positions(element: Element, parent: Element | None) -> tuple[set[str], bool]:
    """Return the kinds of events that are allowed where an element stands, and whether there must be one."""
    match element.kind:
        case model.START if parent is None:
            return TOP, False
        case model.START if parent is not None and parent.by_event:
            return EVENT_START, True
        case model.START:
            return set(), False
        case model.CATCH:
            return CATCHES, True
        case model.BOUNDARY:
            return ATTACHED, True
        case model.THROW:
            return THROWS, False
        case _:
            return ENDS, False


def of_boundary(element: Element, kinds: list[str], shape: Shape) -> Iterator[Fault]:
    host = shape.process.elements.get(element.attached_to or "")
    if host is None or host.kind not in model.ACTIVITIES or host.by_event or host.parent != element.parent:
        yield fault("boundary-dangling", "边界事件没有附着在活动上", "The boundary event is attached to no activity beside it", element)
        return
    if model.CANCEL in kinds and host.kind != model.TRANSACTION:
        yield fault("cancel-position", "取消边界事件只能附着在事务上", "A cancel boundary event is attached to a transaction", element)
    if model.COMPENSATION in kinds:
        handler = shape.process.elements.get(element.handler or "")
        if handler is None or handler.kind not in model.ACTIVITIES or not handler.compensates or handler.parent != element.parent:
            zh, en = "补偿边界事件没有关联补偿活动", "No association joins it with an activity that is for compensation"
            yield fault("compensation-handler", zh, en, element)
        others = [found for found in shape.attached.get(host.id, []) if found.event(model.COMPENSATION) is not None]
        if others[0] is not element:
            yield fault("compensation-handler", "活动只能有一个补偿", "An activity is compensated by one handler only", element)


def of_definition(event: EventDefinition, element: Element, shape: Shape) -> Iterator[Fault]:
    """Look at what one event definition needs."""
    throws = element.kind in (model.THROW, model.END)
    if event.kind == model.MESSAGE and not event.name and not (throws and (event.operation or event.script is not None)):
        yield fault("message-missing", "消息事件没有指定消息", "The message event names no message", element)
    elif event.kind == model.SIGNAL and not event.name:
        yield fault("signal-missing", "信号事件没有指定信号", "The signal event names no signal", element)
    elif event.kind in (model.ERROR, model.ESCALATION) and throws and not event.name:
        yield fault("code-missing", "抛出的错误或升级没有代码", f"A thrown {event.kind} has a code", element)
    elif event.kind == model.CONDITIONAL and not event.condition:
        yield fault("condition-missing", "条件事件没有条件", "The conditional event has no condition", element)
    elif event.kind == model.COMPENSATION and event.activity is not None:
        target = shape.process.elements.get(event.activity)
        if target is None or target.kind not in model.ACTIVITIES:
            yield fault("reference-unknown", "补偿的活动不存在", f"There is no activity {event.activity!r} to compensate", element)
    elif event.kind == model.LINK:
        yield from of_link(event, element, shape)


def of_link(event: EventDefinition, element: Element, shape: Shape) -> Iterator[Fault]:
    """Look at one end of a link: each throw has exactly one catch of its name beside it, each catch a throw."""
    catches, throws = shape.catches.get((element.parent, event.name), []), shape.throws.get((element.parent, event.name), [])
    if not event.name:
        yield fault("link-unpaired", "链接事件没有名称", "The link event has no name", element)
    elif len(catches) != 1 or not throws:
        zh, en = (
            f"链接 {event.name} 必须恰好有一个目标",
            f"The link {event.name} has {len(throws)} throw(s) and {len(catches)} catch(es) here",
        )
        yield fault("link-unpaired", zh, en, element)


def of_loop(element: Element) -> Iterator[Fault]:
    loop = element.loop
    assert loop is not None
    if loop.kind == "standard":
        if not loop.condition and not loop.maximum:
            yield fault("loop-endless", "循环没有条件也没有上限", "The loop has neither a condition nor a maximum", element)
        if loop.maximum is not None and is_literal(loop.maximum) and not is_whole(loop.maximum):
            yield fault("loop-count", "循环上限不是整数", f"loopMaximum is {loop.maximum!r}, not a whole number from 0", element)
        return
    if loop.cardinality is None and not loop.collection:
        yield fault("loop-count", "多实例没有数量也没有集合", "The multi-instance has neither a cardinality nor a collection", element)
    elif loop.cardinality is not None and loop.collection:
        yield fault("loop-count", "多实例既有数量又有集合", "The multi-instance has a cardinality and a collection", element)
    elif loop.cardinality is not None and is_literal(loop.cardinality) and not is_whole(loop.cardinality):
        yield fault("loop-count", "实例数量不是整数", f"loopCardinality is {loop.cardinality!r}, not a whole number from 0", element)
    if loop.element_variable and not loop.collection:
        yield fault("loop-collection", "有元素变量但没有集合", "There is an element variable and no collection", element)
    if loop.output_element and not loop.output_collection:
        yield fault("loop-collection", "有输出项但没有输出集合", "There is an output item and no output collection", element)


def is_whole(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 10
