"""完整性: nothing is missing, neither a file nor a metadatum nor a step of the approval."""

from engine.history import chain
from processes.archive.evidence import Evidence, Found
from processes.archive.metadata import LABELS, missing
from processes.archive.process_record import faults_of


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
