"""The company's own days of working calendars, from a shell."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from api.cli.context import opened
from engine import calendars
from engine.database import transaction


@click.group()
def calendar() -> None:
    """Working calendars: `cn` with China's holidays, `weekdays`, or a name of your own."""


@calendar.command("set")
@click.argument("name")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--working/--free", required=True, help="whether people work on this day")
@click.option("--note", help="why")
def set_day(name: str, day: datetime, working: bool, note: str | None) -> None:
    """Say of one DAY of calendar NAME whether people work; timers that are counted already keep their time."""
    with opened(), transaction() as session:
        calendars.set_day(session, name, day.date(), working=working, note=note)
    click.echo(f"{name} {day:%Y-%m-%d} is {'worked' if working else 'free'}.")


@calendar.command("remove")
@click.argument("name")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def remove_day(name: str, day: datetime) -> None:
    """Take back what was said of one DAY of calendar NAME."""
    with opened(), transaction() as session:
        calendars.remove_day(session, name, day.date())
    click.echo(f"Nothing is said of {name} {day:%Y-%m-%d} any more.")


@calendar.command("list")
@click.argument("name", required=False)
def list_days(name: str | None) -> None:
    """The days of which something was said, of calendar NAME or of all."""
    with opened(), transaction() as session:
        for row in calendars.days_of(session, name):
            click.echo(f"{row.calendar} {row.day} {'worked' if row.working else 'free'} {row.note or ''}".rstrip())


@calendar.command("due")
@click.argument("name")
@click.argument("duration")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="local time; now if it is not given")
def due(name: str, duration: str, start: datetime | None) -> None:
    """When a DURATION such as P3D or PT8H is over, counted by calendar NAME."""
    with opened() as settings, transaction() as session:
        zone = ZoneInfo(settings.time_zone)
        begin = start.replace(tzinfo=zone) if start else datetime.now(UTC)
        try:
            found = calendars.due(calendars.load(session, name), begin, duration, zone)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(found.astimezone(zone).isoformat(timespec="minutes"))
