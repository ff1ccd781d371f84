"""Whether the file is what its issuer made: the rules on the electronic seal (R09) and on the QR code (R10)."""

from processes.invoice.finding import Finding, shown
from processes.invoice.formats.qr import QR
from processes.invoice.invoice import Invoice, normalised_id
from processes.invoice.seals import SealReport

_UNSEALED = ("ubl", "cii", "facturx", "xbrl", "einvoice")  # carriers that are delivered without a page seal


def electronic_seal(invoice: Invoice, seal: SealReport | None) -> Finding:
    """R09: nothing was changed after sealing, and the seal itself holds; an untested issuer or a missing seal is only told."""
    if seal is None or not seal.seals:
        return _no_seal(invoice)
    results = {name: seal.overall(name) for name in ("digests", "dataHash", "signature", "period", "trust")}
    evidence = shown(seals=len(seal.seals), digests=f"{seal.digests_right}/{seal.digests_total}", signer=seal.seals[0].signer) | results
    if seal.wrong:
        parts = "、".join(seal.wrong[:5])
        return Finding(
            "R09", "block", f"加盖印章后文件被改动：{parts}。", f"The file was changed after sealing: {parts}.", evidence | {"wrong": parts}
        )
    failed = ", ".join(name for name, result in results.items() if result == "failed")
    if failed:
        return Finding("R09", "block", f"电子印章无效（{failed}）。", f"The electronic seal does not hold ({failed}).", evidence)
    added = [part for part in seal.uncovered if part != "OFD.xml"]  # several issuers write OFD.xml after sealing
    if added:
        evidence["uncovered"] = "、".join(added[:5])
        return Finding("R09", "warn", "文件中有印章未覆盖的内容。", "The file holds parts that no seal covers.", evidence)
    unknown = ", ".join(name for name, result in results.items() if result == "unknown")
    if unknown:
        return Finding("R09", "warn", f"印章完好，但以下项目无法确认：{unknown}。", f"The seal is intact; not known: {unknown}.", evidence)
    return Finding("R09", "ok", "电子印章有效。", "The electronic seal holds.", evidence)


def _no_seal(invoice: Invoice) -> Finding:
    evidence = {"syntax": str(invoice.syntax)}
    if invoice.syntax in _UNSEALED:
        return Finding(
            "R09",
            "info",
            "该格式不带版式印章，以查验结果为准。",
            "This format bears no page seal; rely on the tax-authority check.",
            evidence,
        )
    return Finding("R09", "warn", "没有可验证的电子印章。", "There is no electronic seal that could be checked.", evidence)


def code(invoice: Invoice, qr: QR | None) -> Finding:
    """R10: the QR code is intact and says the same as the data."""
    if qr is None:
        return Finding("R10", "info", "没有二维码可核对。", "There is no code to compare.")
    evidence = shown(code=qr.text, crc=qr.crc)
    if not qr.crc_right:
        return Finding(
            "R10", "block", "二维码校验位错误，可能被改动。", "The check of the code is wrong: it may have been altered.", evidence
        )
    different = [name for name, ours, its in _compared(invoice, qr) if ours is not None and its is not None and ours != its]
    if different:
        names = ", ".join(different)
        return Finding(
            "R10", "block", f"二维码与发票数据不一致：{names}。", f"The code and the data differ: {names}.", evidence | {"different": names}
        )
    return Finding("R10", "ok", "二维码与发票数据一致。", "The code and the data agree.", evidence)


def _compared(invoice: Invoice, qr: QR) -> list[tuple[str, object, object]]:
    return [
        ("number", normalised_id(invoice.number), qr.number),
        ("code", invoice.code, qr.code),
        ("issueDate", invoice.issue_date, qr.issue_date),
        (qr.amount_is, invoice.net if qr.amount_is == "net" else invoice.gross, qr.amount),
        ("checkCode", (invoice.check_code or "")[-6:] or None, (qr.check_code or "")[-6:] or None),
    ]
