"""Who buys and who sells: the rules on our own legal entities (R06) and on Chinese tax ids (R07)."""

from collections.abc import Sequence
from typing import Literal

from processes.invoice import credit_code
from processes.invoice.finding import Finding, shown
from processes.invoice.invoice import Invoice, Party, normalised_id, normalised_name


def buyer(invoice: Invoice, own_entities: Sequence[tuple[str, str]]) -> Finding:
    """R06: the buyer is one of our legal entities: tax id and name for Chinese invoices; VAT id, endpoint or exact name for others."""
    name, number = normalised_name(invoice.buyer.name or ""), normalised_id(invoice.buyer.tax_id or "")
    endpoint = normalised_id(invoice.buyer.endpoint or "")
    evidence = shown(buyerName=invoice.buyer.name, buyerTaxId=invoice.buyer.tax_id)
    own = [(normalised_name(each), normalised_id(identifier)) for each, identifier in own_entities]
    if invoice.chinese:
        ours = bool(name and number) and (name, number) in own
    else:
        ours = any((identifier and identifier in (number, endpoint)) or (name and name == each) for each, identifier in own)
    if ours:
        return Finding("R06", "ok", "购买方是本单位。", "The buyer is one of our entities.", evidence)
    if invoice.chinese and not number and "个人" in name:
        return Finding(
            "R06",
            "block",
            "抬头为个人，须按费用政策处理。",
            "The buyer is a private person; only an expense policy can allow that.",
            evidence,
        )
    matching = next((each for each, identifier in zip(own_entities, own, strict=True) if number and identifier[1] == number), None)
    if matching:
        expected = evidence | {"expectedName": matching[0]}
        return Finding(
            "R06",
            "block",
            f"税号属于{matching[0]}，但抬头名称不同。",
            f"The tax id is that of {matching[0]}, but the name differs.",
            expected,
        )
    return Finding("R06", "block", "购买方不是本单位。", "The buyer is none of our entities.", evidence)


def tax_id(invoice: Invoice, side: Literal["seller", "buyer"]) -> Finding:
    """R07: a Chinese tax id has the form and check character of GB 32100-2015."""
    party: Party = getattr(invoice, side)
    zh, en = ("销售方", "seller") if side == "seller" else ("购买方", "buyer")
    if not invoice.chinese:
        return Finding("R07", "info", f"境外{zh}不适用国内税号规则。", f"The rule for Chinese tax ids does not apply to the {en}.")
    if not party.tax_id:
        return Finding("R07", "info", f"{zh}没有税号。", f"The {en} has no tax id.", shown(name=party.name))
    number = normalised_id(party.tax_id)
    evidence = shown(taxId=number)
    if credit_code.is_right(number):
        return Finding("R07", "ok", f"{zh}税号校验正确。", f"The tax id of the {en} has the right check character.", evidence)
    return Finding(
        "R07", "warn", f"{zh}税号不符合 GB 32100-2015 校验规则。", f"The tax id of the {en} fails the check of GB 32100-2015.", evidence
    )
