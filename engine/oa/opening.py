"""A connection's row made ready to be used: its credentials unsealed."""

from typing import Any

from engine.oa import vault
from engine.oa.contract import Connection
from engine.settings import read_settings


def opened(row: Any) -> Connection:
    """Return the connection of a row that has `key`, `kind`, `base_url`, `credentials` and `settings`. Refuses with `Unavailable` what no key opens."""
    return Connection(row.key, row.kind, row.base_url, vault.unseal(row.key, row.credentials), row.settings, read_settings().public_url)


def serves(row: Any, module: str) -> bool:
    """Tell whether a connection is switched on, and for this: tasks, notices, requests, people, sign_in."""
    return bool(row.active and row.scope.get(module, True))
