"""Hostile input: whatever the bytes, `read` answers with a Reading or with InvoiceUnreadable, and the rules can judge what it read."""

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvoiceUnreadable
from processes.invoice import rules
from processes.invoice.formats import read
from processes.invoice.samples.generate import KINDS, make

OWN = [("a", "b")]
JUNK = [
    b"",
    b"\0",
    b"NaN",
    b"1E999999999",
    b"-",
    b"9" * 40,
    b"&x;",
    b"<!DOCTYPE a>",
    b"<a>" * 500,
    b"0001-01-01",
    b"\xff\xfe",
    b"***",
    b"PK\x03\x04",
    b"%PDF-",
]
BUILT = {kind: make(kind)[1] for kind in KINDS}
XML = [data for kind, data in BUILT.items() if KINDS[kind][0] == "xml"]
OFD = [data for kind, data in BUILT.items() if KINDS[kind][0] == "ofd"]
HEAVY = [BUILT["facturx"], BUILT["pdf"], BUILT["photo"]]
REAL = ["ubl/ubl-tc434-example5.xml", "cii/CII_example5.xml", "cn/inv_ord_issuer_redacted.xbrl.xml", "ofd/v4signed.ofd", "ofd/999.ofd"]

Edit = tuple[int, int, bytes]
edits = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from([0, 1, 2, 8, 64, 1000]), st.sampled_from(JUNK) | st.binary(max_size=8)),
    min_size=1,
    max_size=6,
)
quiet = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=80)


def changed(data: bytes, wanted: list[Edit]) -> bytes:
    for place, length, put in wanted:
        at = place % (len(data) + 1)
        data = data[:at] + put + data[at + length :]
    return data


def reads_or_refuses(data: bytes) -> None:
    try:
        reading = read(data, "fuzz")
    except InvoiceUnreadable as refused:
        assert refused.faults and all(fault.code and fault.zh and fault.en for fault in refused.faults)
        return
    if reading.invoice is not None:
        assert type(reading.invoice).from_json(reading.invoice.as_json()) == reading.invoice
        assert rules.check(reading.invoice, own_entities=OWN, seal=reading.seal, qr=reading.qr)


@quiet
@given(st.sampled_from(XML), edits)
def test_changed_xml(data: bytes, wanted: list[Edit]) -> None:
    reads_or_refuses(changed(data, wanted))


@quiet
@given(st.sampled_from(OFD), edits)
def test_changed_ofd(data: bytes, wanted: list[Edit]) -> None:
    reads_or_refuses(changed(data, wanted))


@quiet
@given(st.sampled_from(OFD), st.integers(0, 30), edits)
def test_ofd_with_one_changed_part(data: bytes, part: int, wanted: list[Edit]) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        names = old.namelist()
        for name in names:
            content = old.read(name)
            new.writestr(name, changed(content, wanted) if name == names[part % len(names)] else content)
    reads_or_refuses(written.getvalue())


@settings(quiet, max_examples=40)
@given(st.sampled_from(HEAVY), edits)
def test_changed_pdf_or_picture(data: bytes, wanted: list[Edit]) -> None:
    reads_or_refuses(changed(data, wanted))


@pytest.mark.parametrize("path", REAL)
@settings(quiet, max_examples=20)
@given(wanted=edits)
def test_changed_real_invoices(sample: Callable[[str], bytes], path: str, wanted: list[Edit]) -> None:
    reads_or_refuses(changed(sample(path), wanted))


@quiet
@given(
    st.sampled_from([b"", b"<", b"PK\x03\x04", b"%PDF-1.7\n", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"<EInvoice>", b"<xbrl"]),
    st.binary(max_size=200),
)
def test_any_bytes_after_any_beginning(start: bytes, rest: bytes) -> None:
    reads_or_refuses(start + rest)
