"""A sample as OFD (GB/T 33190) under a seal of our own test authority: as 数电票 with tagged texts, or as old invoice with an attached XML."""

import base64
import io
import zipfile

from lxml import etree

from processes.invoice import sm2
from processes.invoice.invoice import Invoice, Line, Party
from processes.invoice.samples import code, seal
from processes.invoice.samples.markup import Maker, serialise
from processes.invoice.samples.page import FONT_ID, IMAGE_ID, PAGE_ID, Page, draw, ofd

_SIGN = "Doc_0/Signs/Sign_0"
_fp = Maker("http://www.edrm.org.cn/schema/e-invoice/2019", "fp")


def write(invoice: Invoice) -> bytes:
    """Return the sealed file; an invoice with a code gets the attachment, one without gets the tags."""
    page = draw(invoice, "增值税电子普通发票" if invoice.code else "电子发票（普通发票）")
    parts = {
        "OFD.xml": serialise(_main(invoice)),
        "Doc_0/Document.xml": serialise(_document(invoice)),
        "Doc_0/PublicRes.xml": serialise(
            ofd("Res", ofd("Fonts", ofd("Font", ID=FONT_ID, FontName="宋体", FamilyName="宋体")), BaseLoc="Res")
        ),
        "Doc_0/DocumentRes.xml": serialise(_pictures()),
        "Doc_0/Pages/Page_0/Content.xml": serialise(page.content()),
        "Doc_0/Res/qr.png": code.picture(invoice),
    }
    parts |= _attached(invoice) if invoice.code else _tagged(page)
    return _zip(parts | _seal(parts, invoice), invoice)


def _main(invoice: Invoice) -> etree._Element:
    stated = {"发票代码": invoice.code, "发票号码": invoice.number, "合计金额": str(invoice.net), "合计税额": str(invoice.tax)}
    custom = [ofd("CustomData", text, Name=name) for name, text in stated.items() if text]
    info = ofd(
        "DocInfo",
        ofd("DocID", sm2.sm3(invoice.identity.encode()).hex()[:32]),
        ofd("CreationDate", invoice.issue_date),
        ofd("CustomDatas", *custom),
    )
    body = ofd("DocBody", info, ofd("DocRoot", "Doc_0/Document.xml"), ofd("Signatures", "Doc_0/Signs/Signatures.xml"))
    return ofd("OFD", body, DocType="OFD", Version="1.1")


def _document(invoice: Invoice) -> etree._Element:
    common = ofd(
        "CommonData",
        ofd("MaxUnitID", "200"),
        ofd("PageArea", ofd("PhysicalBox", "0 0 210 140")),
        ofd("PublicRes", "PublicRes.xml"),
        ofd("DocumentRes", "DocumentRes.xml"),
    )
    pages = ofd("Pages", ofd("Page", ID=PAGE_ID, BaseLoc="Pages/Page_0/Content.xml"))
    more = ofd("Attachments", "Attachs/Attachments.xml") if invoice.code else ofd("CustomTags", "Tags/CustomTags.xml")
    return ofd("Document", common, pages, more)


def _pictures() -> etree._Element:
    picture = ofd("MultiMedia", ofd("MediaFile", "qr.png"), ID=IMAGE_ID, Type="Image", Format="PNG")
    return ofd("Res", ofd("MultiMedias", picture), BaseLoc="Res")


def _tagged(page: Page) -> dict[str, bytes]:
    listing = ofd("CustomTags", ofd("CustomTag", ofd("FileLoc", "CustomTag.xml"), TypeID="0"))
    tags = ofd("root", *(ofd(name, ofd("ObjectRef", number, PageRef=PAGE_ID)) for name, number in page.tags))
    return {"Doc_0/Tags/CustomTags.xml": serialise(listing), "Doc_0/Tags/CustomTag.xml": serialise(tags)}


def _attached(invoice: Invoice) -> dict[str, bytes]:
    location = ofd("FileLoc", "original_invoice.xml")
    listing = ofd("Attachments", ofd("Attachment", location, ID="4", Name="original_invoice", Format="xml", Visible="false"))
    return {"Doc_0/Attachs/Attachments.xml": serialise(listing), "Doc_0/Attachs/original_invoice.xml": serialise(_tax_disk(invoice))}


def _tax_disk(invoice: Invoice) -> etree._Element:
    root = Maker(None, None, fp="http://www.edrm.org.cn/schema/e-invoice/2019")
    return root(
        "eInvoice",
        _fp("DocID", "01"),
        _fp("InvoiceCode", invoice.code),
        _fp("InvoiceNo", invoice.number),
        _fp("TypeCode", "0"),
        _fp("IssueDate", f"{invoice.issue_date:%Y年%m月%d日}"),
        _fp("InvoiceCheckCode", invoice.check_code),
        _party("Buyer", invoice.buyer),
        _party("Seller", invoice.seller),
        _fp("TaxInclusiveTotalAmount", invoice.gross),
        _fp("Note", invoice.remarks),
        _fp("TaxTotalAmount", invoice.tax),
        _fp("TaxExclusiveTotalAmount", invoice.net),
        _fp("GraphCode", code.text(invoice) + ","),
        _fp("GoodsInfos", *(_goods(line) for line in invoice.lines)),
        Version="1.0",
    )


def _party(side: str, party: Party) -> etree._Element:
    return _fp(
        side,
        _fp(f"{side}Name", party.name),
        _fp(f"{side}TaxID", party.tax_id),
        _fp(f"{side}AddrTel", party.address),
        _fp(f"{side}FinancialAccount", party.bank),
    )


def _goods(line: Line) -> etree._Element:
    return _fp(
        "GoodsInfo",
        _fp("Item", line.name),
        _fp("Specification", line.specification),
        _fp("MeasurementDimension", line.unit),
        _fp("Price", line.unit_price),
        _fp("Quantity", line.quantity),
        _fp("Amount", line.net),
        _fp("TaxScheme", line.tax_rate),
        _fp("TaxAmount", line.tax),
    )


def _seal(parts: dict[str, bytes], invoice: Invoice) -> dict[str, bytes]:
    references = [
        ofd("Reference", ofd("CheckValue", base64.b64encode(sm2.sm3(content)).decode()), FileRef=f"/{name}")
        for name, content in parts.items()
    ]
    signed = ofd(
        "SignedInfo",
        ofd("Provider", ProviderName="Shenpi sample", Version="1.0", Company="样票（仿真）"),
        ofd("SignatureMethod", "1.2.156.10197.1.501"),
        ofd("SignatureDateTime", f"{invoice.issue_date:%Y%m%d}020805Z"),
        ofd("References", *references, CheckMethod="1.2.156.10197.1.401"),
        ofd("StampAnnot", ID="1", PageRef=PAGE_ID, Boundary="90 18 30 20"),
    )
    description = serialise(ofd("Signature", signed, ofd("SignedValue", f"/{_SIGN}/SignedValue.dat")))
    listing = ofd("Signatures", ofd("MaxSignId", "1"), ofd("Signature", ID="1", BaseLoc=f"/{_SIGN}/Signature.xml"))
    return {
        "Doc_0/Signs/Signatures.xml": serialise(listing),
        f"{_SIGN}/Signature.xml": description,
        f"{_SIGN}/SignedValue.dat": seal.sealed_value(description, f"/{_SIGN}/Signature.xml", invoice.issue_date),
    }


def _zip(parts: dict[str, bytes], invoice: Invoice) -> bytes:
    day = invoice.issue_date
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (day.year, day.month, day.day, 10, 8, 4)), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
