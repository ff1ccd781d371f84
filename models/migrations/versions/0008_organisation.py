"""Posts, further departments, substitutions, the authority matrix, separation of duties"""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
ALTER TABLE department ADD COLUMN active BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "group" ADD COLUMN active BOOLEAN NOT NULL DEFAULT true;
CREATE TABLE department_member (
  department_id UUID NOT NULL,
  person_id UUID NOT NULL,
  CONSTRAINT pk_department_member PRIMARY KEY (department_id, person_id),
  CONSTRAINT fk_department_member_department_id FOREIGN KEY(department_id) REFERENCES department (id),
  CONSTRAINT fk_department_member_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_department_member_person_id ON department_member (person_id);
CREATE TABLE post (
  id UUID NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  active BOOLEAN NOT NULL DEFAULT true,
  CONSTRAINT pk_post PRIMARY KEY (id),
  CONSTRAINT uq_post_key UNIQUE (key)
);
CREATE TABLE post_holder (
  id UUID NOT NULL,
  post_id UUID NOT NULL,
  person_id UUID NOT NULL,
  legal_entity_id UUID NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_post_holder PRIMARY KEY (id),
  CONSTRAINT fk_post_holder_post_id FOREIGN KEY(post_id) REFERENCES post (id),
  CONSTRAINT fk_post_holder_person_id FOREIGN KEY(person_id) REFERENCES person (id),
  CONSTRAINT fk_post_holder_legal_entity_id FOREIGN KEY(legal_entity_id) REFERENCES legal_entity (id)
);
CREATE INDEX ix_post_holder_person_id ON post_holder (person_id);
CREATE UNIQUE INDEX uq_post_holder_now ON post_holder (post_id, legal_entity_id, person_id) WHERE ended_at IS NULL;
CREATE TABLE authority_rule (
  id UUID NOT NULL,
  legal_entity TEXT,
  department TEXT,
  expense_class TEXT,
  currency TEXT NOT NULL,
  up_to NUMERIC(24, 6),
  approver_kind TEXT NOT NULL,
  approver TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  made_by TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  ended_by TEXT,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_authority_rule PRIMARY KEY (id),
  CONSTRAINT ck_authority_rule_approver_kind CHECK (approver_kind IN ('person', 'post', 'group')),
  CONSTRAINT fk_authority_rule_legal_entity FOREIGN KEY(legal_entity) REFERENCES legal_entity (key),
  CONSTRAINT fk_authority_rule_department FOREIGN KEY(department) REFERENCES department (key)
);
CREATE INDEX ix_authority_rule_currency ON authority_rule (currency) WHERE ended_at IS NULL;
CREATE TABLE substitution (
  id UUID NOT NULL,
  person TEXT NOT NULL,
  substitute TEXT NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE,
  definition_key TEXT,
  department TEXT,
  amount_limit NUMERIC(24, 6),
  currency TEXT,
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  revoked_by TEXT,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_substitution PRIMARY KEY (id),
  CONSTRAINT ck_substitution_two_people CHECK (person <> substitute),
  CONSTRAINT ck_substitution_period CHECK (ends_at > starts_at),
  CONSTRAINT ck_substitution_currency CHECK ((amount_limit IS NULL) = (currency IS NULL)),
  CONSTRAINT fk_substitution_person FOREIGN KEY(person) REFERENCES person (key),
  CONSTRAINT fk_substitution_substitute FOREIGN KEY(substitute) REFERENCES person (key),
  CONSTRAINT fk_substitution_department FOREIGN KEY(department) REFERENCES department (key)
);
CREATE INDEX ix_substitution_person ON substitution (person, starts_at);
CREATE INDEX ix_substitution_substitute ON substitution (substitute) WHERE revoked_at IS NULL;
CREATE TABLE duty_rule (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  definition_key TEXT,
  element TEXT,
  other_element TEXT,
  "group" TEXT,
  other_group TEXT,
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  ended_by TEXT,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_duty_rule PRIMARY KEY (id),
  CONSTRAINT ck_duty_rule_kind CHECK (kind IN ('initiator', 'elements', 'group-task', 'groups')),
  CONSTRAINT fk_duty_rule_group FOREIGN KEY("group") REFERENCES "group" (key),
  CONSTRAINT fk_duty_rule_other_group FOREIGN KEY(other_group) REFERENCES "group" (key)
);
CREATE TABLE duty_override (
  id UUID NOT NULL,
  instance_id UUID NOT NULL,
  rule TEXT NOT NULL,
  person TEXT NOT NULL,
  element TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  settled_by TEXT,
  settled_at TIMESTAMP WITH TIME ZONE,
  note TEXT,
  CONSTRAINT pk_duty_override PRIMARY KEY (id),
  CONSTRAINT ck_duty_override_state CHECK (state IN ('asked', 'approved', 'refused')),
  CONSTRAINT ck_duty_override_two_people CHECK (settled_by <> asked_by),
  CONSTRAINT fk_duty_override_instance_id FOREIGN KEY(instance_id) REFERENCES process_instance (id),
  CONSTRAINT fk_duty_override_person FOREIGN KEY(person) REFERENCES person (key)
);
CREATE UNIQUE INDEX uq_duty_override_open ON duty_override (instance_id, rule, person, element) WHERE state <> 'refused';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise RuntimeError("Substitutions, rules and exceptions that were made have no place in the tables before; restore a backup instead.")
