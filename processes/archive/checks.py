"""The four-nature check (四性检测, DA/T 70-2018, filing stage) as a catalogue of rules over plain evidence: no database.

Each rule returns what it found wrong, in words that a person can act on; an empty list is right, `None` is not checked. Codes follow the pattern of
published catalogues: GD filing, ZS 真实性, WZ 完整性, KY 可用性, AQ 安全性.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import new, sha256
from typing import Any, Literal

from engine.history import chain
from engine.history.chain import Row
from processes.archive import codes, retention
from processes.archive.metadata import LABELS, missing
from processes.archive.process_record import faults_of
from processes.archive.sources import Opened

Level = Literal["block", "warn"]
Found = list[str] | None

LASTING = frozenset({"application/ofd", "application/pdf", "application/xml", "image/jpeg", "image/png", "image/tiff"})
MOST_LETTERS = 2000
#: the antivirus test file of EICAR, in two parts so that this file is not taken for it
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True, slots=True)
class Examined:
    """One document: as requested, its stored bytes (None when they are gone), and what opening it gave (None with the reason when it does not open)."""

    document: Mapping[str, Any]
    content: bytes | None
    opened: Opened | None
    reason: str = ""

    @property
    def name(self) -> str:
        return str(self.document["name"])


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the rules look at. `twins` are archival codes or titles of other items that claim to be the same thing."""

    request: Mapping[str, Any]
    metadata: Mapping[str, Any]
    documents: Sequence[Examined]
    history: Sequence[Row]
    expected_end: tuple[int, bytes]  #: number and hash of the last event, as the instance says
    twins: Sequence[str] = field(default_factory=tuple)
    month_now: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    nature: str
    zh: str
    en: str
    level: Level
    look: Callable[[Evidence], Found]


