"""Whether the electronic seals of an OFD file hold (GB/T 33190 chapter 18, GB/T 38540-2020, GM/T 0031-2014), checked offline.

Five results are kept apart, because they mean different things to the person who decides: the digests of the sealed parts, the digest of the
signature description (dataHash), the SM2 signature, the certificate's period at the time of sealing, and the chain to a trusted issuer.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from engine.errors import Fault
from processes.invoice import certificate, limits, seal_value, sm2
from processes.invoice.certificate import Certificate
from processes.invoice.ofd_package import OfdPackage, open_package
from processes.invoice.refusal import refuse
from processes.invoice.seal_value import SealValue
from processes.invoice.xml import Node

Result = Literal["ok", "failed", "unknown"]
_Taken = dict[tuple[str, str], bytes | None]  # digests that were taken already, by part and method

_SM3 = ("1.2.156.10197.1.401", "SM3")
_SHA256 = ("2.16.840.1.101.3.4.2.1", "SHA256", "SHA-256")
_CHINA = timezone(timedelta(hours=8))  # times without a zone are the issuer's


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal with its five results. Times are UTC; names and serial are None when the sealed value cannot be read."""

    path: str
    digests: Result
    data_hash: Result
    signature: Result
    period: Result
    trust: Result
    name: str | None = None
    signer: str | None = None
    issuer: str | None = None
    serial: str | None = None
    sealed_at: datetime | None = None
    version: int | None = None

    @property
    def results(self) -> dict[str, Result]:
        return {
            "digests": self.digests,
            "dataHash": self.data_hash,
            "signature": self.signature,
            "period": self.period,
            "trust": self.trust,
        }


@dataclass(frozen=True, slots=True)
class SealReport:
    """All seals of a file. `wrong` are parts that changed after sealing, `uncovered` parts that no seal speaks for; empty `seals`: not sealed."""

    seals: tuple[Seal, ...] = ()
    digests_total: int = 0
    digests_right: int = 0
    wrong: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    notes: tuple[Fault, ...] = ()

    def overall(self, name: str) -> Result:
        """Return the worst of one of the five results (`digests`, `dataHash`, `signature`, `period`, `trust`) over all seals."""
        found = {seal.results[name] for seal in self.seals}
        return "failed" if "failed" in found else "ok" if found == {"ok"} else "unknown"


@dataclass(frozen=True, slots=True)
class _Digests:
    result: Result
    total: int
    right: int
    wrong: tuple[str, ...]
    covered: frozenset[str]
    notes: tuple[Fault, ...]


def check(data: bytes, trusted: Sequence[bytes] = (), *, file: str = "") -> SealReport:
    """Check every seal of an OFD file; `trusted` are DER certificates of issuers. A file that is no OFD is refused with InvoiceUnreadable."""
    package = open_package(data, file)
    if package is None:
        refuse("not-ofd", "不是 OFD 文件。", "This is no OFD file.", file=file)
    return check_package(package, trusted)


def check_package(package: OfdPackage, trusted: Sequence[bytes] = ()) -> SealReport:
    """Check every seal of an opened OFD file."""
    roots = [certificate.load(der) for der in trusted]
    lists = list(package.signatures())
    found = [
        (path, name)
        for path in lists
        for node in package.xml(path).all("Signature")
        if (name := package.find(node.attribute("BaseLoc"), path))
    ]
    if len(found) > limits.SEALS:
        refuse("too-many-seals", f"印章超过 {limits.SEALS} 个。", f"There are more than {limits.SEALS} seals.", file=package.file)
    seals: list[Seal] = []
    digests: list[_Digests] = []
    taken: _Taken = {}
    own = set(lists)
    for number, (listing, name) in enumerate(found, start=1):
        node = package.xml(name)
        value_name = package.find(node.text("SignedValue"), name)
        own |= {name, value_name or ""}
        digests.append(_check_digests(package, node, name, listing if number < len(found) else None, taken))
        seals.append(_check_seal(package, node, name, value_name, digests[-1].result, roots))
    covered = own.union(*(each.covered for each in digests))
    return SealReport(
        seals=tuple(seals),
        digests_total=sum(each.total for each in digests),
        digests_right=sum(each.right for each in digests),
        wrong=tuple(dict.fromkeys(name for each in digests for name in each.wrong)),
        uncovered=tuple(name for name in package.parts if name not in covered) if seals else (),
        notes=tuple(note for each in digests for note in each.notes),
    )


