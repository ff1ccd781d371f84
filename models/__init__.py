"""What is remembered: tables and migrations. No behaviour beyond a property."""

from models import approvals, archive, events, history, identity, invoice, oa, repository, runtime
from models.base import Base, db

__all__ = ["Base", "approvals", "archive", "db", "events", "history", "identity", "invoice", "oa", "repository", "runtime"]
