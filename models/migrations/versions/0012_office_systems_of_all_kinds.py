"""Office systems of all kinds: sealed credentials, deliveries in every state, what is shown there, what was said, differences and alerts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

STATES = "'pending', 'sending', 'sent', 'retry', 'unknown', 'dead', 'superseded'"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE oa_connection ADD COLUMN credentials bytea, ADD COLUMN settings jsonb NOT NULL DEFAULT '{}', ADD COLUMN scope jsonb NOT NULL DEFAULT '{}', ADD COLUMN compared_at timestamptz, ADD COLUMN compared_all_at timestamptz"
    )
    connection = op.get_bind()
    for key, secret, former in connection.execute(sa.text("SELECT key, secret, former_secret FROM oa_connection")).all():
        plain = {"secret": secret} | ({"former_secret": former} if former else {})
        # version 0 is not sealed: the program that starts next, which has the key, seals it
        values = {"plain": b"\x00" + json.dumps(plain).encode(), "key": key}
        connection.execute(sa.text("UPDATE oa_connection SET credentials = :plain WHERE key = :key"), values)
    op.execute("ALTER TABLE oa_connection DROP COLUMN secret, DROP COLUMN former_secret")
    op.execute("ALTER TABLE oa_delivery DROP CONSTRAINT ck_oa_delivery_state")
    op.execute("ALTER TABLE oa_delivery RENAME COLUMN claimed_until TO next_at")
    op.execute(
        """UPDATE oa_delivery SET state = CASE state WHEN 'delivered' THEN 'sent' WHEN 'refused' THEN 'dead' WHEN 'superseded' THEN 'superseded'
           ELSE CASE WHEN attempts > 0 THEN 'retry' ELSE 'pending' END END"""
    )
    op.execute("DROP INDEX ix_oa_delivery_waiting")
    op.execute("ALTER TABLE oa_delivery ADD COLUMN open boolean NOT NULL DEFAULT true, ALTER COLUMN state SET DEFAULT 'pending'")
    op.execute("UPDATE oa_delivery SET open = false WHERE state NOT IN ('pending', 'retry')")
    op.execute(f"ALTER TABLE oa_delivery ADD CONSTRAINT ck_oa_delivery_state CHECK (state IN ({STATES}))")
    op.execute("CREATE INDEX ix_oa_delivery_open ON oa_delivery (connection, created_at) WHERE open")
    op.execute("ALTER TABLE oa_identity ADD COLUMN id_type text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE oa_identity DROP CONSTRAINT pk_oa_identity, DROP CONSTRAINT uq_oa_identity_connection_person_id")
    op.execute("ALTER TABLE oa_identity ADD CONSTRAINT pk_oa_identity PRIMARY KEY (connection, id_type, remote_id)")
    op.execute("ALTER TABLE oa_identity ADD CONSTRAINT uq_oa_identity_connection_person_id_id_type UNIQUE (connection, person_id, id_type)")
    op.execute(
        """
        CREATE TABLE oa_shown (
          connection text NOT NULL REFERENCES oa_connection (key), key text NOT NULL, instance_id uuid, remote_id text, status text NOT NULL,
          version bigint NOT NULL DEFAULT 0, person text, at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_oa_shown PRIMARY KEY (connection, key));
        CREATE INDEX ix_oa_shown_instance ON oa_shown (instance_id);
        CREATE INDEX ix_oa_shown_remote ON oa_shown (connection, remote_id);
        CREATE INDEX ix_oa_message_received ON oa_message (connection) WHERE state = 'received';
        CREATE TABLE oa_hold (
          connection text NOT NULL REFERENCES oa_connection (key), key text NOT NULL, instance_id uuid NOT NULL REFERENCES process_instance (id),
          person text, message text NOT NULL, since timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_oa_hold PRIMARY KEY (connection, key));
        CREATE TABLE oa_exchange (
          id uuid CONSTRAINT pk_oa_exchange PRIMARY KEY, connection text NOT NULL REFERENCES oa_connection (key), purpose text NOT NULL,
          instance_id uuid, version bigint, api text NOT NULL, request text NOT NULL, answer text NOT NULL, status integer, code text NOT NULL,
          ok boolean NOT NULL, milliseconds integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
        CREATE INDEX ix_oa_exchange_connection ON oa_exchange (connection, at);
        CREATE INDEX ix_oa_exchange_instance ON oa_exchange (instance_id);
        CREATE TABLE oa_rate (
          connection text NOT NULL REFERENCES oa_connection (key), api text NOT NULL, free_at timestamptz NOT NULL,
          CONSTRAINT pk_oa_rate PRIMARY KEY (connection, api)) WITH (fillfactor = 50);
        CREATE TABLE oa_token (
          connection text NOT NULL REFERENCES oa_connection (key), name text NOT NULL, sealed bytea NOT NULL, good_until timestamptz NOT NULL,
          CONSTRAINT pk_oa_token PRIMARY KEY (connection, name));
        CREATE TABLE oa_difference (
          id uuid CONSTRAINT pk_oa_difference PRIMARY KEY, connection text NOT NULL REFERENCES oa_connection (key), instance_id uuid, key text NOT NULL,
          kind text NOT NULL, field text NOT NULL, ours text NOT NULL, theirs text NOT NULL, found_at timestamptz NOT NULL DEFAULT now(),
          resolved_at timestamptz, resolution text, resolved_by text, reason text);
        CREATE UNIQUE INDEX uq_oa_difference_open ON oa_difference (connection, key, kind, field) WHERE resolved_at IS NULL;
        CREATE TABLE oa_alert (
          id uuid CONSTRAINT pk_oa_alert PRIMARY KEY, connection text NOT NULL REFERENCES oa_connection (key), exchange_id uuid, message text NOT NULL,
          began_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz);
        CREATE UNIQUE INDEX uq_oa_alert_open ON oa_alert (connection) WHERE ended_at IS NULL;
        """
    )
