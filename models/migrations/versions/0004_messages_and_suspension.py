"""What cases wait for and what is sent to them; cases and processes that are suspended; days of working calendars"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE event_subscription (
  instance_id UUID NOT NULL,
  token UUID NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  element TEXT NOT NULL,
  business_key TEXT NOT NULL,
  keys JSONB NOT NULL,
  correlation TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_event_subscription PRIMARY KEY (instance_id, token, kind, name),
  CONSTRAINT fk_event_subscription_instance_id FOREIGN KEY(instance_id) REFERENCES process_instance (id)
);
CREATE INDEX ix_event_subscription_name ON event_subscription (kind, name, correlation);
CREATE TABLE start_event (
  definition_id UUID NOT NULL,
  element TEXT NOT NULL,
  number INTEGER NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT,
  condition TEXT,
  due_at TIMESTAMP WITH TIME ZONE,
  look_at TIMESTAMP WITH TIME ZONE,
  repeats JSONB,
  CONSTRAINT pk_start_event PRIMARY KEY (definition_id, element, number),
  CONSTRAINT fk_start_event_definition_id FOREIGN KEY(definition_id) REFERENCES process_definition (id)
);
CREATE INDEX ix_start_event_key ON start_event (key);
CREATE INDEX ix_start_event_look ON start_event (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX ix_start_event_name ON start_event (kind, name);
CREATE TABLE message (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  business_key TEXT,
  keys JSONB NOT NULL,
  payload TEXT,
  sent_by TEXT NOT NULL,
  sender_key TEXT,
  state TEXT NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  instance_id UUID,
  settled_at TIMESTAMP WITH TIME ZONE,
  note TEXT,
  CONSTRAINT pk_message PRIMARY KEY (id),
  CONSTRAINT ck_message_state CHECK (state IN ('waiting', 'correlated', 'expired')),
  CONSTRAINT fk_message_instance_id FOREIGN KEY(instance_id) REFERENCES process_instance (id)
);
CREATE INDEX ix_message_expiry ON message (expires_at) WHERE state = 'waiting' AND instance_id IS NULL;
CREATE INDEX ix_message_waiting ON message (name, business_key) WHERE state = 'waiting';
CREATE UNIQUE INDEX uq_message_sender_key ON message (sent_by, sender_key) WHERE sender_key IS NOT NULL;
CREATE TABLE signal (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  payload TEXT NOT NULL,
  sent_by TEXT NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
  instance_id UUID,
  CONSTRAINT pk_signal PRIMARY KEY (id),
  CONSTRAINT fk_signal_instance_id FOREIGN KEY(instance_id) REFERENCES process_instance (id)
);
CREATE TABLE signal_target (
  signal_id UUID NOT NULL,
  target_id UUID NOT NULL,
  element TEXT NOT NULL,
  CONSTRAINT pk_signal_target PRIMARY KEY (signal_id, target_id, element),
  CONSTRAINT fk_signal_target_signal_id FOREIGN KEY(signal_id) REFERENCES signal (id) ON DELETE CASCADE
);
CREATE TABLE calendar_day (
  calendar TEXT NOT NULL,
  day DATE NOT NULL,
  working BOOLEAN NOT NULL,
  note TEXT,
  CONSTRAINT pk_calendar_day PRIMARY KEY (calendar, day)
);
"""

SUSPENSION = """
ALTER TABLE process_instance DROP CONSTRAINT ck_process_instance_status;
ALTER TABLE process_instance ADD CONSTRAINT ck_process_instance_status
  CHECK (status IN ('running', 'suspended', 'completed', 'withdrawn', 'terminated'));
ALTER TABLE job DROP CONSTRAINT ck_job_state;
ALTER TABLE job ADD CONSTRAINT ck_job_state CHECK (state IN ('waiting', 'retrying', 'answered', 'completed', 'failed', 'canceled'));
ALTER TABLE job ADD COLUMN answer text;
ALTER TABLE process_definition ADD COLUMN suspended_by text, ADD COLUMN suspended_reason text;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(SUSPENSION)


def downgrade() -> None:
    raise RuntimeError("Messages that wait and cases that are suspended have no place in the tables before; restore a backup instead.")
