"""What runs and is probably not what was meant: told to whoever deploys, beside variables that may be undefined."""

from collections.abc import Iterator

from engine.bpmn import model
from engine.bpmn.model import ProcessModel
from engine.bpmn.order import idle
from engine.bpmn.places import fault
from engine.bpmn.structure import bare_flows
from engine.errors import Fault


def doubts(process: ProcessModel) -> Iterator[Fault]:
    """Yield a warning for each gateway and each throwing event that does something else than its picture says at first sight."""
    yield from of_gateways(process)
    yield from of_throws(process)


def of_gateways(process: ProcessModel) -> Iterator[Fault]:
    """Find exclusive gateways with one flow that is taken whenever its turn comes, as in Camunda."""
    for element in process.of_kind(model.EXCLUSIVE):
        outgoing = process.outgoing(element.id)
        bare = bare_flows(element, outgoing) if len(outgoing) > 1 else []
        if len(bare) == 1 and not element.default_flow:
            zh = f"连线 {bare[0].id} 没有条件也不是默认连线：轮到它时总会走它"
            en = f"Flow {bare[0].id} has no condition and is not the default: it is always taken when its turn comes"
            yield fault("condition-missing", zh, en, element, bare[0].id)


def of_throws(process: ProcessModel) -> Iterator[Fault]:
    """Find what is thrown together with an event that leaves it nothing to do."""
    for element in process.of_kind(model.END):
        scope = process.elements.get(element.parent or "")
        for event, last in idle(element.events, by_event=scope is not None and scope.by_event):
            zh = f"同一事件中的 {last.kind} 已结束所在范围，{event.kind} 不再起作用"
            en = f"The {last.kind} of the same event ends the scope, so that its {event.kind} has no effect"
            yield fault("event-ignored", zh, en, element, event.kind)
