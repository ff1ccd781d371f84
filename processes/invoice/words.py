"""Chinese capital amounts (大写金额): to a number and back.

The writing rules are those of the People's Bank of China for settlement papers (支付结算办法 附件一《正确填写票据和结算凭证的基本规定》):
整 after 元 (and not after 分), 零 for a gap inside the digits. Reading is wider than writing: 圆 and 元, 整 and 正, a leading 人民币,
（负数） or 负, and the places where 零 is optional.
"""

import re
import unicodedata
from decimal import Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_VARIANTS = str.maketrans("〇○一二三四五六七八九十百千萬億圆圓正貳參叄陸两", "零零壹贰叁肆伍陆柒捌玖拾佰仟万亿元元整贰叁叁陆贰")
_SIGN = re.compile(r"^(?:人民币|CNY|¥)?(?P<minus>\(负数\)|负)?(?:人民币)?")
_ONE = "[壹贰叁肆伍陆柒捌玖]"
_AMOUNT = re.compile(rf"(?:(?P<yuan>[零拾佰仟万亿壹贰叁肆伍陆柒捌玖]+)元)?零?(?:(?P<jiao>零|{_ONE})角)?零?(?:(?P<fen>零|{_ONE})分)?整?")
_SECTION = re.compile(rf"零?(?:({_ONE})仟)?零?(?:({_ONE})佰)?零?(?:({_ONE}?)(拾))?零?({_ONE})?零?")
_LIMIT = Decimal(10) ** 16
_LONGEST = 80  # characters: the longest right amount below the limit needs about 50


def parse(text: str) -> Decimal:
    """Return the amount in yuan with two decimals; ValueError when the text is no capital amount."""
    if len(text) > _LONGEST:
        raise ValueError("too long for a capital amount")
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).translate(_VARIANTS)
    sign = _SIGN.match(plain)
    rest = plain[sign.end() :] if sign else plain
    amount = _AMOUNT.fullmatch(rest)
    if amount is None or not (amount["yuan"] or amount["jiao"] or amount["fen"]):
        raise ValueError(f"not a capital amount: {text[:60]}")
    cents = _digit(amount["jiao"]) * 10 + _digit(amount["fen"])
    value = Decimal(_integer(amount["yuan"] or "零") * 100 + cents).scaleb(-2)
    return -value if sign and sign["minus"] else value


def write(amount: Decimal) -> str:
    """Return the amount as it is printed on Chinese invoices; ValueError for parts of a fen and from 10 000 万亿 on."""
    if not amount.is_finite() or abs(amount) >= _LIMIT or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"cannot be written in capitals: {amount}")
    yuan, cents = divmod(int(abs(amount).scaleb(2)), 100)
    jiao, fen = divmod(cents, 10)
    words = f"{_words(yuan)}元" if yuan or not cents else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    if fen:
        words += f"{'零' if yuan and not jiao else ''}{_DIGITS[fen]}分"
    return ("（负数）" if amount < 0 else "") + words + ("" if cents else "整")


def _digit(character: str | None) -> int:
    return _DIGITS.index(character) if character else 0


def _integer(words: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, low = words.rsplit(unit, 1)
            if not high:
                raise ValueError(f"{unit} without a number before it")
            low_value = _integer(low) if low else 0
            if low_value >= size:
                raise ValueError(f"{words} is out of order")
            return _integer(high) * size + low_value
    section = _SECTION.fullmatch(words)
    if section is None:
        raise ValueError(f"{words} is out of order")
    thousands, hundreds, tens, ten, ones = section.groups()
    return _digit(thousands) * 1000 + _digit(hundreds) * 100 + (_digit(tens) or 1 if ten else 0) * 10 + _digit(ones)


def _words(number: int) -> str:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        high, low = divmod(number, size)
        if high:
            gap = "零" if 0 < low < size // 10 else ""
            return f"{_words(high)}{unit}{gap}{_words(low) if low else ''}"
    return _section(number)


def _section(number: int) -> str:
    if number == 0:
        return "零"
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return words
