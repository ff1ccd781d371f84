"""可用性 and 安全性: what is filed can be opened, will be openable for long, and does no harm."""

from processes.archive.evidence import Evidence, Found

LASTING = frozenset({"application/ofd", "application/pdf", "application/xml", "image/jpeg", "image/png", "image/tiff"})
#: the antivirus test file of EICAR, in two parts so that this file is not taken for it
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


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


def no_test_virus(evidence: Evidence) -> Found:
    return [
        f"{examined.name}：含有恶意代码特征 (EICAR)" for examined in evidence.documents if examined.content and EICAR in examined.content
    ]


def not_automatic(evidence: Evidence) -> Found:
    return None
