"""How a code is shown."""

from dataclasses import dataclass

from flask_babel import LazyString


class Words(dict[str, LazyString]):
    """Codes and their words; what has none is shown as it is."""

    def __missing__(self, code: str) -> str:
        return code


@dataclass(frozen=True, slots=True)
class Sign:
    """An outcome or a state as people see it: word and icon, and a colour that says nothing alone."""

    label: LazyString | str
    icon: str
    kind: str  #: ends the CSS class `outcome-…`
