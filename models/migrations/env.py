"""What Alembic runs for each migration: online only, one transaction, one migrator at a time."""

from typing import Any

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from models import Base

ADVISORY_LOCK = 7_310_221_907  #: several processes may start at once; one migrates, the others wait


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """procrastinate keeps its own tables; they are none of ours to compare."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def run() -> None:
    database = create_engine(context.config.attributes["url"], poolclass=NullPool)
    with database.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, include_name=is_ours)
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
    database.dispose()


run()
