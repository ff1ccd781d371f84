"""Every kind of damage is named exactly: first as it happens, then as a forger would hide it, who writes fitting manifests."""

import shutil
import zipfile
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from archive_support import APPROVAL, FILING, Package, approval_rows, chain_of, material_of

from engine.errors import EvidenceBroken
from processes.archive import bag, contents
from processes.archive.verify import require_sound, verify

ORIGINAL = "data/original/发票.xml"
HISTORY = "data/history/approval.jsonl"


def test_a_sound_package_is_counted(package: Package) -> None:
    report = verify(package.folder)

    assert report.faults == []
    assert (report.code, report.title) == ("S001-KU·PZ·2026-D30-0001-0001", "发票 1")
    assert (report.documents, report.chains, report.events, report.erased) == (2, 2, 6, 0)
    assert report.files == sum(path.is_file() for path in (package.folder / "data").rglob("*"))
    assert report.digest == sha256(package.read("tagmanifest-sha256.txt")).hexdigest()
    assert require_sound(package.folder).digest == report.digest


def test_two_files_of_one_name_are_both_kept(package: Package) -> None:
    assert package.read(ORIGINAL) == b"<invoice/>"
    assert package.read("data/original/发票-2.xml") == b"<other/>"


def test_a_flipped_byte_is_named_with_what_was_expected_and_found(package: Package) -> None:
    package.change(ORIGINAL, b"<invoicf/>")

    fault = next(fault for fault in verify(package.folder).faults if fault.code == "digest-differs")
    assert fault.path == ORIGINAL
    assert fault.expected == sha256(b"<invoice/>").hexdigest()
    assert fault.found == sha256(b"<invoicf/>").hexdigest()


def test_all_faults_are_found_at_once(package: Package) -> None:
    package.change(ORIGINAL, b"changed")
    (package.folder / "data/checks.json").unlink()
    package.change("data/extra.exe", b"x")

    found = package.faults()
    assert ("digest-differs", ORIGINAL) in found
    assert ("file-missing", "data/checks.json") in found
    assert ("file-unexpected", "data/extra.exe") in found
    assert ("oxum-bytes-differ", "data") in found
    with pytest.raises(EvidenceBroken) as broken:
        require_sound(package.folder)
    assert len(broken.value.faults) == len(found)


@pytest.mark.parametrize(
    "path", ["data/approval-record.html", "data/说明.txt", "data/process/a.bpmn", "data/receipts.json", "bag-info.txt", "bagit.txt"]
)
def test_a_changed_file_is_named_whatever_it_is(package: Package, path: str) -> None:
    package.change(path, package.read(path) + b" ")

    assert ("digest-differs", path) in package.faults()


@pytest.mark.parametrize(
    "path", [ORIGINAL, HISTORY, "data/metadata.json", "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"]
)
def test_a_missing_file_is_named_whatever_it_is(package: Package, path: str) -> None:
    (package.folder / path).unlink()

    assert path in [place for _, place in package.faults()]


def test_a_changed_manifest_is_named_by_the_tag_manifest(package: Package) -> None:
    lines = package.read("manifest-sha256.txt").splitlines(keepends=True)
    package.change("manifest-sha256.txt", b"".join(lines[1:]))

    found = package.faults()
    assert ("digest-differs", "manifest-sha256.txt") in found
    assert ("file-unexpected", lines[0].decode().split("  ")[1].strip()) in found


def test_an_unknown_tag_file_is_named(package: Package) -> None:
    package.change("fetch.txt", b"http://example.com/x 1 data/x\n")

    assert package.faults()[0] == ("file-unexpected", "fetch.txt")


# --- with fitting manifests


def test_a_forger_who_fits_the_manifests_changes_the_digest(package: Package) -> None:
    before = verify(package.folder).digest
    package.change("data/receipts.json", b"{}")
    package.cover_up()

    report = verify(package.folder)
    assert report.faults == []
    assert report.digest != before


def test_a_replaced_original_differs_from_the_metadata(package: Package) -> None:
    package.change(ORIGINAL, b"<invoicf/>")
    package.cover_up()

    assert package.faults() == [("document-sha256-differs", ORIGINAL), ("document-sm3-differs", ORIGINAL)]


def test_an_original_that_nobody_filed_is_named(package: Package) -> None:
    package.change("data/original/new.xml", b"x")
    package.cover_up()

    assert package.faults() == [("document-unknown", "data/original/new.xml")]


