"""`shenpi verify`: one package without a database, and a whole installation."""

import shutil
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from archive_support import Flow, Package
from click.testing import CliRunner
from sqlalchemy import text

from api.cli.archive import verify as command
from engine.database import transaction
from processes.archive.installation import Survey, verify_installation

Sealed = tuple[UUID, UUID, Path]


@pytest.fixture
def copy(flow: Flow, sealed: Sealed, tmp_path: Path) -> tuple[Path, Package]:
    """A copy of the archive that a test may damage: its folder, and the sealed package in it."""
    folder = tmp_path / "archive"
    shutil.copytree(flow.archive, folder)
    return folder, Package(folder / sealed[2].relative_to(flow.archive))


def survey(folder: Path, change: str = "", **values: object) -> Survey:
    """Verify the installation with another archive folder, and after a change of the database that is taken back."""
    with transaction() as session:
        if change:
            session.execute(text(change), values)
        result = verify_installation(session, folder)
        session.rollback()
    return result


def codes(result: Survey) -> list[str]:
    return [fault.code for fault in result.faults]


def test_a_sound_installation_is_counted(copy: tuple[Path, Package]) -> None:
    result = survey(copy[0])

    assert result.faults == []
    assert (result.chains, result.packages, result.unrecorded) == (2, 1, [])
    assert result.events > 40


def test_a_package_that_is_gone_is_named(copy: tuple[Path, Package]) -> None:
    folder, package = copy
    shutil.rmtree(package.folder)

    assert "bag-missing" in codes(survey(folder))


def test_a_forged_package_with_fitting_manifests_is_found_by_its_digest(copy: tuple[Path, Package]) -> None:
    folder, package = copy
    package.change("data/receipts.json", b"{}")
    package.cover_up()

    assert codes(survey(folder)) == ["package-differs", "package-differs"]


def test_a_forged_row_is_found_by_the_sealing_event(copy: tuple[Path, Package]) -> None:
    folder, package = copy
    package.change("data/receipts.json", b"{}")
    package.cover_up()
    digest = sha256(package.read("tagmanifest-sha256.txt")).hexdigest()

    result = survey(folder, "UPDATE archive_package SET digest = :digest", digest=digest)
    assert [(fault.code, fault.en) for fault in result.faults] == [("package-differs", "The digest differs from the sealing event")]


def test_a_cut_history_in_the_database_is_named(copy: tuple[Path, Package], sealed: Sealed) -> None:
    result = survey(copy[0], "UPDATE process_instance SET event_count = event_count + 1 WHERE id = :id", id=sealed[0])

    assert [(fault.code, fault.path) for fault in result.faults] == [("tail-differs", str(sealed[0]))]


def test_a_package_that_no_row_knows_is_listed(copy: tuple[Path, Package]) -> None:
    folder, package = copy
    shutil.copytree(package.folder, package.folder.parent / "S001-KU.PZ.2026-D30-0001-0009")

    assert survey(folder).unrecorded == ["S001/2026/S001-KU.PZ.2026-D30-0001-0009"]


def test_the_command_says_what_it_checked(package: Package) -> None:
    result = CliRunner().invoke(command, [str(package.folder)])

    assert result.exit_code == 0, result.output
    assert "S001-KU·PZ·2026-D30-0001-0001" in result.output
    assert "6 个事件 events" in result.output


def test_the_command_names_each_fault_and_ends_with_1(package: Package) -> None:
    package.change("data/original/发票.xml", b"changed")

    result = CliRunner().invoke(command, [str(package.folder)])
    assert result.exit_code == 1
    assert "data/original/发票.xml: 文件内容与清单不符 The content was changed [digest-differs]; 应为 expected" in result.output


def test_the_command_wants_one_thing(package: Package) -> None:
    assert CliRunner().invoke(command, []).exit_code == 2
    assert CliRunner().invoke(command, [str(package.folder), "--all"]).exit_code == 2


@pytest.mark.usefixtures("sealed")
def test_the_command_verifies_everything(flow: Flow) -> None:
    result = CliRunner().invoke(command, ["--all"])
    assert result.exit_code == 0, result.output
    assert "归档包 packages    1" in result.output

    shutil.move(flow.archive, flow.home / "elsewhere")
    assert CliRunner().invoke(command, ["--all"]).exit_code == 1
    shutil.move(flow.home / "elsewhere", flow.archive)
