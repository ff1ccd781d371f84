"""Incidents of user tasks without people say so in Chinese too, and name the rules of separation of duties that left nobody."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("ALTER TABLE incident ADD COLUMN message_zh TEXT, ADD COLUMN conflicts JSONB")