def test_an_original_taken_out_is_named(package: Package) -> None:
    (package.folder / ORIGINAL).unlink()
    package.cover_up()

    assert package.faults() == [("document-missing", ORIGINAL)]


def test_an_edited_event_breaks_its_hash(package: Package) -> None:
    lines = package.lines(HISTORY)
    lines[2]["body"] = b64encode(b64decode(lines[2]["body"]).replace(b'"approve"', b'"reject"')).decode()
    package.change_lines(HISTORY, lines)
    package.cover_up()

    fault = verify(package.folder).faults[0]
    assert (fault.code, fault.path, fault.line) == ("hash-mismatch", f"{HISTORY}:3", 3)
    assert fault.found == lines[2]["hash"]


def test_an_edited_event_with_a_fitting_hash_breaks_the_next(package: Package) -> None:
    lines = package.lines(HISTORY)
    body = b64decode(lines[2]["body"]).replace(b'"approve"', b'"reject"')
    lines[2] |= {"body": b64encode(body).decode(), "hash": sha256(bytes.fromhex(lines[1]["hash"]) + body).hexdigest()}
    package.change_lines(HISTORY, lines)
    package.cover_up()

    assert package.faults() == [("hash-mismatch", f"{HISTORY}:4")]


def test_a_history_written_anew_ends_elsewhere(package: Package) -> None:
    rows = chain_of(
        APPROVAL, [("instance:started", None, {"initiator": "li.na"}, {}), ("instance:completed", None, {"outcome": "approve"}, {})]
    )
    package.change(HISTORY, contents.chainfile.dump(rows))
    package.cover_up()

    assert package.faults() == [("chain-end-differs", HISTORY)]


def test_an_edited_comment_does_not_fit_its_digest(package: Package) -> None:
    lines = package.lines(HISTORY)
    lines[2]["personal"] = b64encode(b64decode(lines[2]["personal"]).replace("同意".encode(), "反对".encode())).decode()
    package.change_lines(HISTORY, lines)
    package.cover_up()

    assert package.faults() == [("personal-differs", f"{HISTORY}:3")]


def test_an_edited_column_differs_from_the_bytes(package: Package) -> None:
    lines = package.lines(HISTORY)
    lines[2]["actor"] = "somebody.else"
    package.change_lines(HISTORY, lines)
    package.cover_up()

    fault = verify(package.folder).faults[0]
    assert (fault.code, fault.path, fault.expected, fault.found) == ("column-differs", f"{HISTORY}:3", "li.na", "somebody.else")


def test_a_cut_tail_is_named_though_the_rest_is_right(package: Package) -> None:
    lines = package.lines(HISTORY)
    package.change_lines(HISTORY, lines[:-1])
    package.cover_up()

    fault = verify(package.folder).faults[0]
    assert (fault.code, fault.path) == ("chain-end-differs", HISTORY)
    assert fault.expected == f"5 {lines[4]['hash']}"
    assert fault.found == f"4 {lines[3]['hash']}"


def test_an_event_taken_out_is_named_by_its_number(package: Package) -> None:
    lines = package.lines(HISTORY)
    package.change_lines(HISTORY, lines[:1] + lines[2:])
    package.cover_up()

    assert ("event-missing", f"{HISTORY}:3") in package.faults()


def test_events_of_another_case_are_named(package: Package) -> None:
    package.change(HISTORY, package.read(HISTORY) + package.read("data/history/filing.jsonl"))
    package.cover_up()

    fault = verify(package.folder).faults[0]
    assert (fault.code, fault.found) == ("history-foreign", str(FILING))


def test_an_erased_comment_is_counted_and_is_no_fault(tmp_path: Path) -> None:
    rows = [row._replace(personal=None, salt=None) if row.number == 3 else row for row in approval_rows()]
    material = material_of()
    first = contents.Chronicle("approval", str(APPROVAL), "FP-1", "发票审批", rows)
    bag.write(tmp_path, contents.payload(material_of(chronicles=[first, material.chronicles[1]])), [("External-Identifier", material.code)])

    report = verify(tmp_path)
    assert report.faults == []
    assert report.erased == 1


