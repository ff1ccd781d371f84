"""Every drawing has a picture, and the picture shows the drawing as it is now. Needs no browser."""

import hashlib
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
DRAWINGS = sorted((ROOT / "processes").glob("*/*.bpmn"))
PICTURES = ROOT / "diagrams" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.stem)
def test_the_picture_shows_the_drawing_as_it_is_now(drawing: Path) -> None:
    picture = PICTURES / f"{drawing.stem}.svg"
    assert picture.exists(), f"run python diagrams/svg.py: {picture.name} is missing"

    metadata = etree.parse(picture).getroot().find(f"{SVG}metadata")

    assert metadata is not None
    assert metadata.get("data-source") == drawing.relative_to(ROOT).as_posix()
    assert metadata.get("data-sha256") == hashlib.sha256(drawing.read_bytes()).hexdigest(), (
        "run python diagrams/svg.py: the drawing has changed"
    )


def test_no_picture_is_left_of_a_drawing_that_is_gone() -> None:
    assert {picture.stem for picture in PICTURES.glob("*.svg")} == {drawing.stem for drawing in DRAWINGS}


def test_two_drawings_never_share_a_picture() -> None:
    assert len({drawing.stem for drawing in DRAWINGS}) == len(DRAWINGS)
