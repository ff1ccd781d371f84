"""A drawing that is deployed again after another one is a version again: the content of two versions may be the same."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.drop_constraint("uq_process_definition_key_manifest_hash", "process_definition")
