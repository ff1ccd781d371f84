"""A sample as XBRL of the Ministry of Finance: the issuer's file of an old 增值税电子普通发票 (`inv`)."""

from lxml import etree

from processes.invoice.invoice import Invoice, Line
from processes.invoice.samples.markup import Content, Maker, serialise

_INSTANCE = "http://www.xbrl.org/2003/instance"
_TAXONOMY = "http://xbrl.mof.gov.cn/taxonomy/2023-05-15/inv"
_TAX_ID = "TaxpayerIdentificationNumberUnifiedSocialCreditCode"
_xbrl = Maker(_INSTANCE, "xbrli", inv=_TAXONOMY)
_inv = Maker(_TAXONOMY, "inv")


def write(invoice: Invoice) -> bytes:
    """Return an XBRL instance with flat facts and one tuple a line."""
    facts: dict[str, Content] = {
        "TypeOfInvoice": "增值税电子普通发票",
        "CodeOfInvoice": invoice.code,
        "NumberOfInvoice": invoice.number,
        "DateOfIssue": invoice.issue_date,
        "IdentifyingCode": invoice.check_code,
        "NameOfPurchaser": invoice.buyer.name,
        f"{_TAX_ID}OfPurchaser": invoice.buyer.tax_id,
        "AddressPhoneNumberOfPurchaser": invoice.buyer.address,
        "DepositBankAndAccountNumberOfPurchaser": invoice.buyer.bank,
        "TotalAmountExcludingTax": invoice.net,
        "TotalTaxAmount": invoice.tax,
        "TaxIncludedAmountInWords": invoice.amount_in_words,
        "TaxIncludedAmountInFigures": invoice.gross,
        "NameOfSeller": invoice.seller.name,
        f"{_TAX_ID}OfSeller": invoice.seller.tax_id,
        "AddressPhoneNumberOfSeller": invoice.seller.address,
        "DepositBankAndAccountNumberOfSeller": invoice.seller.bank,
        "Remarks": invoice.remarks,
    }
    context = _xbrl(
        "context",
        _xbrl("entity", _xbrl("identifier", invoice.seller.tax_id, scheme="http://xbrl.mof.gov.cn")),
        _xbrl("period", _xbrl("instant", invoice.issue_date)),
        id="c1",
    )
    unit = _xbrl("unit", _xbrl("measure", "iso4217:CNY"), id="u1")
    made = _xbrl("xbrl", context, unit, *(_inv(name, value, contextRef="c1") for name, value in facts.items()), *map(_line, invoice.lines))
    return serialise(made)


def _line(line: Line) -> etree._Element:
    facts: dict[str, Content] = {
        "NameOfTaxableGoodsOrServices": line.name,
        "Specification": line.specification,
        "UnitOfGoodsOrServices": line.unit,
        "QuantityOfGoodsOrServices": line.quantity,
        "UnitPriceOfGoodsOrServices": line.unit_price,
        "AmountExcludingTax": line.net,
        "TaxRate": line.tax_rate,
        "TaxAmount": line.tax,
    }
    return _inv(
        "InformationOfTaxableGoodsOrServicesDetailItemsTuple", *(_inv(name, value, contextRef="c1") for name, value in facts.items())
    )
