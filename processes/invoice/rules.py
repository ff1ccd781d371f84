"""The checks an invoice must pass before anybody is asked to approve it (rules R01, R02 and R05 to R10 of the rule catalogue).

Each rule leaves at least one finding, also when all is well, so that an auditor sees what was looked at. `block` stops the case unless somebody with
the right to do so overrides it with a reason, `warn` is shown to the approver, `info` says why a rule did not apply.
"""

from collections.abc import Sequence

from processes.invoice import arithmetic, words
from processes.invoice.authenticity import code, electronic_seal
from processes.invoice.duplicates import Twin
from processes.invoice.finding import Finding, Severity, shown
from processes.invoice.formats.qr import QR
from processes.invoice.invoice import Invoice
from processes.invoice.parties import buyer, tax_id
from processes.invoice.seals import SealReport

__all__ = ["Finding", "check"]


def check(
    invoice: Invoice,
    *,
    own_entities: Sequence[tuple[str, str]],
    seal: SealReport | None = None,
    qr: QR | None = None,
    duplicates: Sequence[Twin] = (),
) -> list[Finding]:
    """Return the findings of every rule, in the order of the rules.

    `own_entities` are (name, tax id) of the legal entities that may be the buyer. `duplicates` are other invoices that look like this one.
    """
    return [
        header_sum(invoice),
        payable(invoice),
        *line_sums(invoice),
        amount_in_words(invoice),
        buyer(invoice, own_entities),
        tax_id(invoice, "seller"),
        tax_id(invoice, "buyer"),
        *duplicate(invoice, duplicates),
        electronic_seal(invoice, seal),
        code(invoice, qr),
    ]


def header_sum(invoice: Invoice) -> Finding:
    """R01: net + tax + levies = gross, within 0.01."""
    if invoice.net is None or invoice.gross is None:
        return Finding(
            "R01",
            "warn",
            "缺少合计金额，无法核对。",
            "Totals are missing and cannot be compared.",
            shown(net=invoice.net, gross=invoice.gross),
        )
    computed = invoice.net + (invoice.tax or 0) + (invoice.levies or 0)
    evidence = shown(net=invoice.net, tax=invoice.tax, levies=invoice.levies, gross=invoice.gross, computed=computed)
    if arithmetic.agree(computed, invoice.gross):
        return Finding("R01", "ok", "金额与税额之和等于价税合计。", "Net and tax add up to the gross amount.", evidence)
    return Finding(
        "R01",
        "block",
        f"金额加税额为 {computed}，价税合计为 {invoice.gross}。",
        f"Net and tax are {computed}, but gross is {invoice.gross}.",
        evidence,
    )


def payable(invoice: Invoice) -> Finding:
    """R01 for the amount due: payable = gross - prepaid + rounding (EN 16931 BR-CO-16)."""
    if invoice.payable is None or invoice.gross is None:
        return Finding("R01", "info", "未注明应付金额。", "No payable amount is stated.")
    computed = invoice.gross - (invoice.prepaid or 0) + (invoice.rounding or 0)
    evidence = shown(gross=invoice.gross, prepaid=invoice.prepaid, rounding=invoice.rounding, payable=invoice.payable, computed=computed)
    if arithmetic.agree(computed, invoice.payable):
        return Finding("R01", "ok", "应付金额正确。", "The payable amount is right.", evidence)
    return Finding(
        "R01",
        "block",
        f"应付金额应为 {computed}，票面为 {invoice.payable}。",
        f"Payable should be {computed}, stated is {invoice.payable}.",
        evidence,
    )


def line_sums(invoice: Invoice) -> list[Finding]:
    """R02: the lines, less allowances and plus charges, make the net amount; line taxes (or the VAT breakdown) make the tax."""
    sums = arithmetic.line_sums(invoice)
    if not sums:
        return [Finding("R02", "info", "票面没有可核对的明细。", "There are no lines to add up.")]
    return [_line_sum(each) for each in sums]


def _line_sum(each: arithmetic.Sum) -> Finding:
    evidence = shown(computed=each.computed, stated=each.stated, tolerance=each.tolerance)
    if each.agrees:
        return Finding("R02", "ok", f"明细合计与{each.zh}一致。", f"The lines add up to the {each.en}.", evidence)
    severity: Severity = "warn" if each.near else "block"
    zh = f"明细合计 {each.computed} 与{each.zh} {each.stated} 不一致。"
    return Finding("R02", severity, zh, f"The lines add up to {each.computed}, but the {each.en} is {each.stated}.", evidence)


def amount_in_words(invoice: Invoice) -> Finding:
    """R05: the capital amount equals the gross amount. Only Chinese invoices have one."""
    if not invoice.chinese:
        return Finding("R05", "info", "境外发票没有大写金额。", "An invoice from abroad has no amount in capitals.")
    if invoice.amount_in_words is None or invoice.gross is None:
        return Finding("R05", "info", "数据中没有大写金额，未核对。", "The data hold no amount in capitals; nothing was compared.")
    evidence = shown(words=invoice.amount_in_words, gross=invoice.gross)
    try:
        spoken = words.parse(invoice.amount_in_words)
    except ValueError:
        return Finding("R05", "block", "大写金额无法识别。", "The amount in capitals cannot be read.", evidence)
    if spoken == invoice.gross:
        return Finding("R05", "ok", "大写金额与价税合计一致。", "The amount in capitals equals the gross amount.", evidence)
    return Finding(
        "R05",
        "block",
        f"大写金额为 {spoken}，价税合计为 {invoice.gross}。",
        f"The capitals say {spoken}, gross is {invoice.gross}.",
        evidence,
    )


_LIKE = {
    "file": ("同一个文件已作为另一张发票提交", "The same file was submitted for another invoice"),
    "number": ("同一销售方、同一年度已有相同号码的发票", "There is an invoice of this number by this seller in this year"),
    "amount": ("三天内已有同一销售方、同一金额的发票，请核对", "There is an invoice of this seller and amount within three days"),
}  # fmt: skip


def duplicate(invoice: Invoice, twins: Sequence[Twin]) -> list[Finding]:
    """R08: the invoice is not here under another identity; one finding names each other one.

    The later one is blocked when it has the file or the number of an earlier one that is not rejected; seller, day and amount alone only warn.
    """
    evidence = {"identity": invoice.identity}
    if not twins:
        return [Finding("R08", "ok", "没有重复。", "It is not here yet.", evidence)]
    return [_twin(twin, evidence) for twin in twins]


def _twin(twin: Twin, evidence: dict[str, str]) -> Finding:
    zh, en = _LIKE[twin.like]
    severity: Severity = "block" if twin.first and twin.like != "amount" else "warn"
    named = f"{twin.number}（{twin.case}）" if twin.case else twin.number
    return Finding(
        "R08",
        severity,
        f"{zh}：{named}。",
        f"{en}: {twin.number} ({twin.case or '-'}).",
        evidence | shown(number=twin.number, existing=twin.case or None),
    )
