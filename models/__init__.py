"""What is remembered: tables and migrations. No behaviour beyond a property."""

from models import (
    approvals,
    archive,
    attachment,
    desk,
    duties,
    events,
    file,
    history,
    identity,
    invoice,
    mail,
    oa,
    organisation,
    repository,
    runtime,
    substitution,
)  # fmt: skip
from models.base import Base, db

__all__ = [
    "Base", "approvals", "archive", "attachment", "db", "desk", "duties", "events", "file", "history", "identity", "invoice", "mail", "oa", "organisation",
    "repository", "runtime", "substitution",
]  # fmt: skip
