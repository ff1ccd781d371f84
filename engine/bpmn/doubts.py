"""What runs and is probably not what was meant: told to whoever deploys, beside variables that may be undefined."""

from collections.abc import Iterator

from engine.bpmn import model
from engine.bpmn.model import ProcessModel
from engine.bpmn.places import fault
from engine.bpmn.structure import bare_flows
from engine.errors import Fault


def doubts(process: ProcessModel) -> Iterator[Fault]:
    """Yield a warning for each exclusive gateway with one flow that is taken whenever its turn comes, as in Camunda."""
    for element in process.of_kind(model.EXCLUSIVE):
        outgoing = process.outgoing(element.id)
        bare = bare_flows(element, outgoing) if len(outgoing) > 1 else []
        if len(bare) == 1 and not element.default_flow:
            zh = f"连线 {bare[0].id} 没有条件也不是默认连线：轮到它时总会走它"
            en = f"Flow {bare[0].id} has no condition and is not the default: it is always taken when its turn comes"
            yield fault("condition-missing", zh, en, element, bare[0].id)
