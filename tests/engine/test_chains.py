"""Substitution never leads back to where it began, at no time and for no process; and only what would is refused."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.chains import LONGEST_CHAIN, Edge, chains_from, circle_of

DAY = datetime(2026, 12, 1, tzinfo=UTC)
CAST = ("li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing")
DAYS, PROCESSES = 6, ("leave", "invoice")


@st.composite
def edges(draw: st.DrawFn) -> Edge:
    person, substitute = draw(st.lists(st.sampled_from(CAST), min_size=2, max_size=2, unique=True))
    first = draw(st.integers(0, DAYS - 1))
    last = draw(st.none() | st.integers(first + 1, DAYS))
    return Edge(
        person,
        substitute,
        DAY + timedelta(days=first),
        None if last is None else DAY + timedelta(days=last),
        draw(st.sampled_from([None, *PROCESSES])),
    )


def turns_back(found: list[Edge]) -> bool:
    """Look at every day and every process by itself, the plain way."""
    for number in range(DAYS + 1):
        noon = DAY + timedelta(days=number, hours=12)
        for process in (*PROCESSES, "another"):
            now = [
                (edge.person, edge.substitute)
                for edge in found
                if edge.starts_at <= noon and (edge.ends_at is None or noon < edge.ends_at) and edge.definition_key in (None, process)
            ]
            for person in CAST:
                reached, waiting = set(), [person]
                while waiting:
                    here = waiting.pop()
                    for one, other in now:
                        if one == here and other not in reached:
                            reached.add(other)
                            waiting.append(other)
                if person in reached:
                    return True
    return False


@given(st.lists(edges(), max_size=14))
def test_a_circle_is_never_accepted_and_nothing_else_is_refused(wanted: list[Edge]) -> None:
    accepted: list[Edge] = []
    for edge in wanted:
        circle = circle_of(accepted, edge)
        assert (circle is not None) == turns_back([*accepted, edge])
        if circle is None:
            accepted.append(edge)
        else:
            assert circle[0] == circle[-1] == edge.person
            assert circle[1] == edge.substitute

    assert not turns_back(accepted)
    for edge in accepted:
        for chain in chains_from(accepted, edge):
            assert chain[:2] == (edge.person, edge.substitute)
            assert len(set(chain)) == len(chain) <= LONGEST_CHAIN + 1


def test_a_chain_tells_how_it_goes_on_while_the_substitute_is_away() -> None:
    new = Edge("li.na", "wang.fang", DAY, DAY + timedelta(days=2))
    others = [
        Edge("wang.fang", "zhao.lei", DAY + timedelta(days=1), DAY + timedelta(days=3)),
        Edge("zhao.lei", "wu.gang", DAY, DAY + timedelta(days=1)),
        Edge("wang.fang", "chen.jing", DAY + timedelta(days=2)),
    ]

    assert chains_from(others, new) == [("li.na", "wang.fang", "zhao.lei")]
    assert chains_from([], new) == []
