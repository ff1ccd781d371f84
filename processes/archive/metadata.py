"""The metadata of an archive item, named after annex A of DA/T 94-2022 (names in camelCase, their Chinese labels below). Values are texts."""

from collections.abc import Iterable, Mapping
from typing import Any

from processes.archive.codes import CLASSES
from processes.archive.opinion import Opinion
from processes.archive.retention import describe

LABELS: Mapping[str, str] = {
    "aggregation": "聚合层次",
    "title": "题名",
    "responsible": "责任者",
    "date": "日期",
    "documentNumber": "文件编号",
    "fonds": "全宗号",
    "unitName": "立档单位名称",
    "unitTaxId": "立档单位统一社会信用代码",
    "recordClass": "类别号",
    "recordClassName": "类别名称",
    "archivalCode": "档号",
    "volumeCode": "案卷级档号",
    "retention": "保管期限",
    "retentionName": "保管期限（中文）",
    "keepFrom": "保管起始日",
    "keepUntil": "保管到期日",
    "voucherNumber": "凭证号",
    "fiscalYear": "会计年度",
    "period": "会计期间",
    "amount": "金额合计",
    "currency": "币种",
    "form": "会计资料形式",
    "businessKey": "业务单号",
    "relation": "关联流程实例",
    "hashAlgorithm": "哈希算法",
    "documents": "文件",
    "fileName": "计算机文件名",
    "fileSize": "计算机文件大小",
    "format": "格式信息",
    "hash": "哈希值",
    "sm3": "哈希值（SM3）",
    "role": "文件角色",
    "path": "包内路径",
    "agents": "机构人员",
    "agentType": "机构人员类型",
    "agentName": "机构人员名称",
    "agentCode": "机构人员代码",
    "actedAt": "行为时间",
    "action": "行为",
    "seller": "销售方",
    "sellerTaxId": "销售方纳税人识别号",
    "buyer": "购买方",
    "buyerTaxId": "购买方纳税人识别号",
    "invoiceCode": "发票代码",
    "net": "不含税金额",
    "tax": "税额",
}

#: without these an item cannot be filed
MANDATORY = (
    "title", "responsible", "date", "documentNumber", "fonds", "unitName", "recordClass", "retention", "fiscalYear", "period", "amount", "currency",
)  # fmt: skip


def build(request: Mapping[str, Any], opinions: Iterable[Opinion], initiator: tuple[str, str, str] | None) -> dict[str, Any]:
    """Return the metadata of an item from its filing request and from who decided; `initiator` is (key, name, time)."""
    entity = request["legalEntity"]
    agents = [_agent("经办", initiator[0], initiator[1], "提交", initiator[2])] if initiator else []
    agents += [_agent("审批", opinion.by, opinion.name, f"{opinion.task}：{opinion.said}", opinion.at) for opinion in opinions]
    return {
        "aggregation": "件",
        **request["metadata"],
        "title": request["title"],
        "fonds": entity["fonds"],
        "unitName": entity["name"],
        "unitTaxId": entity["taxId"],
        "recordClass": request["recordClass"],
        "recordClassName": CLASSES[request["recordClass"]],
        "retention": request["retention"],
        "retentionName": describe(request["retention"]),
        "voucherNumber": request["voucherNumber"],
        "fiscalYear": request["period"][:4],
        "period": request["period"],
        "form": "电子",
        "businessKey": request["businessKey"],
        "relation": request["sourceInstance"],
        "hashAlgorithm": "SHA-256, SM3",
        "documents": [_document(document) for document in request["documents"]],
        "agents": agents,
    }


def _document(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        "fileName": document["name"], "fileSize": str(document["size"]), "format": document["mediaType"], "hash": document["sha256"],
        "sm3": document["sm3"], "role": document["role"],
    }  # fmt: skip


def _agent(kind: str, key: str, name: str, action: str, at: str) -> dict[str, str]:
    return {"agentType": kind, "agentName": name, "agentCode": key, "action": action, "actedAt": at}


def missing(metadata: Mapping[str, Any]) -> list[str]:
    """Return the mandatory names that have no value."""
    return [name for name in MANDATORY if not metadata.get(name)]
