"""Bags written and read, with the Library of Congress's own library as the second reader."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import bagit
import pytest

from processes.archive import bag, inventory

PAYLOAD = {"data/a.txt": b"one\n", "data/sub/b 说明.txt": b"", "data/sub/c%0A.txt": b"three"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "bag"
    place.mkdir()
    return place


def test_what_is_written_is_a_valid_bag_for_the_reference_library(folder: Path) -> None:
    payload = {
        path: content for path, content in PAYLOAD.items() if "%" not in path
    }  # bagit 1.9 does not know that RFC 8493 escapes the percent sign
    written = bag.write(folder, payload, [("External-Identifier", "X\nY")])

    read = bagit.Bag(str(folder))
    read.validate()
    assert read.info == {"External-Identifier": "X Y", "Payload-Oxum": "4.2"}
    assert (written.files, written.bytes) == (2, 4)


def test_the_digest_is_that_of_the_tag_manifest(folder: Path) -> None:
    written = bag.write(folder, PAYLOAD, [])

    assert written.digest == sha256((folder / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    assert inventory.take(folder).digest == written.digest


def test_what_is_written_is_read_without_a_fault(folder: Path) -> None:
    bag.write(folder, PAYLOAD, [("Source-Organization", "甲公司")])

    found = inventory.take(folder)
    assert found.faults == []
    assert (found.files, found.bytes, found.info["Source-Organization"]) == (3, 9, "甲公司")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="NO sha256sum: the manifests were not checked with it")
def test_the_manifests_are_what_sha256sum_takes(folder: Path) -> None:
    bag.write(folder, {"data/a.txt": b"one\n"}, [])

    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        assert subprocess.run(["sha256sum", "-c", name], cwd=folder, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    "path",
    ["../outside", "data/../../outside", "/etc/passwd", "~/x", "C:/x", "data\\..\\x", "data/a\0b", "", "."],
)
def test_paths_that_lead_out_are_told_apart(path: str) -> None:
    assert not inventory.is_inside(path)


def test_a_manifest_that_names_a_file_outside_is_refused_and_the_file_is_not_opened(folder: Path) -> None:
    bag.write(folder, PAYLOAD, [])
    secret = folder.parent / "secret"
    secret.write_bytes(b"secret")
    line = f"{sha256(b'secret').hexdigest()}  data/../../secret\n"
    manifest = folder / "manifest-sha256.txt"
    content = manifest.read_text() + line
    manifest.unlink()
    manifest.write_text(content)

    faults = inventory.take(folder).faults
    assert ("path-refused", "manifest-sha256.txt", 4, "data/../../secret") in [(f.code, f.path, f.line, f.found) for f in faults]


def test_a_link_is_a_fault_and_is_not_followed(folder: Path) -> None:
    bag.write(folder, PAYLOAD, [])
    (folder / "data" / "link").symlink_to("/etc/passwd")

    assert [(fault.code, fault.path, fault.found) for fault in inventory.take(folder).faults] == [("not-a-file", "data/link", "link")]


def test_a_folder_that_is_no_bag_names_what_is_missing(folder: Path) -> None:
    assert [fault.path for fault in inventory.take(folder).faults if fault.code == "tag-file-missing"] == [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    ]
    assert [fault.code for fault in inventory.take(folder / "nothing").faults] == ["bag-missing"]


def test_lines_that_are_none_are_named_with_their_number(folder: Path) -> None:
    bag.write(folder, {"data/a.txt": b"one\n"}, [])
    manifest = folder / "manifest-sha256.txt"
    content = manifest.read_text() + "nonsense\n" + "0" * 64 + "  data/a.txt\n"
    manifest.unlink()
    manifest.write_text(content)

    faults = {(fault.code, fault.path, fault.line) for fault in inventory.take(folder).faults}
    assert {("manifest-unreadable", "manifest-sha256.txt", 2), ("manifest-twice", "data/a.txt", 3)} <= faults
