"""Under which of a person's ids an office system shows a card: a person whose id changes has it closed there, and another made."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("ALTER TABLE oa_shown ADD COLUMN remote_person text")
