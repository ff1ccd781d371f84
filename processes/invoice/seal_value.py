"""The sealed value (`SignedValue.dat`): SES_Signature of GB/T 38540-2020 (version 4) or of GM/T 0031-2014 (version 1).

    v4  SEQUENCE { toSign, cert OCTET STRING, algorithm OID, signature BIT STRING, [0] timestamp? }
        toSign = SEQUENCE { version, seal, time GeneralizedTime, dataHash BIT STRING, property IA5String, ... }
    v1  SEQUENCE { toSign, signature BIT STRING }
        toSign = SEQUENCE { version, seal, time BIT STRING, dataHash BIT STRING, property, cert OCTET STRING, algorithm OID }

The bytes are cut at their own TLV borders and never written again, because a signature is over exactly those bytes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core, parser

SM2_WITH_SM3 = "1.2.156.10197.1.501"

_SEQUENCE, _OCTETS, _BITS, _TEXTS = 16, 4, 3, (12, 19, 22)


@dataclass(frozen=True, slots=True)
class SealValue:
    """`signed` are the raw bytes under the signature; `time` is None when the value does not tell it (v1)."""

    version: int
    name: str | None
    signed: bytes
    data_hash: bytes
    time: datetime | None
    certificate: bytes
    algorithm: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class _Piece:
    tag: int
    content: bytes
    raw: bytes

    def pieces(self) -> list["_Piece"]:
        if self.tag != _SEQUENCE:
            raise ValueError("a SEQUENCE was expected")
        return _cut(self.content)

    def bits(self) -> bytes:
        if self.tag != _BITS:
            raise ValueError("a BIT STRING was expected")
        return self.content[1:]


def load(der: bytes) -> SealValue:
    """Read a sealed value; ValueError when the bytes are neither of the two structures."""
    whole = _cut(der, limit=1)[0].pieces()
    signed = whole[0]
    fields = signed.pieces()
    if len(whole) >= 4 and len(fields) >= 4:
        certificate, algorithm, signature, kept_time = whole[1], whole[2], whole[3], _time(fields[2])
    elif len(whole) == 2 and len(fields) >= 7:
        certificate, algorithm, signature, kept_time = fields[5], fields[6], whole[1], None
    else:
        raise ValueError("neither a version 4 nor a version 1 seal")
    return SealValue(
        version=4 if len(whole) >= 4 else 1,
        name=_seal_name(fields[1]),
        signed=signed.raw,
        data_hash=fields[3].bits(),
        time=kept_time,
        certificate=certificate.content,
        algorithm=core.ObjectIdentifier.load(algorithm.raw).dotted,
        signature=signature.bits(),
    )


def _cut(data: bytes, limit: int = 64) -> list[_Piece]:
    found: list[_Piece] = []
    at = 0
    while at < len(data) and len(found) < limit:
        size = int(parser.peek(data[at:]))
        _, _, tag, header, content, trailer = parser.parse(data[at : at + size])
        raw = header + content + trailer
        found.append(_Piece(tag, content, raw))
        at += len(raw)
    if not found:
        raise ValueError("empty")
    return found


def _time(piece: _Piece) -> datetime | None:
    try:
        native = core.GeneralizedTime.load(piece.raw).native
    except (ValueError, TypeError):
        return None
    return native.astimezone(UTC) if isinstance(native, datetime) else None


def _seal_name(seal: _Piece) -> str | None:
    """The name of the seal, such as 某某发票专用章: eSealInfo / property / name, in both versions."""
    try:
        info = seal.pieces()[0].pieces()
        texts = [piece for piece in info[2].pieces() if piece.tag in _TEXTS]
        return texts[0].content.decode("utf-8", errors="replace") if texts else None
    except (ValueError, IndexError):
        return None
