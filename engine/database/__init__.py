"""The database: where it is, how one transaction is opened, and what time it says."""

from engine.database.transaction import transaction

__all__ = ["transaction"]
