"""Hostile ZIP files."""

import io
import zipfile

import pytest

from engine.errors import InvoiceUnreadable
from processes.invoice import limits
from processes.invoice.formats import read
from processes.invoice.ofd_package import open_package


def packed(*members: tuple[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(InvoiceUnreadable) as refused:
        open_package(data, "x.ofd")
    return refused.value.faults[0].code


@pytest.mark.parametrize("name", ["../OFD.xml", "a/../../b", "C:/windows", "..\\b"])
def test_a_path_that_climbs_out_is_refused(name: str) -> None:
    assert code_of(packed(("OFD.xml", b"<a/>"), (name, b"x"))) == "zip-path-escape"


@pytest.mark.parametrize("second", ["ofd.xml", "/OFD.xml"])
def test_two_parts_of_one_name_are_refused(second: str) -> None:
    assert code_of(packed(("OFD.xml", b"<a/>"), (second, b"<b/>"))) == "zip-same-name"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert code_of(packed(("OFD.xml", b"<a/>"), ("zero", bytes(8 * 1024 * 1024)))) == "zip-bomb"


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ZIP_MEMBERS", 3)
    assert code_of(packed(*((f"{number}", b"") for number in range(4)))) == "zip-too-many"


def test_too_much_content_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ZIP_UNPACKED_BYTES", 100)
    assert code_of(packed(("OFD.xml", b"x" * 101))) == "zip-too-large"


def test_a_zip_that_is_no_ofd_asks_to_be_unpacked() -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        read(packed(("a.pdf", b"")), "two-files.zip")
    assert refused.value.faults[0].code == "not-ofd"


def test_a_part_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(packed(("OFD.xml", b"<a/>" * 50)))
    data[data.index(b"OFD.xml") + 9] ^= 0xFF
    assert code_of(bytes(data)) == "zip-broken"


def test_parts_are_found_from_the_root_beside_the_writer_and_in_any_case() -> None:
    package = open_package(packed(("OFD.xml", b"<a/>"), ("Doc_0/Tpls/T.xml", b"<t/>")), "x.ofd")
    assert package is not None
    found = ("/Doc_0/Tpls/T.xml", "Tpls/T.xml", "TPLS/t.xml", "Doc_0/Tpls/T.xml")
    for location in found:
        assert package.find(location, "Doc_0/Document.xml") == "Doc_0/Tpls/T.xml"
    assert package.find("../../etc/passwd", "Doc_0/D.xml") is None
