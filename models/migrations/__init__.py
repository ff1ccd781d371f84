"""Changes of the tables over time, and the one function that applies them."""

from pathlib import Path

from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).parent


def config(url: str) -> Config:
    """Return the Alembic configuration for a database address."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["url"] = url
    return settings


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest form of the tables; nothing happens when it is there already."""
    command.upgrade(config(url), "head")
