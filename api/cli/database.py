"""The embedded database and the product's clock."""

from datetime import timedelta

import click
import isodate

from api.cli.context import opened, prepare
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.settings import read_settings
from engine.timers import advance_clock


@click.group()
def database() -> None:
    """Start, migrate and stop the database."""


@database.command("upgrade")
def upgrade_database() -> None:
    """Start the database if needed and bring its tables to the newest form."""
    prepare(read_settings())
    click.echo("The database is up and has the newest tables.")


@database.command("stop")
def stop_database() -> None:
    """Stop the embedded database; everything that uses it must have ended."""
    EmbeddedServer(read_settings().database_folder).stop()
    click.echo("The embedded database is stopped.")


@click.group()
def clock() -> None:
    """The product's clock (development only)."""


@clock.command("advance")
@click.argument("duration")
def advance(duration: str) -> None:
    """Move the clock ahead by an ISO 8601 duration such as PT24H or P3D; timers that become due fire."""
    try:
        span = isodate.parse_duration(duration)
    except isodate.ISO8601Error as error:
        raise click.BadParameter(f"{duration} is no ISO 8601 duration") from error
    if not isinstance(span, timedelta):
        raise click.BadParameter("months and years have no fixed length; use days")
    with opened() as settings, transaction() as session:
        now = advance_clock(session, span, development=settings.development)
    click.echo(f"It is now {now.isoformat()}.")
