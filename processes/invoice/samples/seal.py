"""A test certificate authority and seals by it (GB/T 38540-2020, version 4), so that a sample shows what a whole seal looks like.

The keys are derived from words in this file: everybody can sign with them. `AUTHORITY` may be put on the trust list of a demonstration, never of a
working installation.
"""

from datetime import UTC, date, datetime, time

from asn1crypto import core, keys, x509
from PIL import Image, ImageDraw

from processes.invoice import sm2
from processes.invoice.samples.code import png
from processes.invoice.seal_value import SM2_WITH_SM3

SEAL_NAME = "样票测试发票专用章（仿真）"
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
_CURVE = "1.2.156.10197.1.301"
_AUTHORITY_KEY = sm2.sm3("申批样票测试CA".encode())
_SEALER_KEY = sm2.sm3("申批样票测试印章".encode())


def sealed_value(signature_xml: bytes, path: str, day: date) -> bytes:
    """Return the DER bytes of a seal over Signature.xml, sealed at 10:08:05 China Standard Time of the day."""
    sealed_at = core.GeneralizedTime(datetime.combine(day, time(2, 8, 5), UTC)).dump()
    to_sign = _sequence(core.Integer(4).dump(), _seal(), sealed_at, _bits(sm2.sm3(signature_xml)), core.IA5String(path).dump())
    signature = _sequence(*(core.Integer(number).dump() for number in sm2.sign(_SEALER_KEY, to_sign)))
    return _sequence(to_sign, core.OctetString(SEALER).dump(), _algorithm(), _bits(signature))


def _seal() -> bytes:
    """The seal itself (SESeal), made and signed by the authority."""
    times = [core.GeneralizedTime(moment).dump() for moment in (_BEGIN, _BEGIN, _END)]
    certificates = _sequence(core.OctetString(SEALER).dump())
    properties = _sequence(core.Integer(1).dump(), core.UTF8String(SEAL_NAME).dump(), core.Integer(1).dump(), certificates, *times)
    header = _sequence(core.IA5String("ES").dump(), core.Integer(4).dump(), core.IA5String("Shenpi sample").dump())
    drawing = _sequence(core.IA5String("png").dump(), core.OctetString(picture()).dump(), core.Integer(30).dump(), core.Integer(20).dump())
    info = _sequence(header, core.IA5String("SAMPLE0001").dump(), properties, drawing)
    r, s = sm2.sign(_AUTHORITY_KEY, info)
    return _sequence(
        info, core.OctetString(AUTHORITY).dump(), _algorithm(), _bits(_sequence(core.Integer(r).dump(), core.Integer(s).dump()))
    )


def picture() -> bytes:
    """Return a red oval, as such seals have."""
    drawn = Image.new("P", (120, 80), 0)
    drawn.putpalette([255, 255, 255, 200, 30, 30])
    ImageDraw.Draw(drawn).ellipse((3, 3, 116, 76), outline=1, width=4)
    return png(drawn)


def _certificate(subject: str, private: bytes, issuer: str, issuer_key: bytes, serial: int) -> bytes:
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": {"algorithm": SM2_WITH_SM3},
            "issuer": _name(issuer),
            "validity": {"not_before": x509.Time({"utc_time": _BEGIN}), "not_after": x509.Time({"utc_time": _END})},
            "subject": _name(subject),
            "subject_public_key_info": {
                "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", keys.NamedCurve(_CURVE))},
                "public_key": keys.ECPointBitString(b"\x04" + sm2.public_key(private)),
            },
        }
    )
    r, s = sm2.sign(issuer_key, body.dump())
    signature = _sequence(core.Integer(r).dump(), core.Integer(s).dump())
    return _sequence(body.dump(), _sequence(_algorithm()), _bits(signature))


def _name(common: str) -> x509.Name:
    return x509.Name.build({"common_name": common, "organization_name": "Shenpi sample (样票/仿真)", "country_name": "CN"})


def _sequence(*parts: bytes) -> bytes:
    content = b"".join(parts)
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    written = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(written)]) + written


def _bits(content: bytes) -> bytes:
    return b"\x03" + _length(len(content) + 1) + b"\x00" + content


def _algorithm() -> bytes:
    written: bytes = core.ObjectIdentifier(SM2_WITH_SM3).dump()
    return written


_AUTHORITY_NAME = "申批样票测试CA(SM2)"
AUTHORITY = _certificate(_AUTHORITY_NAME, _AUTHORITY_KEY, _AUTHORITY_NAME, _AUTHORITY_KEY, 1)
SEALER = _certificate(SEAL_NAME, _SEALER_KEY, _AUTHORITY_NAME, _AUTHORITY_KEY, 2)
