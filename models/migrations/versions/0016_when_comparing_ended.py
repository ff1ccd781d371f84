"""When a connection was last compared to the end, and what kept it from that."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("ALTER TABLE oa_connection ADD COLUMN compare_ended_at timestamptz, ADD COLUMN compare_failure text")
    op.execute("CREATE INDEX ix_oa_difference_open ON oa_difference (id) WHERE resolved_at IS NULL")