def _check_digests(package: OfdPackage, node: Node, path: str, later_list: str | None, taken: _Taken) -> _Digests:
    """Compare the digest of each sealed part. `later_list` is the seal list when a later seal had to be written into it."""
    right = 0
    wrong: list[str] = []
    covered: set[str] = set()
    notes: list[Fault] = []
    references = _references(package, node)
    for method, reference in references:
        written = reference.attribute("FileRef") or ""
        name = package.find(written, path)
        covered.add(name or written)
        if name is not None and _digest(package, name, method, taken) == _decoded(reference.text("CheckValue")):
            right += 1
        elif name is not None and name == later_list:
            notes.append(_second_seal(package.file, name))
        else:
            wrong.append(name or written)
    result: Result = "failed" if wrong else "ok" if references else "unknown"
    return _Digests(result, len(references), right, tuple(wrong), frozenset(covered), tuple(notes))


def _references(package: OfdPackage, node: Node) -> list[tuple[str, Node]]:
    found = [(each.attribute("CheckMethod") or _SM3[0], one) for each in node.all("SignedInfo/References") for one in each.all("Reference")]
    if len(found) > limits.SEAL_REFERENCES:
        refuse(
            "too-many-references",
            "印章引用的文件过多。",
            f"The seal refers to more than {limits.SEAL_REFERENCES} parts.",
            file=package.file,
        )
    return found


def _second_seal(file: str, name: str) -> Fault:
    zh, en = "加盖后一枚印章时改写了印章列表，属正常情况。", "The list of seals was rewritten when a later seal was added; this is normal."
    return Fault("later-seal-added", zh, en, file=file, path=name)


def _digest(package: OfdPackage, name: str, method: str, taken: _Taken) -> bytes | None:
    key = (name, method.upper())
    if key not in taken:
        data = package.parts[name]
        # MD5 and SHA-1 prove nothing any more: a digest by them counts as wrong.
        taken[key] = sm2.sm3(data) if key[1] in _SM3 else hashlib.sha256(data).digest() if key[1] in _SHA256 else None
    return taken[key]


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _check_seal(package: OfdPackage, node: Node, path: str, value_name: str | None, digests: Result, roots: Sequence[Certificate]) -> Seal:
    try:
        der = package.parts[value_name or ""]
        if len(der) > limits.SEAL_VALUE_BYTES:
            raise ValueError("too large")
        value = seal_value.load(der)
    except (KeyError, ValueError):
        return Seal(path, digests, "failed", "failed", "unknown", "unknown")
    data_hash: Result = "ok" if value.data_hash == sm2.sm3(package.parts[path]) else "failed"
    sealed_at = value.time or _stated_time(node.text("SignedInfo/SignatureDateTime"))
    try:
        signer = certificate.load(value.certificate)
    except ValueError:
        return Seal(path, digests, data_hash, "failed", "unknown", "unknown", value.name, sealed_at=sealed_at, version=value.version)
    return Seal(
        path=path,
        digests=digests,
        data_hash=data_hash,
        signature=_check_signature(value, signer),
        period="unknown" if sealed_at is None else "ok" if signer.begins <= sealed_at <= signer.ends else "failed",
        trust=_check_trust(signer, roots),
        name=value.name,
        signer=signer.subject,
        issuer=signer.issuer,
        serial=signer.serial,
        sealed_at=sealed_at,
        version=value.version,
    )


def _check_signature(value: SealValue, signer: Certificate) -> Result:
    if value.algorithm != seal_value.SM2_WITH_SM3:
        return "unknown"
    r, s = certificate.signature_pair(value.signature)
    return "ok" if sm2.is_signed_by(signer.key, value.signed, r, s) else "failed"


def _check_trust(signer: Certificate, roots: Sequence[Certificate]) -> Result:
    if not roots:
        return "unknown"
    return "ok" if any(signer.body == root.body or signer.issued_by(root) for root in roots) else "failed"


def _stated_time(text: str | None) -> datetime | None:
    """Read `20200817111329Z` (UTC) or `20201010151120` and `2020-10-10 15:11:20` (China Standard Time)."""
    digits = "".join(character for character in text or "" if character in "0123456789")[:14]
    try:
        found = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC if (text or "").endswith("Z") else _CHINA)
    except ValueError:
        return None
    return found.astimezone(UTC)
