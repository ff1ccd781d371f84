"""What is remembered: tables and migrations. No behaviour beyond a property."""

from models import (
    approvals,
    archive,
    duties,
    events,
    history,
    identity,
    invoice,
    oa,
    organisation,
    repository,
    runtime,
    substitution,
)  # fmt: skip
from models.base import Base, db

__all__ = [
    "Base", "approvals", "archive", "db", "duties", "events", "history", "identity", "invoice", "oa", "organisation", "repository", "runtime",
    "substitution",
]  # fmt: skip
