"""The four-nature check (四性检测, DA/T 70-2018, filing stage) as a catalogue of rules over plain evidence: no database.

Codes follow the pattern of published catalogues: GD filing, ZS 真实性, WZ 完整性, KY 可用性, AQ 安全性.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from processes.archive import authenticity, integrity, usability
from processes.archive.evidence import Evidence, Found

Level = Literal["block", "warn"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it is called, how grave a failure is, and where it looks."""

    code: str
    nature: str
    zh: str
    en: str
    level: Level
    look: Callable[[Evidence], Found]


def run(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the result of every rule, in the order of the catalogue: `ok`, `failed` with what was found, or `not-checked`."""
    return [_result(rule, rule.look(evidence)) for rule in RULES]


def _result(rule: Rule, found: Found) -> dict[str, Any]:
    result = "not-checked" if found is None else "failed" if found else "ok"
    return {
        "code": rule.code, "nature": rule.nature, "zh": rule.zh, "en": rule.en, "level": rule.level, "result": result, "evidence": found or [],
    }  # fmt: skip


RULES: tuple[Rule, ...] = (
    Rule("GD-ZS-1-1", "真实性", "文件摘要正确（SHA-256、SM3）", "Digests of the stored bytes are right", "block", authenticity.digests_right),
    Rule("GD-ZS-1-2", "真实性", "电子签章有效", "Electronic seals hold", "block", authenticity.signatures_right),
    Rule("GD-ZS-2-1", "真实性", "元数据的值符合类型、长度和字符要求", "Metadata values have the right form", "block", authenticity.values_plausible),
    Rule("GD-ZS-2-2", "真实性", "会计期间合理", "The accounting period is plausible", "warn", authenticity.period_plausible),
    Rule("GD-ZS-3-1", "真实性", "档号各组成部分符合编制规则", "The parts of the archival code conform", "block", authenticity.code_parts_right),
    Rule("GD-ZS-3-2", "真实性", "没有重复归档", "Not filed already, no code repeated", "block", authenticity.not_repeated),
    Rule("GD-ZS-4-1", "真实性", "记录的文件大小、格式与实际一致", "Recorded file properties are those of the files", "block", authenticity.properties_right),
    Rule("GD-ZS-4-2", "真实性", "原件内容与元数据一致（号码、日期、金额）", "The original agrees with the metadata", "block", authenticity.original_agrees),
    Rule("GD-ZS-4-3", "真实性", "其他电子载体与元数据一致", "Further carriers agree with the metadata", "warn", authenticity.carriers_agree),
    Rule("GD-WZ-1-1", "完整性", "所列文件全部存在", "All named files are present", "block", integrity.documents_there),
    Rule("GD-WZ-1-2", "完整性", "有电子原件", "The electronic original is present", "block", integrity.original_there),
    Rule("GD-WZ-2-1", "完整性", "必填元数据齐全", "Mandatory metadata are filled", "block", integrity.metadata_complete),
    Rule("GD-WZ-2-2", "完整性", "有记账凭证号", "The number of the posting voucher is given", "warn", integrity.voucher_number_there),
    Rule("GD-WZ-3-1", "完整性", "审批记录的哈希链完整", "The hash chain of the approval is whole", "block", integrity.chain_right),
    Rule("GD-WZ-3-2", "完整性", "审批过程信息完整：已通过，每个待办均有结果", "The approval is recorded to its end", "block", integrity.process_complete),
    Rule("GD-KY-1-1", "可用性", "元数据可读", "The metadata can be read", "block", usability.metadata_readable),
    Rule("GD-KY-2-1", "可用性", "文件可以打开，未加密", "The files open and are not encrypted", "block", usability.files_open),
    Rule("GD-KY-2-2", "可用性", "格式适合长期保存", "The formats are allowed for long-term keeping", "warn", usability.format_lasting),
    Rule("GD-AQ-1-1", "安全性", "不含 EICAR 测试特征", "No EICAR signature", "block", usability.no_test_virus),
    Rule("GD-AQ-1-2", "安全性", "病毒扫描（未安装扫描软件）", "Malware scan (no scanner is installed)", "warn", usability.not_automatic),
    Rule("GD-AQ-2-1", "安全性", "载体与操作过程安全（人工检查）", "Carrier and handling are safe (checked by people)", "warn", usability.not_automatic),
)  # fmt: skip
