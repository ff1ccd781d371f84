"""What the sample invoices say: the same goods, split so that every sum a rule looks at comes out right."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from processes.invoice import words
from processes.invoice.invoice import Invoice, Line, Party, Syntax, TaxSubtotal
from processes.invoice.samples.parties import FOREIGN_SELLER, SELLER

REMARK = "样票（仿真）：仅供演示与测试，不得报销入账。"
FOREIGN_REMARK = "SAMPLE (样票/仿真): for demonstration and tests only, not a tax document."
_CENT = Decimal("0.01")
_GOODS = (("*纸制品*复印纸", "A4 70g", "箱"), ("*办公用品*文件柜", "四门 1800mm", "台"))


def domestic(syntax: Syntax, number: str, buyer: Party, gross: Decimal, issue_date: date, rate: str = "0.13") -> Invoice:
    """Return a blue 数电票 of 普通发票 kind over the gross amount."""
    net = _net(gross, Decimal(rate))
    return Invoice(
        syntax=syntax,
        number=number,
        issue_date=issue_date,
        currency="CNY",
        kind="ordinary",
        net=net,
        tax=gross - net,
        gross=gross,
        payable=gross,
        seller=SELLER,
        buyer=buyer,
        lines=_lines(net, gross - net, rate),
        amount_in_words=words.write(gross),
        red=gross < 0,
        remarks=REMARK,
    )


def red(number: str, buyer: Party, gross: Decimal, issue_date: date, blue_number: str) -> Invoice:
    """Return the red 数电票 that takes a blue one of the gross amount back."""
    reason = f"被红冲蓝字数电票号码：{blue_number} 红字发票信息确认单编号：{number[:16]}0001。{REMARK}"
    return replace(domestic("einvoice", number, buyer, -abs(gross), issue_date), original_number=blue_number, remarks=reason)


def tax_disk(syntax: Syntax, number: str, buyer: Party, gross: Decimal, issue_date: date) -> Invoice:
    """Return an old 增值税电子普通发票, with code, check code, and address and bank as one text each."""
    made = domestic(syntax, number, buyer, gross, issue_date)
    return replace(
        made,
        lines=tuple(replace(line, tax_rate="13%") for line in made.lines),
        code="033002100211",
        check_code=f"{int(number):020d}",
        seller=_joined(SELLER),
        buyer=_joined(buyer),
    )


def foreign(syntax: Syntax, number: str, buyer: Party, gross: Decimal, issue_date: date) -> Invoice:
    """Return an EN 16931 invoice in euro with 19 % VAT, whose buyer is known by its tax id."""
    net = _net(gross, Decimal("0.19"))
    tax = gross - net
    lines = tuple(replace(line, tax_rate="19", tax=None, unit="C62") for line in _lines(net, tax, "19"))
    return Invoice(
        syntax=syntax,
        type_code="380",
        number=number,
        issue_date=issue_date,
        currency="EUR",
        net=net,
        tax=tax,
        gross=gross,
        payable=gross,
        seller=FOREIGN_SELLER,
        buyer=Party(name=buyer.name, tax_id=buyer.tax_id, address="Sample Road 1, 200120, Shanghai, CN"),
        lines=lines,
        tax_subtotals=(TaxSubtotal("S", Decimal(19), net, tax),),
        order_reference="PO-0001",
        remarks=FOREIGN_REMARK,
    )


def _net(gross: Decimal, rate: Decimal) -> Decimal:
    return (gross / (1 + rate)).quantize(_CENT, ROUND_HALF_UP)


def _lines(net: Decimal, tax: Decimal, rate: str) -> tuple[Line, ...]:
    """Two lines: ten boxes at a price with at most three decimals, and one cabinet for the rest."""
    first_net, first_tax = ((amount * 6 / 10).quantize(_CENT, ROUND_HALF_UP) for amount in (net, tax))
    sign = -1 if net < 0 else 1
    figures = ((Decimal(10 * sign), first_net, first_tax), (Decimal(sign), net - first_net, tax - first_tax))
    return tuple(
        Line(str(place), name, specification, unit, quantity, line_net / quantity, line_net, rate, line_tax)
        for place, ((name, specification, unit), (quantity, line_net, line_tax)) in enumerate(zip(_GOODS, figures, strict=True), start=1)
    )


def _joined(party: Party) -> Party:
    return Party(
        name=party.name, tax_id=party.tax_id, address=_together(party.address, party.phone), bank=_together(party.bank, party.account)
    )


def _together(first: str | None, second: str | None) -> str | None:
    return " ".join(part for part in (first, second) if part) or None
