"""Office systems show who stands in for whom: what each substitution made them show stands beside it. Those that are in force are told after the upgrade."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE substitution ADD COLUMN told TEXT NOT NULL DEFAULT 'nothing' CONSTRAINT ck_substitution_told CHECK (told IN ('nothing', 'begun', 'over'))"
    )
    op.execute("UPDATE substitution SET told = 'over' WHERE least(ends_at, revoked_at) <= shenpi_now()")
    op.execute("CREATE INDEX ix_substitution_told ON substitution (told, starts_at) WHERE told <> 'over'")