def test_a_package_under_another_code_is_named(package: Package) -> None:
    info = package.read("bag-info.txt").replace(b"0001-0001", b"0001-0002")
    package.change("bag-info.txt", info)
    package.cover_up()

    fault = verify(package.folder).faults[0]
    assert (fault.code, fault.expected, fault.found) == ("code-differs", "S001-KU·PZ·2026-D30-0001-0001", "S001-KU·PZ·2026-D30-0001-0002")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"null", b'{"code":1}', b"\xff", b"[" * 5000, b'{"code":"x","title":"y","documents":[1],"histories":[]}'],
)
def test_metadata_that_cannot_be_read_are_a_fault_and_no_traceback(package: Package, content: bytes) -> None:
    package.change("data/metadata.json", content)
    package.cover_up()

    assert package.faults() == [("metadata-unreadable", "data/metadata.json")]


def test_metadata_without_histories_are_a_fault(package: Package) -> None:
    metadata = orjson.loads(package.read("data/metadata.json")) | {"histories": []}
    package.change("data/metadata.json", orjson.dumps(metadata))
    package.cover_up()

    assert package.faults() == [("history-missing", "data/metadata.json")]


@pytest.mark.parametrize(
    "change",
    [
        {"body": "!"},
        {"body": 5},
        {"body": b64encode(b"[]").decode()},
        {"body": b64encode(b'{"instance":5}').decode()},
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "2026-11-22T09:41:07"},
        {"number": "3"},
        {"hash": "zz"},
        {"salt": 1},
    ],
)
def test_a_line_that_is_no_event_is_named(package: Package, change: dict[str, object]) -> None:
    lines = package.lines(HISTORY)
    lines[2] |= change
    package.change_lines(HISTORY, lines)
    package.cover_up()

    assert ("event-unreadable", f"{HISTORY}:3") in package.faults()


# --- as a ZIP file


def zip_of(folder: Path, target: Path, top: str = "") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{top}{path.relative_to(folder).as_posix()}")
    return target


@pytest.mark.parametrize("top", ["", "S001-KU.PZ.2026-D30-0001-0001/"])
def test_a_zip_file_proves_the_same_as_its_folder(package: Package, tmp_path: Path, top: str) -> None:
    report = verify(zip_of(package.folder, tmp_path / "package.zip", top))

    assert report == verify(package.folder)


def test_damage_inside_a_zip_file_is_named(package: Package, tmp_path: Path) -> None:
    package.change(ORIGINAL, b"changed")

    found = [(fault.code, fault.path) for fault in verify(zip_of(package.folder, tmp_path / "package.zip")).faults]
    assert ("digest-differs", ORIGINAL) in found


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt", "a/../../outside.txt", "C:\\outside.txt"])
def test_a_zip_file_whose_names_lead_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    place = tmp_path / "deep" / "package.zip"
    place.parent.mkdir()
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")

    assert [fault.code for fault in verify(place).faults] == ["path-refused"]
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_link_inside_a_zip_file_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "package.zip"
    link = zipfile.ZipInfo("data/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert [(fault.code, fault.path) for fault in verify(place).faults] == [("not-a-file", "data/link")]


def test_a_zip_file_that_states_more_than_is_allowed_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processes.archive.container.MOST_BYTES", 10)
    place = tmp_path / "package.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/zeros", b"\0" * 1000)

    assert [fault.code for fault in verify(place).faults] == ["zip-too-large"]


def test_files_that_are_no_package_are_told(tmp_path: Path, package: Package) -> None:
    nonsense = tmp_path / "nonsense.zip"
    nonsense.write_bytes(b"not a zip")
    cut = zip_of(package.folder, tmp_path / "package.zip")
    cut.write_bytes(cut.read_bytes()[:-100])

    assert [fault.code for fault in verify(nonsense).faults] == ["zip-damaged"]
    assert [fault.code for fault in verify(cut).faults] == ["zip-damaged"]
    assert [fault.code for fault in verify(tmp_path / "nowhere").faults] == ["bag-missing"]


def test_a_flipped_byte_in_a_zip_file_is_told(package: Package, tmp_path: Path) -> None:
    place = zip_of(package.folder, tmp_path / "package.zip")
    content = bytearray(place.read_bytes())
    content[content.index(b"<invoice/>")] ^= 1
    place.write_bytes(content)

    assert [fault.code for fault in verify(place).faults] == ["zip-damaged"]


def test_verifying_changes_nothing_in_the_folder(package: Package, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(package.folder, copy)
    verify(package.folder)

    assert {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*") if path.is_file()} == {
        path.relative_to(package.folder): path.read_bytes() for path in package.folder.rglob("*") if path.is_file()
    }
