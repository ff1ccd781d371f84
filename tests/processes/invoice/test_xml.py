"""Hostile XML: refused with a line, and never looked up, expanded or followed."""

import pytest

from engine.errors import InvoiceUnreadable
from processes.invoice import limits, xml

LAUGHS = '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS.encode(),
        b'<?xml version="1.0"?><!-- <a> --><?p <b> ?>\n' + LAUGHS.encode(),
        b"\xef\xbb\xbf" + LAUGHS.encode(),
        LAUGHS.encode("utf-16"),
        b"\xff\xfe" + LAUGHS.encode("utf-16-le"),
        b'<!doctype a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4APA-a/+AD4-',
    ],
)
def test_a_document_type_is_refused(data: bytes) -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        xml.parse(data, "x.xml")
    assert refused.value.faults[0].code in ("xml-doctype", "xml-syntax")


def test_the_word_inside_a_text_or_comment_is_no_declaration() -> None:
    assert xml.parse(b"<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE html>]]></a>", "x.xml").text == "<!DOCTYPE html>"


def test_a_fault_names_file_and_line() -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        xml.parse(b"<a>\n<b>\n</a>", "x.xml")
    assert (refused.value.faults[0].file, refused.value.faults[0].line) == ("x.xml", 3)


def test_a_byte_order_mark_and_gb18030_are_read() -> None:
    assert xml.parse(b"\xef\xbb\xbf<a>x</a>", "x.xml").text == "x"
    assert xml.parse('<?xml version="1.0" encoding="GB18030"?><a>发票</a>'.encode("gb18030"), "x.xml").text == "发票"


def test_xml_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "XML_BYTES", 5)
    with pytest.raises(InvoiceUnreadable):
        xml.parse(b"<abc/>", "x.xml")


def test_very_deep_nesting_is_refused_and_not_a_crash() -> None:
    with pytest.raises(InvoiceUnreadable):
        xml.parse(b"<a>" * 100_000 + b"</a>" * 100_000, "x.xml")
