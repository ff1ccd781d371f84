"""A field of a vendor's configuration, with the sentence that the command line shows for it."""

from dataclasses import field
from typing import Any


def setting(default: Any, help: str, *, secret: bool = False) -> Any:
    """Return a dataclass field; a secret shows in no repr."""
    return field(default=default, repr=not secret, metadata={"help": help, "secret": secret})
