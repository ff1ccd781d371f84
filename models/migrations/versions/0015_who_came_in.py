"""Who came in, when, and by which door: a password or an office system."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE sign_in (
          id uuid CONSTRAINT pk_sign_in PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), person_id uuid, connection text, id_type text, remote_id text,
          state bytea CONSTRAINT uq_sign_in_state UNIQUE,
          CONSTRAINT fk_sign_in_person_id FOREIGN KEY (person_id) REFERENCES person (id),
          CONSTRAINT fk_sign_in_connection FOREIGN KEY (connection) REFERENCES oa_connection (key));
        CREATE INDEX ix_sign_in_person ON sign_in (person_id, at);
        """
    )
