"""数电票 XML, written here by hand after the published structure, with the traps that issuers set."""

from datetime import date
from decimal import Decimal

import pytest

from engine.errors import InvoiceUnreadable
from processes.invoice.formats import read
from processes.invoice.invoice import Invoice

NUMBER = "26312000000012345678"


def document(**changes: str) -> bytes:
    parts = {
        "eiid": NUMBER,
        "number": NUMBER,
        "sign": "Y",
        "kind": "01",
        "time": "2026-03-05 10:08:05",
        "net": "100.00",
        "tax": "6.00",
        "gross": "106.00",
        "lines": "<IssuItemInformation><Amount>100.00</Amount><TaxRate>0.060000</TaxRate><ComTaxAm>6.00</ComTaxAm></IssuItemInformation>",
        "special": "",
        "remark": "",
    } | changes
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EInvoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Header><EIid>{parts["eiid"]}</EIid><EInvoiceTag>SWEI3100</EInvoiceTag><Version>0.33</Version>
<InherentLabel><InIssuType><LabelCode>{parts["sign"]}</LabelCode></InIssuType><EInvoiceType/>
<GeneralOrSpecialVAT><LabelCode>{parts["kind"]}</LabelCode></GeneralOrSpecialVAT></InherentLabel><UndefinedLabel/></Header>
<EInvoiceData><BuyerInformation><BuyerName>上海申批科技有限公司</BuyerName><BuyerIdNum>91310115MA0000015C</BuyerIdNum>
<BuyerAddr xsi:nil="true"/></BuyerInformation>
<SellerInformation><SellerName>某某咨询</SellerName><SellerIdNum>91330100MA0000023P</SellerIdNum></SellerInformation>
<BasicInformation><TotalAmWithoutTax>{parts["net"]}</TotalAmWithoutTax><TotalTaxAm>{parts["tax"]}</TotalTaxAm>
<TotalTax-includedAmount>{parts["gross"]}</TotalTax-includedAmount><TotalTax-includedAmountInChinese>壹佰零陆圆整</TotalTax-includedAmountInChinese>
<Drawer>某</Drawer><RequestTime>{parts["time"]}</RequestTime></BasicInformation>{parts["lines"]}
<SpecificInformation>{parts["special"]}</SpecificInformation><AdditionalInformation><Remark>{parts["remark"]}</Remark></AdditionalInformation></EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>{parts["number"]}</InvoiceNumber><IssueTime>2026-03-05</IssueTime></TaxSupervisionInfo><ptbh>1</ptbh></EInvoice>""".encode()


def invoice(**changes: str) -> Invoice:
    found = read(document(**changes), "e.xml").invoice
    assert found is not None
    return found


def test_a_blue_special_invoice_is_read() -> None:
    found = invoice()
    assert (found.identity, found.kind, found.red, found.issue_date) == (f"cn:{NUMBER}", "special", False, date(2026, 3, 5))
    assert (found.net, found.tax, found.gross, found.payable) == (Decimal(100), Decimal(6), Decimal(106), Decimal(106))
    assert (found.lines[0].tax_rate, found.buyer.address) == ("0.060000", None)


@pytest.mark.parametrize("time", ["2026-03-05", "2026-03-05 10:08:05", ""])
def test_the_date_comes_with_or_without_a_time_or_from_the_bureau(time: str) -> None:
    assert invoice(time=time).issue_date == date(2026, 3, 5)


def test_a_red_invoice_names_its_blue_one_in_its_own_element_or_in_the_remarks() -> None:
    blue = "26312000000000000001"
    element = f"<RedEInvoice><OriginalInvoiceCode>{blue}</OriginalInvoiceCode></RedEInvoice>"
    for given in ({"special": element}, {"remark": f"被红冲蓝字数电票号码：{blue} 红字发票信息确认单编号：31012603001000000001234567"}):
        found = invoice(sign="N", net="-100.00", tax="-6.00", gross="-106.00", **given)
        assert (found.red, found.original_number) == (True, blue)


def test_a_discount_line_does_not_make_an_invoice_red() -> None:
    lines = "".join(f"<IssuItemInformation><Amount>{amount}</Amount></IssuItemInformation>" for amount in (110, -10))
    found = invoice(lines=lines)
    assert (found.red, [line.net for line in found.lines]) == (False, [Decimal(110), Decimal(-10)])


@pytest.mark.parametrize("rate", ["免税", "不征税", "***", "6%"])
def test_the_rate_stays_as_it_is_written(rate: str) -> None:
    line = f"<IssuItemInformation><Amount>1</Amount><TaxRate>{rate}</TaxRate><ComTaxAm>***</ComTaxAm></IssuItemInformation>"
    assert (invoice(lines=line).lines[0].tax_rate, invoice(lines=line).lines[0].tax) == (rate, None)


def test_two_different_numbers_in_one_file_are_refused() -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        read(document(eiid="26312000000012345679"), "e.xml")
    assert [fault.code for fault in refused.value.faults] == ["two-numbers"]


def test_an_empty_document_lists_what_is_missing() -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        read(b"<EInvoice/>", "e.xml")
    assert len(refused.value.faults) >= 4
