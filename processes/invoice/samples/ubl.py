"""A sample as UBL 2.1."""

from lxml import etree

from processes.invoice.invoice import Invoice, Line, Party
from processes.invoice.samples.markup import Maker, serialise

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_cac = Maker(f"{_UBL}CommonAggregateComponents-2", "cac")
_cbc = Maker(f"{_UBL}CommonBasicComponents-2", "cbc")


def write(invoice: Invoice) -> bytes:
    """Return an EN 16931 invoice."""
    root = Maker(f"{_UBL}Invoice-2", None, cac=f"{_UBL}CommonAggregateComponents-2", cbc=f"{_UBL}CommonBasicComponents-2")
    money = {"currencyID": invoice.currency}
    made = root(
        "Invoice",
        _cbc("CustomizationID", "urn:cen.eu:en16931:2017"),
        _cbc("ID", invoice.number),
        _cbc("IssueDate", invoice.issue_date),
        _cbc("InvoiceTypeCode", invoice.type_code),
        _cbc("Note", invoice.remarks),
        _cbc("DocumentCurrencyCode", invoice.currency),
        _cac("OrderReference", _cbc("ID", invoice.order_reference)),
        _cac("AccountingSupplierParty", _party(invoice.seller)),
        _cac("AccountingCustomerParty", _party(invoice.buyer)),
        _cac("PaymentMeans", _cbc("PaymentMeansCode", "30"), _account(invoice.seller)),
        _cac("PaymentTerms", _cbc("Note", "30 days net")),
        _tax(invoice, money),
        _cac(
            "LegalMonetaryTotal",
            _cbc("LineExtensionAmount", invoice.net, **money),
            _cbc("TaxExclusiveAmount", invoice.net, **money),
            _cbc("TaxInclusiveAmount", invoice.gross, **money),
            _cbc("PayableAmount", invoice.payable, **money),
        ),
        *(_line(line, money) for line in invoice.lines),
    )
    return serialise(made)


def _party(party: Party) -> etree._Element:
    street, postcode, city, country = (party.address or "").split(", ")
    scheme = _cac("TaxScheme", _cbc("ID", "VAT"))
    return _cac(
        "Party",
        _cbc("EndpointID", party.endpoint, schemeID="EM") if party.endpoint else None,
        _cac(
            "PostalAddress",
            _cbc("StreetName", street),
            _cbc("CityName", city),
            _cbc("PostalZone", postcode),
            _cac("Country", _cbc("IdentificationCode", country)),
        ),
        _cac("PartyTaxScheme", _cbc("CompanyID", party.tax_id), scheme),
        _cac("PartyLegalEntity", _cbc("RegistrationName", party.name)),
        _cac("Contact", _cbc("Telephone", party.phone)) if party.phone else None,
    )


def _account(seller: Party) -> etree._Element:
    return _cac("PayeeFinancialAccount", _cbc("ID", seller.account), _cac("FinancialInstitutionBranch", _cbc("ID", seller.bank)))


def _tax(invoice: Invoice, money: dict[str, str]) -> etree._Element:
    subtotals = [
        _cac(
            "TaxSubtotal",
            _cbc("TaxableAmount", each.base, **money),
            _cbc("TaxAmount", each.tax, **money),
            _category("TaxCategory", each.category, format(each.rate or 0, "f")),
        )
        for each in invoice.tax_subtotals
    ]
    return _cac("TaxTotal", _cbc("TaxAmount", invoice.tax, **money), *subtotals)


def _category(name: str, category: str | None, rate: str | None) -> etree._Element:
    return _cac(name, _cbc("ID", category), _cbc("Percent", rate), _cac("TaxScheme", _cbc("ID", "VAT")))


def _line(line: Line, money: dict[str, str]) -> etree._Element:
    return _cac(
        "InvoiceLine",
        _cbc("ID", line.number),
        _cbc("InvoicedQuantity", line.quantity, unitCode=line.unit or "C62"),
        _cbc("LineExtensionAmount", line.net, **money),
        _cac(
            "Item", _cbc("Description", line.specification), _cbc("Name", line.name), _category("ClassifiedTaxCategory", "S", line.tax_rate)
        ),
        _cac("Price", _cbc("PriceAmount", line.unit_price, **money)),
    )
