"""`shenpi demo` tells the whole story, and fails as soon as any part of it did not happen."""

import io
import threading
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from carriers_support import tampered_ofd
from journeys_support import Installation, installed
from PIL import Image

from api.cli import given
from engine.database.embedded import EmbeddedServer
from processes.invoice.samples.code import png
from processes.invoice.samples.generate import default_number, make, make_with_invoice
from processes.invoice.typed import texts


def demo(installation: Installation, *arguments: str, patience: str = "30") -> tuple[int, str]:
    done = installation.shenpi("demo", *arguments, "--url", installation.url, "--simulator", installation.simulator, "--patience", patience)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_demo_tells_the_whole_story_again_and_again(installation: Installation) -> None:
    for _ in range(2):
        code, said = demo(installation)

        assert code == 0, said
        assert "离线校验" in said
        assert "重新执行" in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ubl/BIS3_Invoice_positive.XML", "ofd/v4signed.ofd"])  # each is read by tests of its own
def test_the_demo_takes_any_invoice_given(installation: Installation, samples: Path, name: str) -> None:
    code, said = demo(installation, str(samples / name))

    assert code == 0, said


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pdf", "photo"])
def test_the_demo_types_what_a_print_does_not_say_and_brings_the_original(installation: Installation, kind: str) -> None:
    code, said = demo(installation, "--kind", kind)

    assert code == 0, said
    assert "照票面填写" in said
    assert "补交 einvoice" in said


def test_the_demo_knows_a_print_of_ours_by_its_bytes(tmp_path: Path) -> None:
    for kind in ("pdf", "photo"):
        number = default_number(kind, time.monotonic_ns() % 10**9)
        said, data = make_with_invoice(kind, number=number, gross=Decimal("4242.00"))
        (tmp_path / "scan").write_bytes(data)

        found = given.from_file(tmp_path / "scan", {}, None)

        assert found.fields["net"] == str(said.net)
        assert found.original == make("einvoice", number=number, gross=Decimal("4242.00"))


@pytest.mark.slow
def test_the_demo_says_which_fields_a_strangers_print_needs_and_takes_them_from_flags(installation: Installation, tmp_path: Path) -> None:
    number = default_number("photo", time.monotonic_ns() % 10**9)
    seen, data = make_with_invoice("photo", number=number, gross=Decimal("777.00"))
    photo, original = tmp_path / "photo.png", tmp_path / "original.xml"
    photo.write_bytes(png(Image.open(io.BytesIO(data)).rotate(0.5, fillcolor=235)))
    original.write_bytes(make("einvoice", number=number, gross=Decimal("777.00"))[1])

    code, said = demo(installation, str(photo))
    assert code == 1
    assert "--field seller.name=..." in said and "--field net=..." in said and "--field number=..." not in said

    needed = ("net", "tax", "seller.name", "seller.taxId", "buyer.name", "buyer.taxId")
    flags = [part for name, text in texts(seen).items() if name in needed for part in ("--field", f"{name}={text}")]
    code, said = demo(installation, str(photo), *flags, "--original", str(original))
    assert code == 0, said


def test_the_demo_ends_with_the_reason_for_a_broken_or_tampered_file(installation: Installation, tmp_path: Path) -> None:
    xml = make("ubl", number=default_number("ubl", time.monotonic_ns() % 10**6))[1]
    for name, data, reason in (
        ("half.xml", xml[: len(xml) // 2], "half.xml"),
        ("tampered.ofd", tampered_ofd(default_number("ofd", time.monotonic_ns() % 10**9)), "Doc_0/Document.xml"),
    ):
        (tmp_path / name).write_bytes(data)
        code, said = demo(installation, str(tmp_path / name))

        assert code != 0
        assert reason in said


def test_the_demo_ends_with_the_reason_for_a_real_broken_or_tampered_file(installation: Installation, samples: Path) -> None:
    for name, reason in (
        ("facturx/negative-invalid-xml-encoding.pdf", "factur-x.xml"),
        ("ofd/tampered-document-xml.ofd", "Doc_0/Document.xml"),
    ):
        code, said = demo(installation, str(samples / name))

        assert code != 0
        assert reason in said


def test_the_demo_ends_with_the_reason_for_a_file_that_is_known(installation: Installation, tmp_path: Path) -> None:
    name, data = make("einvoice", number=default_number("einvoice", time.monotonic_ns() % 10**9))
    installation.upload(name, data)
    path = tmp_path / name
    path.write_bytes(data)

    code, said = demo(installation, str(path))

    assert code != 0
    assert "exists" in said


@pytest.mark.parametrize("part", ["worker", "simulator"])
def test_the_demo_fails_when_a_part_does_not_run(installation: Installation, part: str) -> None:
    installation.stop(part)
    try:
        code, said = demo(installation, patience="4")
    finally:
        installation.start(part)

    assert code != 0, said


@pytest.mark.slow
def test_the_demo_fails_when_a_byte_of_the_package_is_changed(server: EmbeddedServer, template: str, tmp_path: Path) -> None:
    with installed(server, template, tmp_path) as installation:
        flipped: list[Path] = []

        def flip() -> None:
            """Change one byte of the record page as soon as the finished package appears."""
            while not flipped:
                # The worker renames the finished folder into place: a listing in progress may lose what it was reading.
                with suppress(FileNotFoundError):
                    for page in (tmp_path / "archive").rglob("data/approval-record.html"):
                        package = page.parent.parent
                        if package.name.startswith((".", "tmp")) or not (package / "tagmanifest-sha256.txt").exists():
                            continue
                        content = bytearray(page.read_bytes())
                        content[100] ^= 1
                        page.chmod(0o644)
                        page.write_bytes(content)
                        flipped.append(page)
                        return
                time.sleep(0.005)

        watcher = threading.Thread(target=flip, daemon=True)
        watcher.start()
        code, said = demo(installation)

        assert flipped
        assert code != 0, said
        assert "approval-record.html" in said
