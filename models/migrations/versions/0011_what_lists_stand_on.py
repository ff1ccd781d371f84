"""Copies that are not read yet are counted on every list; what is held for or delegated by somebody who leaves is found; and whoever is a candidate finds what is due first, which the rows of before did not say."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_instance_copy_unread ON instance_copy (person) WHERE read_at IS NULL")
    op.execute(
        "CREATE INDEX ix_user_task_held ON user_task (assignee) WHERE state = 'held'"
    )  # few rows: what waits for a signer, what is delegated
    op.execute("CREATE INDEX ix_user_task_owner ON user_task (owner) WHERE owner IS NOT NULL")
    op.execute("UPDATE candidate c SET due_key = t.due_key FROM user_task t WHERE t.id = c.task_id AND c.due_key <> t.due_key")
