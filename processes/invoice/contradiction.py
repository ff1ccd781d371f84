"""Where two readings of one invoice say different things. What only one of them states is no contradiction, and neither is another spelling."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.errors import Fault
from processes.invoice.invoice import Invoice, normalised_id, normalised_name


@dataclass(frozen=True, slots=True)
class Difference:
    """One field (a JSON path) with what is kept and what a further file says."""

    path: str
    kept: str
    said: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.path, "kept": self.kept, "said": self.said}

    def as_fault(self, file: str) -> Fault:
        """Return the refusal of a file that says this."""
        zh, en = LABELS[self.path]
        return Fault(
            "contradicts-kept", f"{zh}：本文件为 {self.said}，已有记录为 {self.kept}", f"The {en} is {self.said} here, but {self.kept} is kept",
            file=file, path=self.path, expected=self.kept, found=self.said,
        )  # fmt: skip


LABELS = {
    "number": ("发票号码", "number"),
    "code": ("发票代码", "code"),
    "issueDate": ("开票日期", "issue date"),
    "currency": ("币种", "currency"),
    "net": ("金额", "net amount"),
    "tax": ("税额", "tax"),
    "gross": ("价税合计", "gross amount"),
    "seller.name": ("销售方名称", "seller's name"),
    "seller.taxId": ("销售方税号", "seller's tax id"),
    "buyer.name": ("购买方名称", "buyer's name"),
    "buyer.taxId": ("购买方税号", "buyer's tax id"),
}
#: how texts of a field are compared; amounts and dates are compared as what they are
_SPELLINGS: dict[str, Callable[[str], str]] = {
    "number": normalised_name,
    "code": normalised_name,
    "currency": normalised_name,
    "seller.name": normalised_name,
    "seller.taxId": normalised_id,
    "buyer.name": normalised_name,
    "buyer.taxId": normalised_id,
}


def between(kept: Invoice, said: Invoice) -> list[Difference]:
    """Return every field that both state and that is not the same, in the order of `LABELS`."""
    one, other = _stated(kept), _stated(said)
    return [Difference(path, _shown(one[path]), _shown(other[path])) for path in LABELS if _differ(path, one[path], other[path])]


def _differ(path: str, kept: object, said: object) -> bool:
    if kept is None or said is None:
        return False
    spelled = _SPELLINGS.get(path)
    return kept != said if spelled is None else spelled(str(kept)) != spelled(str(said))


def _stated(invoice: Invoice) -> dict[str, str | Decimal | date | None]:
    return {
        "number": invoice.number,
        "code": invoice.code or None,
        "issueDate": invoice.issue_date,
        "currency": invoice.currency,
        "net": invoice.net,
        "tax": invoice.tax,
        "gross": invoice.gross,
        "seller.name": invoice.seller.name or None,
        "seller.taxId": invoice.seller.tax_id or None,
        "buyer.name": invoice.buyer.name or None,
        "buyer.taxId": invoice.buyer.tax_id or None,
    }


def _shown(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
