"""Signers, delegation and urging of user tasks; copies for those who need only know; steps by hand that two people take; what is revoked"""

from alembic import op

revision = "0007"
down_revision = "0006"

UP = """
ALTER TABLE user_task ADD COLUMN owner text, ADD COLUMN origin text NOT NULL DEFAULT 'normal', ADD COLUMN parent_id uuid, ADD COLUMN urged_at timestamptz;
ALTER TABLE user_task ADD CONSTRAINT fk_user_task_parent_id FOREIGN KEY (parent_id) REFERENCES user_task (id);
ALTER TABLE user_task DROP CONSTRAINT ck_user_task_state;
ALTER TABLE user_task ADD CONSTRAINT ck_user_task_state CHECK (state IN ('open', 'held', 'completed', 'canceled'));
ALTER TABLE process_instance DROP CONSTRAINT ck_process_instance_status;
ALTER TABLE process_instance ADD CONSTRAINT ck_process_instance_status
  CHECK (status IN ('running', 'suspended', 'completed', 'withdrawn', 'terminated', 'revoked'));
CREATE INDEX ix_process_instance_parent_id ON process_instance (parent_id) WHERE parent_id IS NOT NULL;
CREATE TABLE instance_copy (
  instance_id uuid NOT NULL,
  person text NOT NULL,
  sent_by text,
  sent_at timestamptz NOT NULL,
  read_at timestamptz,
  CONSTRAINT pk_instance_copy PRIMARY KEY (instance_id, person),
  CONSTRAINT fk_instance_copy_instance_id FOREIGN KEY (instance_id) REFERENCES process_instance (id)
);
CREATE INDEX ix_instance_copy_person ON instance_copy (person, sent_at, instance_id);
CREATE TABLE intervention (
  id uuid NOT NULL,
  instance_id uuid NOT NULL,
  kind text NOT NULL,
  element text,
  reason text NOT NULL,
  state text NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  CONSTRAINT pk_intervention PRIMARY KEY (id),
  CONSTRAINT fk_intervention_instance_id FOREIGN KEY (instance_id) REFERENCES process_instance (id),
  CONSTRAINT ck_intervention_kind CHECK (kind IN ('jump', 'terminate')),
  CONSTRAINT ck_intervention_state CHECK (state IN ('asked', 'done', 'declined')),
  CONSTRAINT ck_intervention_second_person CHECK (state <> 'done' OR decided_by <> asked_by)
);
CREATE INDEX ix_intervention_instance_id ON intervention (instance_id);
CREATE INDEX ix_intervention_asked ON intervention (asked_at) WHERE state = 'asked';
"""

DOWN = """
DROP TABLE intervention;
DROP TABLE instance_copy;
DROP INDEX ix_process_instance_parent_id;
ALTER TABLE process_instance DROP CONSTRAINT ck_process_instance_status;
ALTER TABLE process_instance ADD CONSTRAINT ck_process_instance_status
  CHECK (status IN ('running', 'suspended', 'completed', 'withdrawn', 'terminated'));
ALTER TABLE user_task DROP CONSTRAINT ck_user_task_state;
ALTER TABLE user_task ADD CONSTRAINT ck_user_task_state CHECK (state IN ('open', 'completed', 'canceled'));
ALTER TABLE user_task DROP COLUMN parent_id, DROP COLUMN owner, DROP COLUMN origin, DROP COLUMN urged_at;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
