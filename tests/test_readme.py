"""The README's table of BPMN says what the code does: each row is deployed, and played to its end or refused with exactly the codes it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from readme_rows import ROWS
from readme_support import KINDS, PLACES, Drawn, play

from engine.bpmn.naming import NODES

README = Path(__file__).parents[1] / "README.md"
CODE = re.compile(r"`([a-z]+(?:-[a-z]+)+)`")
TAG = re.compile(r"`([A-Za-z]+:?)`")
HERE = re.compile(r"runs|runs with a limit: .+|drawn, without effect(; .+)?|refused `[a-z-]+`(, `[a-z-]+`)*")
#: every flow node of BPMN 2.0 (ISO/IEC 19510, BPMN20.xsd: the substitution group of flowNode)
FLOW_NODES = {
    "task", "manualTask", "userTask", "scriptTask", "serviceTask", "sendTask", "businessRuleTask", "receiveTask", "callActivity", "subProcess",
    "transaction", "adHocSubProcess", "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "implicitThrowEvent", "boundaryEvent",
    "exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway", "choreographyTask", "subChoreography",
    "callChoreography",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the element, of what sort it is, and what happens to it here."""

    element: str
    sort: str
    here: str

    @property
    def name(self) -> str:
        return f"{self.element} | {self.sort}".replace("`", "").strip(" |")

    @property
    def tags(self) -> list[str]:
        return TAG.findall(self.element)

    @property
    def codes(self) -> set[str]:
        return set(CODE.findall(self.here))

    @property
    def runs(self) -> bool:
        return not self.here.startswith("refused")


def table() -> Iterator[Row]:
    """Yield the rows of the table; a row without an element is about the one above."""
    text = README.read_text(encoding="utf-8").partition("## Which BPMN runs in this version")[2].partition("\n## ")[0]
    element = ""
    for line in [line for line in text.splitlines() if line.startswith("|")][2:]:
        first, sort, here = (cell.strip() for cell in line.strip("|").split("|"))
        element = first or element
        yield Row(element, sort, here)


TABLE = list(table())


def drawings(row: Row) -> list[Drawn]:
    """Return the drawings of a row: of events one for each kind at its place, else those that are written down for it."""
    if row.element in PLACES:
        made = [drawn for kind in row.sort.split(", ") for drawn in PLACES[row.element](kind)]
        return made if row.runs else [replace(drawn, code=code) for drawn in made for code in row.codes]
    (found,) = [drawn for beginning, drawn in ROWS.items() if row is named(beginning)]
    return found


def named(beginning: str) -> Row | None:
    """Return the first row that begins so: one about an element as such, or about the sort that is named."""
    return next((row for row in TABLE if row.name.startswith(beginning)), None)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_row_says_what_happens(row: Row) -> None:
    found = drawings(row)
    played = [drawn for drawn in found if drawn.code is None]

    assert HERE.fullmatch(row.here)
    assert bool(played) == row.runs
    assert {drawn.code for drawn in found if drawn.code} == row.codes
    for tag in row.tags:
        assert any(re.search(rf"<{tag}\b|[ <]{tag}" if tag.endswith(":") else rf"<{tag}\b", drawn.xml.decode()) for drawn in found), tag
    for drawn in found:
        examined = drawn.examined()
        if drawn.code is not None:
            assert {fault.code for fault in examined.faults} == {drawn.code}
        else:
            assert examined.faults == []
            run = play(drawn, examined)
            assert (run.finished, run.failures) == (True, []), drawn.xml
            assert set(drawn.done) <= {step.rpartition("/")[2] for step in run.path}


def test_every_flow_node_of_bpmn_has_a_row() -> None:
    assert FLOW_NODES - {tag for row in TABLE for tag in row.tags} == set()


def test_everything_the_reader_reads_runs() -> None:
    assert NODES - {tag for row in TABLE for tag in row.tags if row.runs} == set()


def test_nothing_is_drawn_for_a_row_that_is_gone() -> None:
    assert [beginning for beginning in ROWS if named(beginning) is None] == []


@pytest.mark.parametrize("place", PLACES)
def test_every_kind_of_event_has_its_place_or_is_refused_there(place: str) -> None:
    """A kind that no row names at a place must not run there."""
    general = place.partition(",")[0]
    named = {kind for row in TABLE if row.element in (place, general) for kind in row.sort.split(", ")}
    named |= {kind for row in TABLE if place == general and row.element.partition(",")[0] == general for kind in row.sort.split(", ")}

    assert named, "the place has a row"
    for kind in [kind for kind in KINDS if kind not in named and (kind, place) not in NONE_OF_BPMN]:
        for drawn in PLACES[place](kind):
            codes = {fault.code for fault in drawn.examined().faults}
            assert codes & {"event-position", "event-missing"}, (place, kind)


#: throwing is never "parallel": everything is thrown at once
NONE_OF_BPMN = {("parallel multiple", "`intermediateThrowEvent`"), ("parallel multiple", "`endEvent`")}
