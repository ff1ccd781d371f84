"""Priority and follow-up date of user tasks, as drawings name them."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE user_task ADD COLUMN priority integer NOT NULL DEFAULT 50, ADD COLUMN follow_up_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE user_task DROP COLUMN priority, DROP COLUMN follow_up_at")
