"""How long what is kept: annex 1 of 会计档案管理办法 (order 79 of the Ministry of Finance and the State Archives, in force since 2016-01-01).

The periods are minimums and are counted from the first day after the fiscal year, which in China is the calendar year (会计法, article 11).
Fixed-asset cards (D5) are the exception: their five years begin only when the asset is scrapped and cleared, so their year is that year.
"""

from collections.abc import Mapping
from datetime import date, timedelta

#: code -> years; None is permanent (永久)
TERMS: Mapping[str, int | None] = {"Y": None, "D30": 30, "D10": 10, "D5": 5}

#: what a record is -> its code; the numbers are those of the annex for enterprises and other organisations
RECORDS: Mapping[str, str] = {
    "source-voucher": "D30",  # 1 原始凭证
    "posting-voucher": "D30",  # 2 记账凭证
    "general-ledger": "D30",  # 3 总账
    "detail-ledger": "D30",  # 4 明细账
    "journal": "D30",  # 5 日记账
    "fixed-asset-card": "D5",  # 6 固定资产卡片, after the asset is scrapped and cleared
    "other-ledger": "D30",  # 7 其他辅助性账簿
    "interim-report": "D10",  # 8 月度、季度、半年度财务会计报告
    "annual-report": "Y",  # 9 年度财务会计报告
    "bank-reconciliation": "D10",  # 10 银行存款余额调节表
    "bank-statement": "D10",  # 11 银行对账单
    "tax-return": "D10",  # 12 纳税申报表
    "transfer-register": "D30",  # 13 会计档案移交清册
    "keeping-register": "Y",  # 14 会计档案保管清册
    "destruction-register": "Y",  # 15 会计档案销毁清册
    "appraisal-opinion": "Y",  # 16 会计档案鉴定意见书
}


def retention_of(record: str) -> str:
    """Return the retention code of a kind of record; KeyError for a kind the annex does not know."""
    return RECORDS[record]


def keep_from(year: int) -> date:
    """Return the first day that counts for records of a fiscal year."""
    return date(year + 1, 1, 1)


def keep_until(year: int, code: str) -> date | None:
    """Return the last day of keeping for records of a fiscal year; None is permanent. KeyError for an unknown code."""
    years = TERMS[code]
    return None if years is None else date(year + years, 12, 31)


def destroyable_from(year: int, code: str) -> date | None:
    """Return the first day on which records may be appraised for destruction; None is never."""
    last = keep_until(year, code)
    return None if last is None else last + timedelta(days=1)


def describe(code: str) -> str:
    """Return a retention code in Chinese, such as `30年` or `永久`."""
    years = TERMS[code]
    return "永久" if years is None else f"{years}年"
