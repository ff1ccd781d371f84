"""What is remembered: tables and migrations. No behaviour beyond a property."""

from models import archive, attachment, events, file, history, identity, invoice, oa, repository, runtime
from models.base import Base, db

__all__ = ["Base", "archive", "attachment", "db", "events", "file", "history", "identity", "invoice", "oa", "repository", "runtime"]
