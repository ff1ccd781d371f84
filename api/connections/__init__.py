"""Connections to office systems as administrators make and change them. A secret is given once and never shown again."""

from api.connections.changing import change, replace_secrets, set_active, set_nightly, set_scope, take_away
from api.connections.given import SHORTEST
from api.connections.making import add, every, find
from api.connections.rekeying import rekey

__all__ = [
    "SHORTEST", "add", "change", "every", "find", "rekey", "replace_secrets", "set_active", "set_nightly", "set_scope", "take_away",
]  # fmt: skip
