"""What was kept of an invoice before it was corrected, how invoices that look alike are found, and which mails went out."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE invoice_change (
             id uuid NOT NULL, invoice_id uuid NOT NULL, why text NOT NULL, by text NOT NULL, sha256 text NOT NULL, case_id uuid,
             differences jsonb NOT NULL, former jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now(),
             CONSTRAINT pk_invoice_change PRIMARY KEY (id),
             CONSTRAINT fk_invoice_change_invoice_id_invoice FOREIGN KEY (invoice_id) REFERENCES invoice (id),
             CONSTRAINT fk_invoice_change_sha256_stored_file FOREIGN KEY (sha256) REFERENCES stored_file (sha256),
             CONSTRAINT fk_invoice_change_case_id_process_instance FOREIGN KEY (case_id) REFERENCES process_instance (id))"""
    )
    op.execute("CREATE INDEX ix_invoice_change_invoice_id ON invoice_change (invoice_id)")
    op.execute("CREATE TRIGGER keep_row BEFORE UPDATE OR DELETE ON invoice_change FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER keep_all BEFORE TRUNCATE ON invoice_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute("ALTER TABLE invoice_change ENABLE ALWAYS TRIGGER keep_row")
    op.execute("ALTER TABLE invoice_change ENABLE ALWAYS TRIGGER keep_all")
    op.execute("CREATE INDEX ix_invoice_gross ON invoice (gross, issue_date)")
    op.execute("CREATE INDEX ix_invoice_plain_number ON invoice (substring(identity from '[^:]*$'))")
    op.execute(
        """CREATE TABLE mail (
             job_id uuid NOT NULL, person text NOT NULL, state text NOT NULL, note text, at timestamptz NOT NULL DEFAULT now(),
             CONSTRAINT pk_mail PRIMARY KEY (job_id, person),
             CONSTRAINT fk_mail_job_id_job FOREIGN KEY (job_id) REFERENCES job (id),
             CONSTRAINT ck_mail_state CHECK (state IN ('sent', 'refused')))"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE mail")
    op.execute("DROP INDEX ix_invoice_plain_number")
    op.execute("DROP INDEX ix_invoice_gross")
    op.execute("DROP TABLE invoice_change")
