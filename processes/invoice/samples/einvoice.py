"""A sample as 数电票 XML. The bureau's signature is left empty: nobody but the tax bureau can make one."""

from decimal import Decimal

from lxml import etree

from processes.invoice.invoice import Invoice, Line, Party
from processes.invoice.samples.markup import Maker, serialise

_KINDS = {"special": ("01", "增值税专用发票"), "ordinary": ("02", "普通发票")}
_e = Maker()


def write(invoice: Invoice) -> bytes:
    """Return an `EInvoice` document with the elements in the order of the published example."""
    made = _e(
        "EInvoice",
        _header(invoice),
        _e(
            "EInvoiceData",
            _party("Seller", invoice.seller),
            _party("Buyer", invoice.buyer),
            _e(
                "BasicInformation",
                _e("TotalAmWithoutTax", invoice.net),
                _e("TotalTaxAm", invoice.tax),
                _e("TotalTax-includedAmount", invoice.gross),
                _e("TotalTax-includedAmountInChinese", invoice.amount_in_words),
                _e("Drawer", "样例"),
                _e("RequestTime", invoice.issue_date),
            ),
            *(_line(line) for line in invoice.lines),
            _e("SpecificInformation", _red(invoice) if invoice.original_number else None),
            _e("AdditionalInformation", _e("Remark", invoice.remarks)),
        ),
        _e("SellerAuthentication", _e("AuthenticationMethods", "01")),
        _e(
            "TaxSupervisionInfo",
            _e("InvoiceNumber", invoice.number),
            _e("IssueTime", f"{invoice.issue_date} 10:08:05"),
            _e("TaxBureauCode", "13301000000"),
            _e("TaxBureauName", "样票（仿真）"),
        ),
        _e("TaxBureauSignature"),
    )
    return serialise(made)


def _header(invoice: Invoice) -> etree._Element:
    kind = _KINDS[invoice.kind or "ordinary"]
    return _e(
        "Header",
        _e("EIid", invoice.number),
        _e("EInvoiceTag", "SWEI3300"),
        _e("Version", "0.33"),
        _e(
            "InherentLabel",
            _label("InIssuType", "N" if invoice.red else "Y", "是否蓝字发票标志"),
            _label("EInvoiceType", "01", "电子发票"),
            _label("GeneralOrSpecialVAT", *kind),
            _label("TaxpayerType", "1", "一般纳税人"),
        ),
    )


def _label(name: str, code: str, text: str) -> etree._Element:
    return _e(name, _e("LabelCode", code), _e("LabelName", text))


def _red(invoice: Invoice) -> etree._Element:
    return _e("RedEInvoice", _e("OriginalInvoiceCode", invoice.original_number), _e("CreditNoteNumber", f"{invoice.number[:16]}0001"))


def _party(side: str, party: Party) -> etree._Element:
    return _e(
        f"{side}Information",
        _e(f"{side}IdNum", party.tax_id),
        _e(f"{side}Name", party.name),
        _e(f"{side}Addr", party.address),
        _e(f"{side}TelNum", party.phone),
        _e(f"{side}BankName", party.bank),
        _e(f"{side}BankAccNum", party.account),
    )


def _line(line: Line) -> etree._Element:
    return _e(
        "IssuItemInformation",
        _e("ItemName", line.name),
        _e("SpecMod", line.specification),
        _e("MeaUnits", line.unit),
        _e("Quantity", line.quantity),
        _e("UnPrice", line.unit_price),
        _e("Amount", line.net),
        _e("TaxRate", line.tax_rate),
        _e("ComTaxAm", line.tax),
        _e("TotaltaxIncludedAmount", (line.net or Decimal(0)) + (line.tax or Decimal(0))),
    )
