"""What is remembered: tables and migrations. No behaviour beyond a property."""

from models import archive, duties, events, history, identity, invoice, oa, organisation, repository, runtime, substitution
from models.base import Base, db

__all__ = [
    "Base", "archive", "db", "duties", "events", "history", "identity", "invoice", "oa", "organisation", "repository", "runtime", "substitution",
]  # fmt: skip
