"""Patterns of form fields: RE2's regular expressions, which take time in proportion to the text and never more, whatever the pattern."""

from functools import lru_cache

import re2

LONGEST = 500
MEMORY = 1 << 20  #: bytes one pattern may take


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = MEMORY
        self.compiled = re2.compile(text, options)

    def fits(self, text: str) -> bool:
        """Tell whether the whole text is as the pattern says."""
        return self.compiled.fullmatch(text) is not None


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Pattern:
    """Return the pattern of a text. Refuses with `ValueError` what is none, is too long or too large; look-ahead and back-references are none of RE2's."""
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    try:
        return Pattern(text)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise ValueError(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from error
