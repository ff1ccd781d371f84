"""Archival codes, as published for DA/T 13-2022 (reference/domain.md 3.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.errors import InvalidContent
from processes.archive import codes

PUBLISHED = "Z001-KU·PZ·2026-D30-0001-0020"


def test_the_published_form_is_written_and_read() -> None:
    code = codes.make("Z001", "PZ", 2026, "D30", 1, 20)

    assert str(code) == PUBLISHED
    assert codes.parse(PUBLISHED) == code
    assert code.volume_code == "Z001-KU·PZ·2026-D30-0001"


def test_numbers_over_four_digits_are_not_cut() -> None:
    assert str(codes.make("Z001", "PZ", 2026, "D30", 12345, 10000)).endswith("-12345-10000")


@pytest.mark.parametrize(
    "text",
    [
        "z001-KU·PZ·2026-D30-0001-0020",
        "Z001-KU.PZ.2026-D30-0001-0020",
        "Z001-KU·PZ·26-D30-0001-0020",
        "Z001-KU·PZ·2026-D15-0001-0020",
        "Z001-KU·PZ·2026-D30-001-0020",
        "Z001-KU·PZ·2026-D30-00001-0020",
        "Z001-KU·PZ·2026-D30-0001-0000",
        "Z001-KU·XX·2026-D30-0001-0001",
        "../Z001-KU·PZ·2026-D30-0001-0020",
        "Z001-KU·PZ·2026-D30-0001-0020\n",
        "",
    ],
)
def test_other_ways_of_writing_are_refused(text: str) -> None:
    with pytest.raises(InvalidContent):
        codes.parse(text)


def test_every_part_that_no_code_may_have_is_named() -> None:
    with pytest.raises(InvalidContent) as refused:
        codes.make("s 1", "XX", 26, "D15", 0, -1)

    assert [fault.path for fault in refused.value.faults] == ["fonds", "recordClass", "year", "retention", "volume", "item"]


CODES = some.builds(
    codes.make,
    some.from_regex(codes.FONDS, fullmatch=True),
    some.sampled_from(sorted(codes.CLASSES)),
    some.integers(1000, 9999),
    some.sampled_from(["Y", "D30", "D10", "D5"]),
    some.integers(1, 10**8 - 1),
    some.integers(1, 10**8 - 1),
)


@given(CODES, CODES)
def test_a_code_is_read_back_and_no_two_share_a_folder(first: codes.ArchivalCode, second: codes.ArchivalCode) -> None:
    assert codes.parse(str(first)) == first
    assert (first.file_name.casefold() == second.file_name.casefold()) == (first == second)
    assert first.file_name.isascii()
