"""Seals: the real ones, broken ones, and those of our own test authority."""

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import pytest

from engine.errors import InvoiceUnreadable
from processes.invoice import seals
from processes.invoice.samples import seal as our_seal
from processes.invoice.samples.generate import make
from processes.invoice.sm2 import sm3

Sample = Callable[[str], bytes]
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"


@pytest.mark.parametrize(
    ("path", "right", "total"), [("ofd/v4signed.ofd", 13, 13), ("ofd/tampered-document-xml.ofd", 12, 13), ("ofd/999.ofd", 20, 20)]
)
def test_the_digests_of_a_real_seal_are_counted(sample: Sample, path: str, right: int, total: int) -> None:
    report = seals.check(sample(path))
    assert (report.digests_right, report.digests_total) == (right, total)


def test_a_true_seal_holds_in_all_that_can_be_known(sample: Sample) -> None:
    (seal,) = seals.check(sample("ofd/v4signed.ofd")).seals
    assert seal.results == {"digests": "ok", "dataHash": "ok", "signature": "ok", "period": "ok", "trust": "unknown"}
    assert seal.issuer is not None and "税务测试CA2(SM2)" in seal.issuer
    assert seal.version == 4
    assert seal.sealed_at is not None and seal.sealed_at.date() == date(2020, 10, 10)


def test_a_changed_part_is_named_and_the_rest_of_the_seal_still_holds(sample: Sample) -> None:
    report = seals.check(sample("ofd/tampered-document-xml.ofd"))
    assert report.wrong == ("Doc_0/Document.xml",)
    assert report.seals[0].results | {"digests": "failed"} == report.seals[0].results
    assert (report.overall("digests"), report.overall("dataHash"), report.overall("signature")) == ("failed", "ok", "ok")


def test_a_file_without_seal_has_none(sample: Sample) -> None:
    report = seals.check(sample("ofd/not-an-invoice-helloworld.ofd"))
    assert report.seals == () and report.uncovered == ()


def test_our_own_seal_holds_and_is_trusted_only_by_those_who_trust_our_authority(sample: Sample) -> None:
    _, data = make("ofd")
    assert seals.check(data).overall("trust") == "unknown"
    assert seals.check(data, [our_seal.AUTHORITY]).overall("trust") == "ok"
    assert all(result == "ok" for result in seals.check(data, [our_seal.AUTHORITY]).seals[0].results.values())
    assert seals.check(sample("ofd/v4signed.ofd"), [our_seal.AUTHORITY]).overall("trust") == "failed"


def test_each_part_of_a_seal_fails_by_itself() -> None:
    _, data = make("ofd")
    cases = {
        "digests": changed(data, {"Doc_0/Pages/Page_0/Content.xml": lambda content: content.replace(b"10600", b"90600")}),
        "dataHash": changed(data, {SIGNATURE: lambda content: content.replace(b'Version="1.0"', b'Version="1.1"')}),
        "signature": changed(data, {VALUE: lambda content: content.replace("样票测试".encode(), "样票测武".encode(), 1)}),
        "period": make("ofd", issue_date=date(2019, 12, 31))[1],
    }
    for name, broken in cases.items():
        report = seals.check(broken)
        results = report.seals[0].results
        assert {part for part, result in results.items() if result == "failed"} == {name}, name


def test_a_seal_whose_value_is_rubbish_or_gone_fails() -> None:
    _, data = make("ofd")
    for value in (b"", b"0", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"x" * 100):
        report = seals.check(changed(data, {VALUE: lambda _, value=value: value}))
        assert report.overall("signature") == "failed"


def test_a_part_put_in_after_sealing_is_not_covered() -> None:
    _, data = make("ofd")
    report = seals.check(changed(data, {"Doc_0/Attachs/extra.xml": lambda _: b"<a/>"}))
    assert report.uncovered == ("Doc_0/Attachs/extra.xml",)
    assert report.overall("digests") == "ok"


def test_a_later_seal_may_rewrite_the_list_of_seals_and_nothing_else() -> None:
    data = _twice_sealed()
    report = seals.check(data)
    assert len(report.seals) == 2
    assert report.wrong == ()
    assert [note.code for note in report.notes] == ["later-seal-added"]
    assert report.overall("digests") == "ok"


def test_the_last_seal_gets_no_such_excuse() -> None:
    _, data = make("ofd")
    listed = _with_reference_to_the_list(data)
    report = seals.check(changed(listed, {"Doc_0/Signs/Signatures.xml": lambda content: content + b" "}))
    assert report.wrong == ("Doc_0/Signs/Signatures.xml",)


def test_what_is_no_ofd_is_refused() -> None:
    with pytest.raises(InvoiceUnreadable):
        seals.check(b"PK\x03\x04")


def test_a_stated_time_without_zone_is_china_standard_time() -> None:
    assert seals._stated_time("20201010151120") == datetime(2020, 10, 10, 7, 11, 20, tzinfo=UTC)
    assert seals._stated_time("20200817111329Z") == datetime(2020, 8, 17, 11, 13, 29, tzinfo=UTC)
    assert seals._stated_time("soon") is None


def changed(data: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """Return the ZIP with parts changed, or added when they are not there."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        names = old.namelist()
        for name in [*names, *(name for name in changes if name not in names)]:
            content = old.read(name) if name in names else b""
            new.writestr(name, changes[name](content) if name in changes else content)
    return written.getvalue()


def _with_reference_to_the_list(data: bytes) -> bytes:
    """Seal again so that the seal covers Signatures.xml, as some issuers do."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listing = archive.read("Doc_0/Signs/Signatures.xml")
    digest = our_digest(listing)
    reference = (
        f'<ofd:Reference FileRef="/Doc_0/Signs/Signatures.xml"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference></ofd:References>'
    )
    described: list[bytes] = []

    def describe(content: bytes) -> bytes:
        described.append(content.replace(b"</ofd:References>", reference.encode()))
        return described[0]

    covered = changed(data, {SIGNATURE: describe})
    return changed(covered, {VALUE: lambda _: our_seal.sealed_value(described[0], f"/{SIGNATURE}", date(2026, 11, 2))})


def _twice_sealed() -> bytes:
    first = _with_reference_to_the_list(make("ofd")[1])
    added = b'<ofd:Signature ID="2" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/></ofd:Signatures>'
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        listing = archive.read("Doc_0/Signs/Signatures.xml").replace(b"</ofd:Signatures>", added)
        document = archive.read("Doc_0/Document.xml")
    second = (
        '<ofd:Signature xmlns:ofd="http://www.ofdspec.org/2016"><ofd:SignedInfo><ofd:References CheckMethod="SM3">'
        f'<ofd:Reference FileRef="/Doc_0/Document.xml"><ofd:CheckValue>{our_digest(document)}</ofd:CheckValue></ofd:Reference>'
        "</ofd:References></ofd:SignedInfo><ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    ).encode()
    value = our_seal.sealed_value(second, "/Doc_0/Signs/Sign_1/Signature.xml", date(2026, 11, 3))
    return changed(
        first,
        {
            "Doc_0/Signs/Signatures.xml": lambda _: listing,
            "Doc_0/Signs/Sign_1/Signature.xml": lambda _: second,
            "Doc_0/Signs/Sign_1/SignedValue.dat": lambda _: value,
        },
    )


def our_digest(content: bytes) -> str:
    return base64.b64encode(sm3(content)).decode()
