"""In which order an event throws what it names (BPMN 2.0, 10.5.6: all of it), and what of it adds nothing."""

from collections.abc import Iterator

from engine.bpmn import model
from engine.bpmn.model import EventDefinition

LEAVES = (model.ERROR, model.CANCEL, model.TERMINATE)  #: what ends the scope it is thrown in; of several the first ends it for all
LAST = (model.COMPENSATION, *LEAVES)  #: what comes after everything else


def in_order(events: tuple[EventDefinition, ...]) -> tuple[EventDefinition, ...]:
    """Return what an event throws in the order it is thrown; of one sort in the order of the file.

    First messages, signals and escalations, for which nobody waits; then what is worked on in place of a message, one after another; then compensation; then
    the error, the cancel, the terminate.
    """
    return tuple(sorted(events, key=_turn)) if len(events) > 1 else events


def _turn(event: EventDefinition) -> int:
    if event.kind in LAST:
        return 2 + LAST.index(event.kind)
    return int(bool(event.operation) or event.script is not None)


def idle(events: tuple[EventDefinition, ...], *, by_event: bool) -> Iterator[tuple[EventDefinition, EventDefinition]]:
    """Yield each definition to which another leaves nothing to do, with that other.

    An error, a cancel or a terminate has ended the scope for those behind it, and ends a compensation that nobody waits for before it has undone anything:
    but in an event sub-process (`by_event`) a terminate does not end the scope that is compensated.
    """
    last = next((event for event in in_order(events) if event.kind in LEAVES), None)
    if last is None:
        return
    survives = by_event and last.kind == model.TERMINATE and not last.everything
    for event in events:
        if event is not last and (event.kind in LEAVES or (event.kind == model.COMPENSATION and not event.waits and not survives)):
            yield event, last
