"""The desk of office systems: since when a delivery fails, sending again, tests of connections, and the people an office system knows."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("ALTER TABLE oa_delivery ADD COLUMN failed_at timestamptz")
    op.execute("CREATE INDEX ix_oa_delivery_created_at ON oa_delivery (created_at)")
    op.execute("CREATE INDEX ix_oa_delivery_failed ON oa_delivery (connection, failed_at) WHERE failed_at IS NOT NULL")
    op.execute("UPDATE oa_delivery SET failed_at = coalesce(delivered_at, created_at) WHERE state IN ('dead', 'unknown')")
    op.execute("ALTER TABLE person ADD COLUMN mobile text")
    op.execute(
        """
        CREATE TABLE oa_resend (
          id uuid CONSTRAINT pk_oa_resend PRIMARY KEY, asked_by text NOT NULL, connection text, at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
          CONSTRAINT fk_oa_resend_connection FOREIGN KEY (connection) REFERENCES oa_connection (key));
        CREATE TABLE oa_resend_item (
          resend_id uuid NOT NULL, instance_id uuid NOT NULL, connection text NOT NULL, version bigint NOT NULL, was text NOT NULL,
          state text NOT NULL DEFAULT 'waiting',
          CONSTRAINT pk_oa_resend_item PRIMARY KEY (resend_id, instance_id, connection),
          CONSTRAINT fk_oa_resend_item_resend_id FOREIGN KEY (resend_id) REFERENCES oa_resend (id),
          CONSTRAINT fk_oa_resend_item_delivery FOREIGN KEY (instance_id, connection, version) REFERENCES oa_delivery (instance_id, connection, version),
          CONSTRAINT ck_oa_resend_item_state CHECK (state IN ('waiting', 'placed', 'skipped')));
        CREATE INDEX ix_oa_resend_item_waiting ON oa_resend_item (connection, instance_id) WHERE state = 'waiting';
        CREATE TABLE oa_check (
          id uuid CONSTRAINT pk_oa_check PRIMARY KEY, connection text NOT NULL, what text NOT NULL, person text, asked_by text NOT NULL,
          state text NOT NULL DEFAULT 'waiting', detail text, exchange_id uuid, milliseconds integer, at timestamptz NOT NULL DEFAULT now(),
          ended_at timestamptz,
          CONSTRAINT fk_oa_check_connection FOREIGN KEY (connection) REFERENCES oa_connection (key),
          CONSTRAINT ck_oa_check_state CHECK (state IN ('waiting', 'ok', 'failed')));
        CREATE INDEX ix_oa_check_connection ON oa_check (connection, what, at);
        CREATE TABLE oa_directory (
          connection text NOT NULL CONSTRAINT pk_oa_directory PRIMARY KEY, people jsonb NOT NULL DEFAULT '[]', departments jsonb NOT NULL DEFAULT '[]',
          wanted_at timestamptz, fetched_at timestamptz, applied_at timestamptz, failure text, nightly boolean NOT NULL DEFAULT false,
          CONSTRAINT fk_oa_directory_connection FOREIGN KEY (connection) REFERENCES oa_connection (key));
        CREATE TABLE oa_department (
          connection text NOT NULL, remote_id text NOT NULL, department_id uuid NOT NULL,
          CONSTRAINT pk_oa_department PRIMARY KEY (connection, remote_id),
          CONSTRAINT fk_oa_department_connection FOREIGN KEY (connection) REFERENCES oa_connection (key),
          CONSTRAINT fk_oa_department_department_id FOREIGN KEY (department_id) REFERENCES department (id));
        """
    )
