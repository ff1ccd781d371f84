"""Chains of substitutes: who follows on whom at one time and for one process, and whether somebody would in the end stand in for herself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_CHAIN = 5  #: substitutes between a person and whoever acts for her
SHOWN = 10
EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Edge:
    """One person stands in for another from one time to another (none: for ever), for one process (none: for all)."""

    person: str
    substitute: str
    starts_at: datetime
    ends_at: datetime | None = None
    definition_key: str | None = None

    def within(self, other: "Edge") -> "Edge | None":
        """Return this substitution cut to the time and process of another; None when they have none in common."""
        keys = {self.definition_key, other.definition_key} - {None}
        start, end = max(self.starts_at, other.starts_at), min(self.ends_at or EVER, other.ends_at or EVER)
        if start >= end or len(keys) > 1:
            return None
        return Edge(self.person, self.substitute, start, None if end == EVER else end, next(iter(keys), None))


def circle_of(edges: Iterable[Edge], new: Edge) -> tuple[str, ...] | None:
    """Return the circle that a new substitution would close at some time for some process, from its person back to her; None when there is none."""
    following = _by_person(edges)
    waiting: list[tuple[Edge, tuple[str, ...]]] = [(new, (new.person, new.substitute))]
    seen = {new}
    while waiting:
        here, way = waiting.pop()
        for edge in following.get(here.substitute, ()):
            narrowed = edge.within(here)
            if narrowed is None or narrowed in seen:
                continue
            if edge.substitute == new.person:
                return (*way, edge.substitute)
            seen.add(narrowed)
            waiting.append((narrowed, (*way, edge.substitute)))
    return None


def chains_from(edges: Iterable[Edge], new: Edge) -> list[tuple[str, ...]]:
    """Return how a substitution goes on where the substitute is away herself at some time of it: the longest ways, each from its person."""
    found: list[tuple[str, ...]] = []
    for way in _ways(_by_person(edges), new, (new.person, new.substitute)):
        if len(way) > 2 and way not in found:
            found.append(way)
        if len(found) == SHOWN:
            break
    return found


def _ways(following: dict[str, list[Edge]], here: Edge, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    further = [
        (narrowed, (*way, edge.substitute))
        for edge in following.get(here.substitute, ())
        if len(way) <= LONGEST_CHAIN and edge.substitute not in way and (narrowed := edge.within(here)) is not None
    ]
    if not further:
        yield way
    for narrowed, longer in further:
        yield from _ways(following, narrowed, longer)


def _by_person(edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.person, []).append(edge)
    return found
