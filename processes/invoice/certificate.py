"""The X.509 certificate inside a seal: who, from when to when, which SM2 key, signed by whom."""

from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core, x509

from processes.invoice import sm2


class _Numbers(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Integer


@dataclass(frozen=True, slots=True)
class Certificate:
    """`body` are the signed bytes; `key` is the SM2 point X || Y; times are UTC."""

    subject: str
    issuer: str
    subject_name: bytes
    issuer_name: bytes
    serial: str
    begins: datetime
    ends: datetime
    key: bytes
    body: bytes
    signature: bytes

    def issued_by(self, issuer: "Certificate") -> bool:
        """Return whether the issuer's name and SM2 key stand behind this certificate."""
        if self.issuer_name != issuer.subject_name:
            return False
        r, s = signature_pair(self.signature)
        return sm2.is_signed_by(issuer.key, self.body, r, s)


def load(der: bytes) -> Certificate:
    """Read a DER certificate; ValueError when it is none or when its key is no SM2 point."""
    try:
        found = x509.Certificate.load(der, strict=True)
        body = found["tbs_certificate"]
        point = body["subject_public_key_info"]["public_key"].contents
        if len(point) != 66 or point[:2] != b"\x00\x04":
            raise ValueError("the key is no uncompressed SM2 point")
        validity = body["validity"]
        return Certificate(
            subject=body["subject"].human_friendly,
            issuer=body["issuer"].human_friendly,
            subject_name=body["subject"].dump(),
            issuer_name=body["issuer"].dump(),
            serial=f"{body['serial_number'].native:X}",
            begins=validity["not_before"].native.astimezone(UTC),
            ends=validity["not_after"].native.astimezone(UTC),
            key=point[2:],
            body=body.dump(),
            signature=found["signature_value"].contents[1:],
        )
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:  # what asn1crypto raises on hostile bytes
        raise ValueError(f"no certificate: {error}") from error


def signature_pair(der: bytes) -> tuple[int, int]:
    """Return (r, s) of a DER SM2 signature, or (0, 0), which no key ever signed, when the bytes are none."""
    try:
        pair = _Numbers.load(der, strict=True).native
    except (ValueError, TypeError, RecursionError):
        return 0, 0
    return (pair[0], pair[1]) if len(pair) == 2 else (0, 0)
