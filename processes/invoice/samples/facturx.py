"""A sample as Factur-X: a readable PDF with the CII invoice embedded as `factur-x.xml` (profile EN 16931).

Written with pikepdf and not with the factur-x package, whose files carry the time of writing: a sample must come out the same each time.
It has the embedding and the metadata of Factur-X; the fonts are not embedded, so it does not claim to be PDF/A-3.
"""

import io

import pikepdf

from processes.invoice.invoice import Invoice
from processes.invoice.samples import cii, pdf

_NAME = "factur-x.xml"
_XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def write(invoice: Invoice) -> bytes:
    """Return the PDF with its attachment."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf.write(invoice))) as made:
        day = f"D:{invoice.issue_date:%Y%m%d}000000Z"
        stream = pikepdf.Stream(made, cii.write(invoice), {"/Type": pikepdf.Name.EmbeddedFile, "/Subtype": pikepdf.Name("/text/xml")})
        stream.Params = pikepdf.Dictionary(ModDate=day)
        attached = made.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Filespec,
                F=_NAME,
                UF=_NAME,
                Desc="Factur-X sample",
                AFRelationship=pikepdf.Name.Alternative,
                EF=pikepdf.Dictionary(F=stream, UF=stream),
            )
        )
        made.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String(_NAME), attached])))
        made.Root.AF = pikepdf.Array([attached])
        made.Root.Metadata = pikepdf.Stream(made, _XMP.encode(), {"/Type": pikepdf.Name.Metadata, "/Subtype": pikepdf.Name.XML})
        made.save(written, deterministic_id=True, compress_streams=True)
    return written.getvalue()
