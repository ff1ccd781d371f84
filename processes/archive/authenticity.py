"""真实性: what is filed is what was received and approved."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import new, sha256

from processes.archive import codes, retention
from processes.archive.evidence import Evidence, Examined, Found
from processes.archive.metadata import LABELS

MOST_LETTERS = 2000
FORBIDDEN = ("Cc", "Cs", "Co", "Cn")  #: control characters, broken ones, private use, not assigned


def digests_right(evidence: Evidence) -> Found:
    found = []
    for examined in evidence.documents:
        if examined.content is not None:
            facts = {"sha256": sha256(examined.content).hexdigest(), "sm3": new("sm3", examined.content).hexdigest()}
            found += [
                f"{examined.name}：{name} {examined.document[name]} ≠ {fact}"
                for name, fact in facts.items()
                if examined.document[name] != fact
            ]
    return found


def signatures_right(evidence: Evidence) -> Found:
    signed = [
        examined for examined in evidence.documents if examined.opened is not None and examined.opened.signature in ("right", "wrong")
    ]
    if not signed:
        return None
    return [
        f"{examined.name}：电子签章验证失败" for examined in signed if examined.opened is not None and examined.opened.signature == "wrong"
    ]


def values_plausible(evidence: Evidence) -> Found:
    metadata = evidence.metadata
    found = [
        f"{LABELS.get(name, name)}：含有不允许的字符或过长"
        for name, value in metadata.items()
        if isinstance(value, str) and not _writable(value)
    ]
    found += [f"{LABELS[name]}：{metadata[name]} 不是日期" for name in ("date",) if metadata.get(name) and not _is_date(metadata[name])]
    found += [
        f"{LABELS[name]}：{metadata[name]} 不是金额"
        for name in ("amount", "net", "tax")
        if metadata.get(name) and _amount(metadata[name]) is None
    ]
    return found


def _writable(text: str) -> bool:
    return len(text) <= MOST_LETTERS and not any(unicodedata.category(character) in FORBIDDEN for character in text)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _amount(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def period_plausible(evidence: Evidence) -> Found:
    stated, used = evidence.request["statedPeriod"], evidence.request["period"]
    found = [f"会计期间 {stated} 不是年月，按 {used} 归档"] if stated and stated != used else []
    if evidence.month_now and abs(int(used[:4]) - int(evidence.month_now[:4])) > 1:
        found.append(f"会计期间 {used} 与当前月份 {evidence.month_now} 相差过大")
    return found


def code_parts_right(evidence: Evidence) -> Found:
    request = evidence.request
    found = []
    if not codes.FONDS.fullmatch(request["legalEntity"]["fonds"]):
        found.append(f"全宗号 {request['legalEntity']['fonds']} 不符合编制规则（只能由大写字母和数字组成）")
    if request["recordClass"] not in codes.CLASSES:
        found.append(f"类别号 {request['recordClass']} 未知")
    if request["retention"] not in retention.TERMS:
        found.append(f"保管期限 {request['retention']} 未知")
    return found


def not_repeated(evidence: Evidence) -> Found:
    return [f"已归档：{twin}" for twin in evidence.twins]


def properties_right(evidence: Evidence) -> Found:
    found = []
    for examined in evidence.documents:
        if examined.content is not None and len(examined.content) != examined.document["size"]:
            found.append(f"{examined.name}：大小 {examined.document['size']} ≠ {len(examined.content)}")
        if examined.opened is not None and examined.opened.media_type != examined.document["mediaType"]:
            found.append(f"{examined.name}：格式 {examined.document['mediaType']} ≠ {examined.opened.media_type}")
    return found


COMPARED = ("documentNumber", "date", "amount", "currency")


def original_agrees(evidence: Evidence) -> Found:
    """Compare what the electronic original says itself with the metadata that people approved."""
    return _disagreements(evidence, _electronic(evidence)[:1])


def carriers_agree(evidence: Evidence) -> Found:
    """Compare the further electronic carriers of the same thing; prints and attachments are never compared."""
    return _disagreements(evidence, _electronic(evidence)[1:])


def _electronic(evidence: Evidence) -> list[Examined]:
    """Return the electronic carriers, the original first."""
    ranks = {"original": 0, "carrier": 1}
    found = [examined for examined in evidence.documents if examined.document["role"] in ranks]
    return sorted(found, key=lambda examined: ranks[examined.document["role"]])


def _disagreements(evidence: Evidence, examined: Sequence[Examined]) -> Found:
    compared = [(each.name, each.opened.facts) for each in examined if each.opened is not None and each.opened.facts]
    if not compared:
        return None
    return [
        f"{file}：{LABELS[name]} {facts[name]} ≠ {evidence.metadata.get(name)}"
        for file, facts in compared
        for name in COMPARED
        if name in facts and not _same(facts[name], str(evidence.metadata.get(name)))
    ]


def _same(stated: str, kept: str) -> bool:
    """Tell whether two texts say the same: as they are written, without blanks and widths of letters, or as amounts."""
    first, second = _amount(stated), _amount(kept)
    return _bare(stated) == _bare(kept) or (first is not None and first == second)


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())
