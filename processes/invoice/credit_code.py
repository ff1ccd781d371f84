"""统一社会信用代码 (GB 32100-2015): 18 characters, the last one a check character over the others."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def check_character(first: str) -> str:
    """Return the check character for the first 17 characters; ValueError when one of them is outside the alphabet."""
    if len(first) != len(_WEIGHTS):
        raise ValueError(f"17 characters are needed, not {len(first)}")
    total = sum(_ALPHABET.index(character) * weight for character, weight in zip(first, _WEIGHTS, strict=True))
    return _ALPHABET[-total % 31]


def is_right(code: str) -> bool:
    """Return whether the code has the right form and check character. Whether it was ever issued only the registry knows."""
    if len(code) != 18:
        return False
    try:
        return check_character(code[:17]) == code[17]
    except ValueError:
        return False