def run(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the result of every rule, in the order of the catalogue."""
    return [_result(rule, rule.look(evidence)) for rule in RULES]


def _result(rule: Rule, found: Found) -> dict[str, Any]:
    result = "not-checked" if found is None else "failed" if found else "ok"
    return {
        "code": rule.code, "nature": rule.nature, "zh": rule.zh, "en": rule.en, "level": rule.level, "result": result, "evidence": found or [],
    }  # fmt: skip


# --- authenticity (真实性)


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
    return len(text) <= MOST_LETTERS and all(character.isprintable() for character in text)


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


def content_agrees(evidence: Evidence) -> Found:
    """Compare what the electronic originals say themselves with the metadata; prints and attachments are not compared."""
    compared = [
        examined for examined in evidence.documents if examined.document["role"] in ("original", "carrier") and examined.opened and examined.opened.facts
    ]  # fmt: skip
    if not compared:
        return None
    return [
        f"{examined.name}：{LABELS[name]} {examined.opened.facts[name]} ≠ {evidence.metadata.get(name)}"
        for examined in compared
        for name in COMPARED
        if examined.opened is not None
        and name in examined.opened.facts
        and not _same(examined.opened.facts[name], evidence.metadata.get(name))
    ]


def _same(stated: str, kept: Any) -> bool:
    if stated == kept:
        return True
    first, second = _amount(stated), _amount(str(kept))
    return first is not None and first == second


# --- integrity (完整性)


def original_there(evidence: Evidence) -> Found:
    if evidence.request["originalMissing"] or not any(
        examined.document["role"] in ("original", "carrier") for examined in evidence.documents
    ):
        return ["缺少电子原件：只有打印件、扫描件或照片，不能以电子形式归档。请补交电子原件后重新检测 (original missing)"]
    return []


def documents_there(evidence: Evidence) -> Found:
    if not evidence.documents:
        return ["没有任何文件"]
    return [
        f"{examined.name}：存储的内容缺失（{examined.document['sha256']}）" for examined in evidence.documents if examined.content is None
    ]


def metadata_complete(evidence: Evidence) -> Found:
    return [f"缺少 {LABELS[name]} ({name})" for name in missing(evidence.metadata)]


def voucher_number_there(evidence: Evidence) -> Found:
    return [] if evidence.metadata.get("voucherNumber") else ["缺少记账凭证号，无法与记账凭证关联"]


def process_complete(evidence: Evidence) -> Found:
    return faults_of(evidence.history)


def chain_right(evidence: Evidence) -> Found:
    check = chain.verify(evidence.history)
    found = [f"{fault.path}：{fault.zh}" for fault in check.faults]
    last = (evidence.history[-1].number, evidence.history[-1].hash) if evidence.history else (0, bytes(32))
    if last != evidence.expected_end:
        found.append(f"流转记录末尾为 {last[0]}，流程实例应为 {evidence.expected_end[0]}")
    return found


# --- usability (可用性)


def metadata_readable(evidence: Evidence) -> Found:
    return [f"元数据 {name} 不可读" for name, value in evidence.metadata.items() if not isinstance(value, str | list | dict)]


def format_lasting(evidence: Evidence) -> Found:
    return [
        f"{examined.name}：{examined.document['mediaType']}"
        for examined in evidence.documents
        if examined.document["mediaType"] not in LASTING
    ]


def files_open(evidence: Evidence) -> Found:
    return [
        f"{examined.name}：{examined.reason}" for examined in evidence.documents if examined.content is not None and examined.opened is None
    ]


# --- security (安全性)


def no_test_virus(evidence: Evidence) -> Found:
    return [
        f"{examined.name}：含有恶意代码特征 (EICAR)" for examined in evidence.documents if examined.content and EICAR in examined.content
    ]


def not_automatic(evidence: Evidence) -> Found:
    return None


RULES: tuple[Rule, ...] = (
    Rule("GD-ZS-1-1", "真实性", "文件摘要正确（SHA-256、SM3）", "Digests of the stored bytes are right", "block", digests_right),
    Rule("GD-ZS-1-2", "真实性", "电子签章有效", "Electronic seals hold", "block", signatures_right),
    Rule("GD-ZS-2-1", "真实性", "元数据的值符合类型、长度和字符要求", "Metadata values have the right form", "block", values_plausible),
    Rule("GD-ZS-2-2", "真实性", "会计期间合理", "The accounting period is plausible", "warn", period_plausible),
    Rule("GD-ZS-3-1", "真实性", "档号各组成部分符合编制规则", "The parts of the archival code conform", "block", code_parts_right),
    Rule("GD-ZS-3-2", "真实性", "没有重复归档", "Not filed already, no code repeated", "block", not_repeated),
    Rule(
        "GD-ZS-4-1",
        "真实性",
        "记录的文件大小、格式与实际一致",
        "Recorded file properties are those of the files",
        "block",
        properties_right,
    ),
    Rule(
        "GD-ZS-4-2",
        "真实性",
        "原件内容与元数据一致（号码、日期、金额）",
        "What the originals say agrees with the metadata",
        "block",
        content_agrees,
    ),
    Rule("GD-WZ-1-1", "完整性", "所列文件全部存在", "All named files are present", "block", documents_there),
    Rule("GD-WZ-1-2", "完整性", "有电子原件", "The electronic original is present", "block", original_there),
    Rule("GD-WZ-2-1", "完整性", "必填元数据齐全", "Mandatory metadata are filled", "block", metadata_complete),
    Rule("GD-WZ-2-2", "完整性", "有记账凭证号", "The number of the posting voucher is given", "warn", voucher_number_there),
    Rule("GD-WZ-3-1", "完整性", "审批记录的哈希链完整", "The hash chain of the approval is whole", "block", chain_right),
    Rule(
        "GD-WZ-3-2",
        "完整性",
        "审批过程信息完整：已通过，每个待办均有结果",
        "The approval is recorded to its end",
        "block",
        process_complete,
    ),
    Rule("GD-KY-1-1", "可用性", "元数据可读", "The metadata can be read", "block", metadata_readable),
    Rule("GD-KY-2-1", "可用性", "文件可以打开，未加密", "The files open and are not encrypted", "block", files_open),
    Rule("GD-KY-2-2", "可用性", "格式适合长期保存", "The formats are allowed for long-term keeping", "warn", format_lasting),
    Rule("GD-AQ-1-1", "安全性", "不含 EICAR 测试特征", "No EICAR signature", "block", no_test_virus),
    Rule("GD-AQ-1-2", "安全性", "病毒扫描（未安装扫描软件）", "Malware scan (no scanner is installed)", "warn", not_automatic),
    Rule(
        "GD-AQ-2-1", "安全性", "载体与操作过程安全（人工检查）", "Carrier and handling are safe (checked by people)", "warn", not_automatic
    ),
)
