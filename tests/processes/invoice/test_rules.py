"""The rules over real and hand-made invoices. Every rule leaves a finding."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from processes.invoice import contradiction, rules
from processes.invoice.duplicates import Twin
from processes.invoice.finding import Finding, Severity
from processes.invoice.formats import qr, read
from processes.invoice.invoice import Invoice, Line, Party, TaxSubtotal
from processes.invoice.samples import seal as our_seal
from processes.invoice.samples.generate import make

Sample = Callable[[str], bytes]

OWN = [("上海申批科技有限公司", "91310115MA0000015C"), ("示例购方科技有限公司", "91320000MA00000029")]
GOOD = Invoice(
    syntax="einvoice",
    number="26312000000012345678",
    issue_date=date(2026, 3, 5),
    currency="CNY",
    kind="special",
    net=Decimal("100.00"),
    tax=Decimal("6.00"),
    gross=Decimal("106.00"),
    payable=Decimal("106.00"),
    seller=Party(name="某某咨询有限公司", tax_id="91330100MA0000023P"),
    buyer=Party(name="上海申批科技有限公司", tax_id="91310115MA0000015C"),
    lines=(Line("1", net=Decimal("100.00"), tax=Decimal("6.00")),),
    amount_in_words="壹佰零陆圆整",
)
FOREIGN = Invoice(
    syntax="ubl",
    type_code="380",
    number="A-1",
    issue_date=date(2026, 3, 5),
    currency="EUR",
    net=Decimal("90.00"),
    tax=Decimal("17.10"),
    gross=Decimal("107.10"),
    payable=Decimal("7.15"),
    prepaid=Decimal("100.00"),
    rounding=Decimal("0.05"),
    document_allowances=Decimal("20.00"),
    document_charges=Decimal("10.00"),
    seller=Party(name="Muster GmbH", tax_id="DE111111111"),
    buyer=Party(name="Shenpi Europe B.V.", tax_id="NL 8200.98.395.B01", endpoint="ap@shenpi.example"),
    lines=(Line("1", net=Decimal("100.00")),),
    tax_subtotals=(TaxSubtotal("S", Decimal(19), Decimal("90.00"), Decimal("17.10")),),
)


def findings(invoice: Invoice, **more: Any) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in rules.check(invoice, **({"own_entities": OWN} | more)):
        found.setdefault(finding.rule, []).append(finding)
    return found


def worst(invoice: Invoice, rule: str, **more: Any) -> Severity:
    order: tuple[Severity, ...] = ("block", "warn", "info", "ok")
    return min((finding.severity for finding in findings(invoice, **more)[rule]), key=order.index)


def test_every_rule_leaves_a_finding_in_both_languages() -> None:
    for invoice in (GOOD, FOREIGN):
        found = findings(invoice)
        assert list(found) == ["R01", "R02", "R05", "R06", "R07", "R08", "R09", "R10"]
        assert all(each.zh and each.en and each.as_json()["rule"] == rule for rule, several in found.items() for each in several)


def test_a_good_invoice_is_neither_blocked_nor_warned_about() -> None:
    assert {each.severity for several in findings(GOOD).values() for each in several} <= {"ok", "info"}


@pytest.mark.parametrize(
    "path",
    [
        "ubl/BIS3_Invoice_positive.XML",
        "ubl/guide-example1.xml",
        "ubl/guide-example3.xml",
        "ubl/issue116.xml",
        "ubl/sample-discount-price.xml",
        "ubl/ubl-tc434-example2.xml",
        "ubl/ubl-tc434-example5.xml",
        "ubl/ubl-tc434-example7.xml",
        "ubl/kreditering-creditnote.xml",
        "cii/CII_example5.xml",
        "cii/CII_example7.xml",
        "cii/CII_example8.xml",
        "cii/CII_business_example_01.xml",
        "cii/CII-BR-CO-10-RoundingIssue.xml",
        "facturx/EN16931_Einfach.pdf",
    ],
)
def test_a_valid_european_invoice_passes_the_arithmetic_and_skips_chinese_rules(sample: Sample, path: str) -> None:
    invoice = read(sample(path), path).invoice
    assert invoice is not None
    assert worst(invoice, "R01") == "ok"
    assert worst(invoice, "R02") == "ok"
    assert (worst(invoice, "R05"), worst(invoice, "R07"), worst(invoice, "R09")) == ("info", "info", "info")


def test_a_header_that_does_not_add_up_is_blocked_beyond_a_cent() -> None:
    assert worst(replace(GOOD, gross=Decimal("106.01"), payable=Decimal("106.01")), "R01") == "ok"
    assert worst(replace(GOOD, gross=Decimal("106.02"), payable=Decimal("106.02")), "R01") == "block"


def test_levies_belong_to_the_gross_amount_of_an_air_receipt() -> None:
    receipt = replace(
        GOOD,
        kind="air",
        net=Decimal("522.93"),
        tax=Decimal("47.07"),
        levies=Decimal(50),
        gross=Decimal(620),
        payable=Decimal(620),
        lines=(),
    )
    assert worst(receipt, "R01") == "ok"
    assert worst(replace(receipt, levies=None), "R01") == "block"


def test_the_payable_amount_takes_prepayment_and_rounding_into_account() -> None:
    assert worst(FOREIGN, "R01") == "ok"
    assert worst(replace(FOREIGN, rounding=None), "R01") == "block"


def test_allowances_and_charges_stand_between_lines_and_net() -> None:
    assert worst(FOREIGN, "R02") == "ok"
    assert worst(replace(FOREIGN, document_allowances=None), "R02") == "block"
    assert worst(replace(FOREIGN, tax_subtotals=(TaxSubtotal(tax=Decimal("17.00")),)), "R02") == "block"


def test_the_rounding_of_old_tax_disk_software_only_warns() -> None:
    old = replace(GOOD, code="050001700111", number="99999951", lines=(Line("1", net=Decimal("100.05"), tax=Decimal("6.00")),))
    assert worst(old, "R02") == "warn"
    assert worst(replace(old, code=None), "R02") == "block"
    assert worst(replace(old, lines=(Line("1", net=Decimal("100.07")),)), "R02") == "block"


@pytest.mark.parametrize(("words", "severity"), [("壹佰零陆元整", "ok"), ("壹佰零柒元整", "block"), ("一百多块", "block"), (None, "info")])
def test_the_capital_amount_must_be_the_gross_amount(words: str | None, severity: Severity) -> None:
    assert worst(replace(GOOD, amount_in_words=words), "R05") == severity


@pytest.mark.parametrize(
    ("name", "tax_id", "severity"),
    [
        ("上海申批科技有限公司", "91310115MA0000015C", "ok"),
        (" 上海申批 科技有限公司", "９１３１０１１５ma0000015c", "ok"),
        ("上海申批科技公司", "91310115MA0000015C", "block"),
        ("上海申批科技有限公司", "91320000MA00000029", "block"),
        ("上海申批科技有限公司", None, "block"),
        ("个人", None, "block"),
        (None, None, "block"),
    ],
)
def test_a_chinese_buyer_must_be_ours_by_name_and_tax_id(name: str | None, tax_id: str | None, severity: Severity) -> None:
    assert worst(replace(GOOD, buyer=Party(name=name, tax_id=tax_id)), "R06") == severity


def test_brackets_of_either_width_are_one_name() -> None:
    own = [("申批（上海）有限公司", "91310115MA0000015C")]
    assert worst(replace(GOOD, buyer=Party(name="申批(上海)有限公司", tax_id="91310115MA0000015C")), "R06", own_entities=own) == "ok"


@pytest.mark.parametrize(
    ("own", "severity"),
    [
        (("whatever", "NL820098395B01"), "ok"),
        (("whatever", "ap@shenpi.example"), "ok"),
        (("SHENPI EUROPE B.V.", ""), "ok"),
        (("Shenpi Europe", "DE1"), "block"),
        (("", ""), "block"),
    ],
)
def test_a_foreign_buyer_is_ours_by_vat_id_endpoint_or_exact_name(own: tuple[str, str], severity: Severity) -> None:
    assert worst(FOREIGN, "R06", own_entities=[own]) == severity


def test_a_made_up_tax_id_only_warns(sample: Sample) -> None:
    invoice = read(sample("ofd/v4signed.ofd"), "x").invoice
    assert invoice is not None
    assert [each.severity for each in findings(invoice)["R07"]] == ["warn", "warn"]
    assert [each.severity for each in findings(GOOD)["R07"]] == ["ok", "ok"]


def test_a_twin_that_went_before_blocks_and_every_other_one_warns_by_name() -> None:
    assert worst(GOOD, "R08") == "ok"
    for like, first, severity in (("file", True, "block"), ("number", True, "block"), ("number", False, "warn"), ("amount", True, "warn")):
        (found,) = findings(GOOD, duplicates=[Twin(like, "FP-2026-000001", "123", first)])["R08"]  # type: ignore[arg-type]
        assert (found.severity, found.evidence["existing"]) == (severity, "FP-2026-000001")
        assert "FP-2026-000001" in found.zh and "FP-2026-000001" in found.en
    both = [Twin("amount", "FP-1", "1", False), Twin("amount", "", "2", False)]
    assert len(findings(GOOD, duplicates=both)["R08"]) == 2


def test_the_same_invoice_in_another_syntax_has_one_identity_and_no_contradiction(sample: Sample) -> None:
    first, second = (read(sample(path), path).invoice for path in ("ubl/guide-example1.xml", "cii/CII_example1.xml"))
    assert first is not None and second is not None
    assert first.identity == second.identity
    assert contradiction.between(first, second) == []


def test_a_tampered_file_is_blocked_and_the_true_one_only_lacks_a_trusted_issuer(sample: Sample) -> None:
    for path, severity in (("ofd/tampered-document-xml.ofd", "block"), ("ofd/v4signed.ofd", "warn"), ("ofd/999.ofd", "warn")):
        reading = read(sample(path), path)
        assert reading.invoice is not None
        assert worst(reading.invoice, "R09", seal=reading.seal) == severity


def test_a_seal_whose_issuer_is_trusted_is_right() -> None:
    data = make("ofd")[1]
    reading = read(data, "x", trusted=[our_seal.AUTHORITY])
    assert reading.invoice is not None
    assert worst(reading.invoice, "R09", seal=reading.seal) == "ok"


@pytest.mark.parametrize(
    ("syntax", "severity"), [("ofd", "warn"), ("pdf", "warn"), ("typed", "warn"), ("ubl", "info"), ("einvoice", "info")]
)
def test_a_missing_seal_is_told_where_one_could_be(syntax: Any, severity: Severity) -> None:
    assert worst(replace(GOOD, syntax=syntax), "R09") == severity


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, "ok"),
        ({"gross": Decimal(107)}, "block"),
        ({"issue_date": date(2026, 3, 6)}, "block"),
        ({"number": "26312000000012345679"}, "block"),
    ],
)
def test_the_code_must_say_what_the_data_say(changes: dict[str, Any], severity: Severity) -> None:
    covered = "01,31,,26312000000012345678,106.00,20260305,,"
    assert worst(replace(GOOD, **changes), "R10", qr=qr.parse(covered + qr.crc16(covered))) == severity


def test_a_code_with_a_wrong_check_is_blocked() -> None:
    assert worst(GOOD, "R10", qr=qr.parse("01,31,,26312000000012345678,106.00,20260305,,0000")) == "block"


def test_an_old_code_repeats_the_net_amount(sample: Sample) -> None:
    reading = read(sample("ofd/v4signed.ofd"), "x")
    assert reading.invoice is not None and reading.qr is not None
    assert worst(reading.invoice, "R10", qr=reading.qr) == "ok"
    assert worst(replace(reading.invoice, net=Decimal(318)), "R10", qr=reading.qr) == "block"
