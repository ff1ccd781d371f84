"""Our own samples: read back they say what they were made of, and independent readers accept them."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from facturx import get_xml_from_pdf, xml_check_xsd
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from processes.invoice import rules
from processes.invoice.formats import read
from processes.invoice.invoice import Party
from processes.invoice.samples import generate, parties
from processes.invoice.samples.generate import KINDS, default_number, make, make_with_invoice

OWN = [(parties.BUYER_NAME, parties.BUYER_TAX_ID)]
STRUCTURED = ("ubl", "cii", "facturx", "einvoice", "einvoice-red", "xbrl")
FILES = Path(generate.__file__).parent / "files"


@pytest.mark.parametrize("kind", STRUCTURED)
def test_a_structured_sample_reads_back_equal(kind: str) -> None:
    invoice, data = make_with_invoice(kind)
    assert read(data, "x").invoice == invoice


@pytest.mark.parametrize("kind", ["ofd", "ofd-tax-disk"])
def test_a_sealed_sample_reads_back_equal_in_all_that_an_ofd_states(kind: str) -> None:
    invoice, data = make_with_invoice(kind)
    reading = read(data, "x")
    parties_stated = {side: Party(name=getattr(invoice, side).name, tax_id=getattr(invoice, side).tax_id) for side in ("seller", "buyer")}
    stated = replace(invoice, amount_in_words=None, **(parties_stated if kind == "ofd" else {}))
    assert reading.invoice == stated
    assert (reading.missing, reading.original) == ((), True)
    assert reading.seal is not None
    assert (reading.seal.digests_right, reading.seal.digests_total, reading.seal.uncovered) == (8, 8, ())
    assert [reading.seal.overall(name) for name in ("digests", "dataHash", "signature", "period", "trust")] == ["ok"] * 4 + ["unknown"]
    assert reading.qr is not None and reading.qr.crc_right


@pytest.mark.parametrize("kind", ["pdf", "photo"])
def test_a_print_or_photo_gives_what_its_code_tells_and_asks_for_the_rest(kind: str) -> None:
    invoice, data = make_with_invoice(kind)
    reading = read(data, "x")
    assert reading.invoice is not None and not reading.original
    assert (reading.invoice.identity, reading.invoice.gross, reading.invoice.issue_date) == (
        invoice.identity,
        invoice.gross,
        invoice.issue_date,
    )
    assert reading.missing == ("net", "tax", "seller.name", "seller.taxId", "buyer.name", "buyer.taxId")


@pytest.mark.parametrize("kind", [*STRUCTURED, "ofd", "ofd-tax-disk"])
@settings(max_examples=8, deadline=None)
@given(gross=st.decimals(Decimal("1.00"), Decimal("9999999.99"), places=2), day=st.dates(date(2021, 1, 1), date(2040, 12, 31)))
def test_a_sample_of_any_amount_and_day_passes_every_rule(kind: str, gross: Decimal, day: date) -> None:
    reading = read(make(kind, gross=gross, issue_date=day)[1], "x")
    assert reading.invoice is not None and abs(reading.invoice.gross or 0) == gross
    found = rules.check(reading.invoice, own_entities=OWN, seal=reading.seal, qr=reading.qr)
    assert [finding for finding in found if finding.severity == "block"] == []
    assert {finding.rule for finding in found if finding.severity == "warn"} <= {"R09"}


def test_number_and_buyer_can_be_chosen() -> None:
    name, data = make("einvoice", number="26310000000000000042", buyer=("示例购方科技有限公司", "91320000MA00000029"))
    invoice = read(data, name).invoice
    assert invoice is not None
    assert (invoice.number, invoice.buyer.name, invoice.buyer.tax_id) == (
        "26310000000000000042",
        "示例购方科技有限公司",
        "91320000MA00000029",
    )
    assert name == "einvoice-26310000000000000042.xml"


def test_a_red_sample_names_the_blue_one() -> None:
    red, blue = (read(make(kind)[1], "x").invoice for kind in ("einvoice-red", "einvoice"))
    assert red is not None and blue is not None
    assert red.red and red.original_number == blue.number and red.gross == -(blue.gross or 0)


def test_every_sample_says_that_it_is_one() -> None:
    for kind in KINDS:
        invoice, _ = make_with_invoice(kind)
        assert "样票" in (invoice.remarks or "") and "仿真" in (invoice.remarks or "")


def test_no_two_samples_have_one_key() -> None:
    keys = [make_with_invoice(kind, number=default_number(kind, running))[0].identity for kind in KINDS for running in (1, 2)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_sample_has_the_same_bytes(kind: str) -> None:
    assert make(kind) == make(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_file_is_what_the_generator_makes(kind: str) -> None:
    name, data = make(kind)
    committed = (FILES / name).read_bytes()
    assert read(committed, name) == read(data, name)
    if name.endswith(".xml"):
        assert committed == data


def test_the_command_writes_one_file_of_every_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate.main([str(tmp_path / "made"), "--number", "77"])
    made = sorted((tmp_path / "made").iterdir())
    assert len(made) == len(KINDS) == len(capsys.readouterr().out.splitlines())
    assert all("77" in path.name for path in made)


def test_the_factur_x_package_finds_and_validates_the_embedded_invoice() -> None:
    name, xml = get_xml_from_pdf(io.BytesIO(make("facturx")[1]))
    assert name == "factur-x.xml"
    assert xml_check_xsd(xml, flavor="factur-x", level="en16931")


def test_the_ubl_sample_fits_the_schema_of_ubl(sample_schema: Path) -> None:
    schema = etree.XMLSchema(etree.parse(sample_schema))
    schema.assertValid(etree.fromstring(make("ubl")[1]))


def test_an_attachment_swapped_in_after_sealing_blocks() -> None:
    """The attacker lists a second document of his own in OFD.xml, which many issuers leave out of the seal."""
    data = make("ofd-tax-disk")[1]
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "OFD.xml":
                content = content.replace(b"Doc_0/Document.xml", b"Doc_1/Document.xml")
            new.writestr(name, content)
            if name in ("Doc_0/Document.xml", "Doc_0/Attachs/Attachments.xml", "Doc_0/Attachs/original_invoice.xml"):
                new.writestr(name.replace("Doc_0", "Doc_1"), content.replace(b"10600.00", b"10900.00"))
    reading = read(written.getvalue(), "x")
    assert reading.invoice is not None and reading.seal is not None
    assert {"Doc_1/Document.xml", "Doc_1/Attachs/original_invoice.xml"} <= set(reading.seal.wrong)
    (finding,) = [each for each in rules.check(reading.invoice, own_entities=OWN, seal=reading.seal) if each.rule == "R09"]
    assert finding.severity == "block"


@pytest.fixture
def sample_schema() -> Path:
    found = [Path(str(path)) for path in Path(str(files("facturx"))).rglob("UBL-Invoice-2.1.xsd")]
    if not found:
        pytest.skip("the installed factur-x package has no UBL schema")
    return found[0]
