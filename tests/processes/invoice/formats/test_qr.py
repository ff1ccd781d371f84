"""The QR code: the codes that real invoices print, and altered ones."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes.invoice.formats import qr

OLD = "01,10,050001700111,99999951,300.00,20201010,14754822929856772523,E400,"  # printed on ofd/v4signed.ofd
HUNDRED_LINES = "01,10,050001700111,12235358,10000.00,20200805,16630282980991510014,7257"  # printed on ofd/999.ofd


def test_the_crc_is_the_one_the_catalogue_calls_buypass() -> None:
    assert qr.crc16("123456789") == "FEE8"  # check value of CRC-16/UMTS (BUYPASS) in the RevEng catalogue


@pytest.mark.parametrize("text", [OLD, HUNDRED_LINES])
def test_a_printed_code_is_right(text: str) -> None:
    code = qr.parse(text)
    assert code is not None and code.crc_right
    assert code.amount_is == "net" and code.kind == "ordinary"


def test_the_fields_of_an_old_code_are_read() -> None:
    code = qr.parse(OLD)
    assert code is not None
    assert (code.code, code.number, code.amount, code.issue_date, code.check_code) == (
        "050001700111",
        "99999951",
        Decimal(300),
        date(2020, 10, 10),
        "14754822929856772523",
    )


def test_a_code_of_a_digital_invoice_gives_the_gross_amount() -> None:
    covered = "01,32,,26312000000000000001,106.00,20260305,,"
    code = qr.parse(covered + qr.crc16(covered))
    assert code is not None and code.crc_right
    invoice = code.as_invoice("image")
    assert invoice is not None
    assert (invoice.identity, invoice.gross, invoice.net, invoice.kind) == ("cn:26312000000000000001", Decimal(106), None, "ordinary")


@given(place=st.integers(0, len(OLD) - 7), digit=st.sampled_from("0123456789"))
def test_one_changed_character_is_found(place: int, digit: str) -> None:
    changed = OLD[:place] + digit + OLD[place + 1 :]
    code = qr.parse(changed)
    if changed != OLD and code is not None:
        assert not code.crc_right


@given(st.text(max_size=120))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = qr.parse(text)
    assert code is None or isinstance(code.crc_right, bool)


@pytest.mark.parametrize("text", ["", "https://example.org/?a=1,2,3,4,5,6,7", "02,10,1,2,3,4,5,6", "01,10," + "1" * 500])
def test_other_codes_are_not_taken_for_invoices(text: str) -> None:
    assert qr.parse(text) is None


def test_impossible_fields_are_left_out() -> None:
    code = qr.parse("01,10,x,y,1E9,20201340,,0000")
    assert code is not None
    assert (code.code, code.number, code.amount, code.issue_date, code.as_invoice("pdf")) == (None, None, None, None, None)
