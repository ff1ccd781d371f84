"""A sample as UN/CEFACT Cross Industry Invoice D16B."""

from lxml import etree

from processes.invoice.invoice import Invoice, Line, Party
from processes.invoice.samples.markup import Maker, serialise

_URN = "urn:un:unece:uncefact:data:standard:"
_RAM = f"{_URN}ReusableAggregateBusinessInformationEntity:100"
_UDT = f"{_URN}UnqualifiedDataType:100"
_rsm = Maker(f"{_URN}CrossIndustryInvoice:100", "rsm", ram=_RAM, udt=_UDT)
_ram = Maker(_RAM, "ram")
_udt = Maker(_UDT, "udt")


def write(invoice: Invoice) -> bytes:
    """Return an EN 16931 invoice."""
    made = _rsm(
        "CrossIndustryInvoice",
        _rsm("ExchangedDocumentContext", _ram("GuidelineSpecifiedDocumentContextParameter", _ram("ID", "urn:cen.eu:en16931:2017"))),
        _rsm(
            "ExchangedDocument",
            _ram("ID", invoice.number),
            _ram("TypeCode", invoice.type_code),
            _ram("IssueDateTime", _udt("DateTimeString", f"{invoice.issue_date:%Y%m%d}", format="102")),
            _ram("IncludedNote", _ram("Content", invoice.remarks)),
        ),
        _rsm(
            "SupplyChainTradeTransaction",
            *(_line(line) for line in invoice.lines),
            _ram(
                "ApplicableHeaderTradeAgreement",
                _party("SellerTradeParty", invoice.seller),
                _party("BuyerTradeParty", invoice.buyer),
                _ram("BuyerOrderReferencedDocument", _ram("IssuerAssignedID", invoice.order_reference)),
            ),
            _ram("ApplicableHeaderTradeDelivery"),
            _settlement(invoice),
        ),
    )
    return serialise(made)


def _party(name: str, party: Party) -> etree._Element:
    street, postcode, city, country = (party.address or "").split(", ")
    return _ram(
        name,
        _ram("Name", party.name),
        _ram("DefinedTradeContact", _ram("TelephoneUniversalCommunication", _ram("CompleteNumber", party.phone))) if party.phone else None,
        _ram(
            "PostalTradeAddress",
            _ram("PostcodeCode", postcode),
            _ram("LineOne", street),
            _ram("CityName", city),
            _ram("CountryID", country),
        ),
        _ram("URIUniversalCommunication", _ram("URIID", party.endpoint, schemeID="EM")) if party.endpoint else None,
        _ram("SpecifiedTaxRegistration", _ram("ID", party.tax_id, schemeID="VA")),
    )


def _line(line: Line) -> etree._Element:
    return _ram(
        "IncludedSupplyChainTradeLineItem",
        _ram("AssociatedDocumentLineDocument", _ram("LineID", line.number)),
        _ram("SpecifiedTradeProduct", _ram("Name", line.name), _ram("Description", line.specification)),
        _ram("SpecifiedLineTradeAgreement", _ram("NetPriceProductTradePrice", _ram("ChargeAmount", line.unit_price))),
        _ram("SpecifiedLineTradeDelivery", _ram("BilledQuantity", line.quantity, unitCode=line.unit or "C62")),
        _ram(
            "SpecifiedLineTradeSettlement",
            _ram(
                "ApplicableTradeTax",
                _ram("TypeCode", "VAT"),
                _ram("CategoryCode", "S"),
                _ram("RateApplicablePercent", line.tax_rate),
            ),
            _ram("SpecifiedTradeSettlementLineMonetarySummation", _ram("LineTotalAmount", line.net)),
        ),
    )


def _settlement(invoice: Invoice) -> etree._Element:
    taxes = [
        _ram(
            "ApplicableTradeTax",
            _ram("CalculatedAmount", each.tax),
            _ram("TypeCode", "VAT"),
            _ram("BasisAmount", each.base),
            _ram("CategoryCode", each.category),
            _ram("RateApplicablePercent", each.rate),
        )
        for each in invoice.tax_subtotals
    ]
    return _ram(
        "ApplicableHeaderTradeSettlement",
        _ram("InvoiceCurrencyCode", invoice.currency),
        _ram(
            "SpecifiedTradeSettlementPaymentMeans",
            _ram("TypeCode", "30"),
            _ram("PayeePartyCreditorFinancialAccount", _ram("IBANID", invoice.seller.account)),
            _ram("PayeeSpecifiedCreditorFinancialInstitution", _ram("BICID", invoice.seller.bank)),
        ),
        *taxes,
        _ram("SpecifiedTradePaymentTerms", _ram("Description", "30 days net")),
        _ram(
            "SpecifiedTradeSettlementHeaderMonetarySummation",
            _ram("LineTotalAmount", invoice.net),
            _ram("TaxBasisTotalAmount", invoice.net),
            _ram("TaxTotalAmount", invoice.tax, currencyID=invoice.currency),
            _ram("GrandTotalAmount", invoice.gross),
            _ram("DuePayableAmount", invoice.payable),
        ),
    )
