"""Keys of people, departments, groups and connections: given once, used in drawings, addresses and the record, and never changed."""

import re

from engine.errors import Fault, InvalidVariables

LONGEST = 64
RESERVED = frozenset({"system"})  #: who acts in the record when nobody does
_KEY = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{LONGEST - 1}}}")


def is_key(text: str) -> bool:
    """Tell whether a text may be a key: letters, digits, dots, dashes and underscores, at most 64, and no dot or dash in front."""
    return _KEY.fullmatch(text) is not None and text not in RESERVED


def fault_of(text: str, path: str = "key") -> Fault:
    """Return what is wrong with a text that is no key."""
    zh = f"须由字母、数字、点、横线、下划线组成，最多 {LONGEST} 个字符，且不能是保留字"
    return Fault(
        "key-invalid", zh, f"A key has letters, digits, dots, dashes and underscores, at most {LONGEST}", path=path, found=text[:LONGEST]
    )


def checked(text: str, path: str = "key") -> str:
    """Return a key. Refuses with `InvalidVariables` a text that is none."""
    if not is_key(text):
        raise InvalidVariables([fault_of(text, path)])
    return text
