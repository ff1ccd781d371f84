"""What people add to a decision, and what they have begun to write"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE attachment (
  id UUID NOT NULL,
  sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  uploaded_by TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  instance_id UUID,
  task_id UUID,
  attached_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_attachment PRIMARY KEY (id),
  CONSTRAINT fk_attachment_sha256 FOREIGN KEY(sha256) REFERENCES stored_file (sha256),
  CONSTRAINT fk_attachment_instance_id FOREIGN KEY(instance_id) REFERENCES process_instance (id),
  CONSTRAINT fk_attachment_task_id FOREIGN KEY(task_id) REFERENCES user_task (id)
);
CREATE INDEX ix_attachment_instance ON attachment (instance_id, id);
CREATE INDEX ix_attachment_loose ON attachment (uploaded_by, at) WHERE attached_at IS NULL;
CREATE INDEX ix_attachment_sha256 ON attachment (sha256);
CREATE INDEX ix_attachment_task_id ON attachment (task_id);
CREATE TABLE draft (
  task_id UUID NOT NULL,
  person TEXT NOT NULL,
  body JSONB NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_draft PRIMARY KEY (task_id, person),
  CONSTRAINT fk_draft_task_id FOREIGN KEY(task_id) REFERENCES user_task (id)
);
"""
# What a decision was given stays: only an upload that belongs to none yet may be attached, or go.
GUARDS = """
CREATE FUNCTION keep_attached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.attached_at IS NULL AND (TG_OP = 'DELETE'
     OR ROW(NEW.id, NEW.sha256, NEW.name, NEW.media_type, NEW.size, NEW.uploaded_by, NEW.at, NEW.task_id)
        IS NOT DISTINCT FROM ROW(OLD.id, OLD.sha256, OLD.name, OLD.media_type, OLD.size, OLD.uploaded_by, OLD.at, OLD.task_id))
  THEN RETURN COALESCE(NEW, OLD); END IF;
  RAISE EXCEPTION 'an attachment of a decision is kept as it is' USING ERRCODE = 'integrity_constraint_violation';
END$$;
CREATE TRIGGER keep_row BEFORE UPDATE OR DELETE ON attachment FOR EACH ROW EXECUTE FUNCTION keep_attached();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON attachment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE attachment ENABLE ALWAYS TRIGGER keep_row;
ALTER TABLE attachment ENABLE ALWAYS TRIGGER keep_all;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute("DROP TABLE draft; DROP TABLE attachment; DROP FUNCTION keep_attached();")
