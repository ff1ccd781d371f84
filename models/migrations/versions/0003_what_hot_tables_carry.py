"""What a step costs the server: a promise to look for pushes instead of a job a step, and fewer index entries"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


FORWARD = """
ALTER TABLE oa_connection ADD COLUMN next_look timestamptz;

-- one index for both questions: what was sent about a case, and what was sent last to one office system
ALTER TABLE oa_delivery DROP CONSTRAINT pk_oa_delivery;
ALTER TABLE oa_delivery ADD CONSTRAINT pk_oa_delivery PRIMARY KEY (instance_id, connection, version);
DROP INDEX ix_oa_delivery_instance_id;

-- asked only for tasks that somebody has decided
DROP INDEX ix_user_task_decided;
CREATE INDEX ix_user_task_decided ON user_task (decided_by, ended_at, id) WHERE decided_by IS NOT NULL;

-- room beside each instance for its next form: a step then changes no index
ALTER TABLE process_instance SET (fillfactor = 60);
"""

BACK = """
ALTER TABLE process_instance RESET (fillfactor);
DROP INDEX ix_user_task_decided;
CREATE INDEX ix_user_task_decided ON user_task (decided_by, ended_at, id);
CREATE INDEX ix_oa_delivery_instance_id ON oa_delivery (instance_id);
ALTER TABLE oa_delivery DROP CONSTRAINT pk_oa_delivery;
ALTER TABLE oa_delivery ADD CONSTRAINT pk_oa_delivery PRIMARY KEY (connection, instance_id, version);
ALTER TABLE oa_connection DROP COLUMN next_look;
"""


def upgrade() -> None:
    op.execute(FORWARD)


def downgrade() -> None:
    op.execute(BACK)
