"""Where a timer waits, so that people can be told."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE timer ADD COLUMN element text")


def downgrade() -> None:
    op.execute("ALTER TABLE timer DROP COLUMN element")
