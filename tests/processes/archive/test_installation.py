"""`shenpi verify`: one package without a database, and a whole installation."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from archive_support import Flow, Package
from click.testing import CliRunner
from sqlalchemy import text

from api.cli.archive import verify as command
from engine.database import transaction
from processes.archive.installation import Survey, verify_installation

Sealed = Callable[[], tuple[UUID, UUID, Path]]


def survey(flow: Flow) -> Survey:
    with transaction() as session:
        return verify_installation(session, flow.archive)


def found(flow: Flow) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.path) for fault in survey(flow).faults]


def test_a_sound_installation_is_counted(flow: Flow, sealed: Sealed) -> None:
    sealed()

    result = survey(flow)
    assert result.faults == []
    assert (result.chains, result.packages, result.unrecorded) == (2, 1, [])
    assert result.events > 40


def test_a_package_that_is_gone_is_named(flow: Flow, sealed: Sealed) -> None:
    _, _, folder = sealed()
    shutil.rmtree(folder)

    assert "bag-missing" in [code for code, _ in found(flow)]


def test_a_forged_package_with_fitting_manifests_is_found_by_its_digest(flow: Flow, sealed: Sealed) -> None:
    _, _, folder = sealed()
    forged = Package(folder)
    forged.change("data/receipts.json", b"{}")
    forged.cover_up()

    assert [code for code, _ in found(flow)] == ["package-differs", "package-differs"]


def test_a_forged_row_is_found_by_the_sealing_event(flow: Flow, sealed: Sealed) -> None:
    _, _, folder = sealed()
    forged = Package(folder)
    forged.change("data/receipts.json", b"{}")
    forged.cover_up()
    digest = survey(flow).faults[0].found
    with transaction() as session:
        session.execute(text("UPDATE archive_package SET digest = :digest"), {"digest": digest})

    faults = survey(flow).faults
    assert [(fault.code, fault.en) for fault in faults] == [("package-differs", "The digest differs from the sealing event")]


def test_a_cut_history_in_the_database_is_named(flow: Flow, sealed: Sealed) -> None:
    case, _, _ = sealed()
    with transaction() as session:
        session.execute(text("UPDATE process_instance SET event_count = event_count + 1 WHERE id = :id"), {"id": case})

    assert found(flow) == [("tail-differs", str(case))]


def test_a_package_that_no_row_knows_is_listed(flow: Flow, sealed: Sealed) -> None:
    _, _, folder = sealed()
    shutil.copytree(folder, folder.parent / "S001-KU.PZ.2026-D30-0001-0009")

    assert survey(flow).unrecorded == ["S001/2026/S001-KU.PZ.2026-D30-0001-0009"]


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


def test_the_command_verifies_everything(flow: Flow, sealed: Sealed, app, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    _, _, folder = sealed()
    monkeypatch.setenv("DATABASE_URL", app.config["SQLALCHEMY_DATABASE_URI"])
    monkeypatch.setenv("SHENPI_SECRET_KEY", "test")

    result = CliRunner().invoke(command, ["--all"])
    assert result.exit_code == 0, result.output
    assert "归档包 packages    1" in result.output

    shutil.rmtree(folder)
    assert CliRunner().invoke(command, ["--all"]).exit_code == 1
