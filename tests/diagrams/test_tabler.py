"""Of Tabler's CSS only what is listed goes to the browsers: nothing that a page names may be missing, and nothing is listed that none names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import ROOT

LIST = ROOT / "diagrams" / "src" / "tabler.ts"
TABLER = ROOT / "diagrams" / "node_modules" / "@tabler" / "core" / "dist" / "css" / "tabler.min.css"
BUILT = ROOT / "api" / "static" / "assets" / "app.css"
CLASS = re.compile(r"\.((?:[A-Za-z_-]|\\.)(?:[\w-]|\\.)*)")
WORD = re.compile(r"[A-Za-z][\w-]*")
#: where classes stand: attributes of templates, and what scripts set
PLACES = re.compile(r'class="([^"]*)"|className = (.*)|classList\.\w+\((.*)\)')
#: the beginning of a class whose end is only known when the page is made
BEGUN = re.compile(r"([A-Za-z][\w-]*-)\{\{|([A-Za-z][\w-]*-)\$\{")


def sources() -> Iterator[tuple[Path, str]]:
    for folder, kind in ((ROOT / "api" / "templates", "*.html"), (ROOT / "diagrams" / "src", "*.ts")):
        for path in sorted(folder.rglob(kind)):
            if path != LIST:
                yield path, path.read_text(encoding="utf-8")


def named() -> dict[str, Path]:
    """Return every word that may be a class, with a file that has it: all in the places of classes, elsewhere those with a hyphen."""
    found: dict[str, Path] = {}
    for path, text in sources():
        words = {word for place in PLACES.finditer(text) for word in WORD.findall("".join(filter(None, place.groups())))}
        words |= {word for word in WORD.findall(text) if "-" in word}
        begun = {one or other for place in PLACES.finditer(text) for one, other in BEGUN.findall(place[0])}
        words |= {f"{one}{word}" for one in begun for word in WORD.findall(text)}
        found |= dict.fromkeys(words, path)
    return found


@pytest.fixture(scope="module")
def tabler() -> set[str]:
    if not TABLER.exists():
        pytest.skip("NO TABLER: run python diagrams/build.py; the list of its classes was not compared")
    return {found.replace("\\", "") for found in CLASS.findall(TABLER.read_text(encoding="utf-8"))}


def listed() -> list[str]:
    return re.findall(r"'([^']+)'", LIST.read_text(encoding="utf-8"))


def test_whatever_of_tabler_a_page_names_is_listed(tabler: set[str]) -> None:
    missing = {word: path.name for word, path in named().items() if word in tabler and word not in listed()}
    assert not missing, f"add to {LIST.name}: {missing}"


def test_what_is_listed_is_of_tabler_and_named_by_a_page(tabler: set[str]) -> None:
    known = named()
    assert [word for word in listed() if word not in tabler or word not in known] == []
    assert listed() == sorted(set(listed()))


def test_what_is_listed_is_in_the_built_file_and_hardly_anything_else(tabler: set[str]) -> None:
    built = BUILT.read_text(encoding="utf-8")
    there = {found.replace("\\", "") for found in CLASS.findall(built)}
    assert set(listed()) <= there
    assert len(there & tabler) < 2 * len(listed())
    assert "--tblr-" in built and "@keyframes" in built
