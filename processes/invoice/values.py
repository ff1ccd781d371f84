"""Amounts and calendar days as issuers write them, read without guessing."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from processes.invoice import limits

_NUMBER = re.compile(rf"-?[0-9]{{1,{limits.DIGITS}}}(\.[0-9]{{1,{limits.DECIMALS}}})?")
_DECORATION = re.compile(r"[¥￥\s元圆]")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+")  # without the point, 1,234 may as well be a decimal comma
_NOTHING = re.compile(r"[*—/-]+")  # printed in the tax column of tax-free and 差额征税 lines
_DAY = re.compile(r"([0-9]{4})([-/.年]?)([0-9]{1,2})([-/.月]?)([0-9]{1,2})日?(?:[T\s+Z].*)?")


def amount(text: str) -> Decimal | None:
    """Return the number, None for a printed dash or asterisks, and raise ValueError for anything else (exponents, NaN and decimal commas too)."""
    plain = _DECORATION.sub("", unicodedata.normalize("NFKC", text)).removeprefix("+")
    if _NOTHING.fullmatch(plain):
        return None
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if plain.startswith("."):  # xs:decimal allows .5
        plain = "0" + plain
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"not an amount: {text[:80]}")
    return Decimal(plain)


def day(text: str) -> date:
    """Return the day of `2023-02-23`, `2023-02-23 10:08:05`, `20230223` or `2023年02月23日`; ValueError for anything else."""
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None or (not found[2] and not (len(found[3]) == len(found[5]) == 2)):
        raise ValueError(f"not a date: {text[:80]}")
    return date(int(found[1]), int(found[3]), int(found[5]))
