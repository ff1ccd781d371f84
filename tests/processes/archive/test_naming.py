"""Names of files in a package."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as some

from processes.archive import naming
from processes.archive.inventory import is_inside


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("发票 2026.xml", "发票 2026.xml"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\发票.pdf", "C__发票.pdf"),
        ("a\x00b\n.ofd", "ab.ofd"),
        ("con.xml", "_con.xml"),
        ("...", "_"),
        ("", "_"),
        ("e\u0301.pdf", "\u00e9.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("100%.pdf", "100_.pdf"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_safe(given_name: str, safe: str) -> None:
    assert naming.safe(given_name) == safe


@given(some.lists(some.text(max_size=300), max_size=6))
def test_names_are_single_short_and_unique_on_every_system(names: list[str]) -> None:
    taken: set[str] = set()
    made = [naming.unique(name, taken) for name in names]

    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert is_inside(f"data/{name}")
        assert len(PurePosixPath(name).parts) == len(PureWindowsPath(name).parts) == 1
        assert 0 < len(name.encode()) <= naming.MOST_BYTES + 10


def test_a_long_name_keeps_its_ending() -> None:
    assert naming.safe("长" * 200 + ".xml").endswith(".xml")
