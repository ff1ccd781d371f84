"""What is remembered: tables and migrations. No behaviour beyond a property."""

from models import archive, events, history, identity, invoice, mail, oa, repository, runtime
from models.base import Base, db

__all__ = ["Base", "archive", "db", "events", "history", "identity", "invoice", "mail", "oa", "repository", "runtime"]
