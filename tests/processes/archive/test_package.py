"""Packages on disk: whole or not there, never written twice, whatever an earlier attempt left."""

import fcntl
import os
from pathlib import Path

import pytest
from archive_support import Package, material_of

from engine.errors import Refused, Unavailable
from processes.archive import codes, contents, package
from processes.archive.verify import verify

CODE = codes.parse("S001-KU·PZ·2026-D30-0001-0001")
PAYLOAD = contents.payload(material_of())
PLACE = "S001/2026/S001-KU.PZ.2026-D30-0001-0001"


def write(root: Path, item: str = "item-1") -> package.Stored:
    return package.write(root, CODE, item, PAYLOAD, [("Bag-Software-Agent", "test")])


def everything(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.glob("*/*/*")}


def test_a_package_stands_below_fonds_and_year_and_is_sound(tmp_path: Path) -> None:
    stored = write(tmp_path)

    report = verify(tmp_path / stored.path)
    assert stored.path == PLACE
    assert report.faults == []
    assert (stored.digest, stored.files, stored.bytes) == (report.digest, report.files, report.bytes)
    assert everything(tmp_path) == {PLACE}


def test_its_files_cannot_be_written_by_accident(tmp_path: Path) -> None:
    stored = write(tmp_path)

    assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / stored.path).rglob("*") if path.is_file()} == {"0o444"}


def test_writing_it_again_adopts_it_untouched(tmp_path: Path) -> None:
    first = write(tmp_path)
    inodes = {path: path.stat().st_ino for path in (tmp_path / PLACE).rglob("*")}

    assert write(tmp_path) == first
    assert {path: path.stat().st_ino for path in (tmp_path / PLACE).rglob("*")} == inodes
    assert everything(tmp_path) == {PLACE}


def test_what_a_killed_attempt_left_is_removed(tmp_path: Path) -> None:
    draft = tmp_path / "S001/2026/.S001-KU.PZ.2026-D30-0001-0001.draft"
    (draft / "data/original").mkdir(parents=True)
    (draft / "data/original/half.xml").write_bytes(b"half")
    (draft / "bagit.txt").write_bytes(b"")

    assert verify(tmp_path / write(tmp_path).path).faults == []
    assert everything(tmp_path) == {PLACE}


def test_half_a_package_in_its_place_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / PLACE / "data").mkdir(parents=True)
    (tmp_path / PLACE / "bagit.txt").write_bytes(b"BagIt-Version: 1.0\n")

    assert verify(tmp_path / write(tmp_path).path).faults == []


def test_another_items_package_is_never_overwritten(tmp_path: Path) -> None:
    first = write(tmp_path, "item-1")

    with pytest.raises(Refused):
        write(tmp_path, "item-2")
    assert verify(tmp_path / first.path).digest == first.digest
    assert everything(tmp_path) == {PLACE}


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    draft = tmp_path / "S001/2026/.S001-KU.PZ.2026-D30-0001-0001.draft"
    draft.mkdir(parents=True)
    descriptor = os.open(draft, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    with pytest.raises(Unavailable):
        write(tmp_path)
    assert draft.is_dir()
    os.close(descriptor)
    assert write(tmp_path).path == PLACE


def test_a_fault_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("processes.archive.bag.sync_folder", full)
    (tmp_path / "S001/2026").mkdir(parents=True)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path)

    assert everything(tmp_path) == set()


def test_the_same_material_gives_the_same_bytes() -> None:
    material = material_of()

    assert contents.payload(material) == contents.payload(material)


def test_an_attachment_with_a_hostile_name_stays_inside(tmp_path: Path) -> None:
    document, content = material_of().documents[0]
    payload = contents.payload(material_of(documents=[(dict(document) | {"name": "../../../etc/cron.d/x"}, content)]))

    place = package.write(tmp_path, CODE, "item-1", payload, [])
    assert Package(tmp_path / place.path).read("data/original/_.._.._etc_cron.d_x") == b"<invoice/>"
