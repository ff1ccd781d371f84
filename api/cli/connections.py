"""Connections to office systems, from a shell."""

from collections.abc import Iterable
from pathlib import Path

import click

from api import connections
from api.cli.context import opened
from engine import checks
from engine.database import transaction
from engine.errors import ShenpiError
from engine.oa.desk import talking
from engine.oa.kinds import KINDS
from engine.oa.opening import opened as connection_of
from engine.oa.registry import Connectors


@click.group()
def connection() -> None:
    """Connections to office systems."""


@connection.command("kinds")
@click.argument("kind", required=False, type=click.Choice(sorted(KINDS)))
def kinds(kind: str | None) -> None:
    """The kinds of office systems, or what one of them needs."""
    for name in [kind] if kind else sorted(KINDS):
        click.echo(f"{name}  {KINDS[name].zh}  {KINDS[name].en}")
    for field in KINDS[kind].fields if kind else ():
        marks = [word for word, holds in (("secret", field.secret), ("may be left out", not field.required)) if holds]
        told = f" ({', '.join(marks)})" if marks else ""
        click.echo(f"  {field.name}  {field.en}{told}" + (f" [{field.default}]" if field.default else ""))
        if field.unsure:
            click.echo(f"    unsure: {field.unsure}")


@connection.command("add")
@click.argument("key")
@click.option("--name", required=True)
@click.option("--url", default="", help="address of the office system's side; a kind may have a usual one")
@click.option("--kind", default="webhook", show_default=True, type=click.Choice(sorted(KINDS)))
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="a setting of the kind; may be repeated")
@click.option("--secret", "secrets", multiple=True, metavar="NAME=FILE", help="file with a secret of the kind; may be repeated")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="file with a webhook's secret; one is made if it is left out",
)
@click.option("--off", is_flag=True, help="do not switch it on yet")
def add(
    key: str, name: str, url: str, kind: str, settings: tuple[str, ...], secrets: tuple[str, ...], secret_file: Path | None, off: bool
) -> None:
    """Make a connection. A secret that is made is printed once, here, and never again."""
    if kind == "webhook" and not url:
        raise click.UsageError("--url is needed")
    given = {part: content(Path(path)) for part, path in pairs(secrets)} | ({"secret": content(secret_file)} if secret_file else {})
    with opened() as settings_of_house, transaction() as session:
        _, made = connections.add(session, key, name, kind=kind, url=url, settings=dict(pairs(settings)), secrets=given, active=not off)
    if made:
        click.echo(f"secret: {made}")
    for door in KINDS[kind].doors:
        click.echo(f"callback: {settings_of_house.public_url}/oa/{key}/{door}")


def pairs(given: Iterable[str]) -> list[tuple[str, str]]:
    """Read NAME=VALUE."""
    found = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{text!r} is not written NAME=VALUE")
        found.append((name, value))
    return found


def content(path: Path) -> str:
    """Return the text of a file that holds a secret."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read") from error


@connection.command("secret")
@click.argument("key")
@click.option("--secret", "secrets", multiple=True, metavar="NAME=FILE", help="file with the new secret; may be repeated")
@click.option("--take-away", "taken", metavar="NAME", help="a former secret that is no longer valid from now on")
def secret(key: str, secrets: tuple[str, ...], taken: str | None) -> None:
    """Replace secrets of connection KEY. A webhook's is made when none is given; its former one stays valid until it is taken away."""
    made = None
    with opened(), transaction() as session:
        if taken:
            connections.take_away(session, key, taken)
        else:
            given = {part: content(Path(path)) for part, path in pairs(secrets)}
            _, made = connections.replace_secrets(session, key, given, make=not given)
    if made:
        click.echo(f"secret: {made}")
    click.echo(f"{taken} of {key} is not valid any more." if taken else f"The secrets of {key} are replaced.")


@connection.command("list")
def list_connections() -> None:
    """All connections: key, kind, address, whether it is active; never the secret."""
    with opened(), transaction() as session:
        for row in connections.every(session):
            click.echo(f"{row.key} {row.kind} {row.base_url} {'active' if row.active else 'not active'}")


@connection.command("activate")
@click.argument("key")
def activate(key: str) -> None:
    """Switch connection KEY on; cases that moved on without it are told to it."""
    with opened(), transaction() as session:
        connections.set_active(session, key, True)
    click.echo(f"{key} is active.")


@connection.command("deactivate")
@click.argument("key")
def deactivate(key: str) -> None:
    """Send nothing more to connection KEY and take nothing more from it."""
    with opened(), transaction() as session:
        connections.set_active(session, key, False)
    click.echo(f"{key} is not active any more.")


@connection.command("test")
@click.argument("key")
@click.option("--person", help="also send a test notice to this person")
def test(key: str, person: str | None) -> None:
    """Ask connection KEY whether it is there, and test what else it can do; exits with 1 when something fails."""
    failed = False
    with opened():
        with transaction() as session:
            given = connection_of(connections.find(session, key))
        open_ones = Connectors()
        try:
            connector = open_ones.get(given)
            for what in checks.possible(connector):
                if what == "notice" and not person:
                    continue
                with talking("health" if what == "health" else "check"):
                    outcome = checks.perform(connector, given, what, person, f"test-{key}-{what}")
                failed |= not outcome.ok
                click.echo(f"{what}: {'ok' if outcome.ok else 'FAILED'} {outcome.detail} ({outcome.milliseconds} ms)")
        except ShenpiError as error:
            failed = True
            click.echo(f"FAILED {error}")
        finally:
            open_ones.close()
    if failed:
        raise SystemExit(1)


@connection.command("rekey")
def rekey() -> None:
    """Seal all credentials and tokens with the newest key of SHENPI_CREDENTIALS_KEY; the former key can be taken away then."""
    with opened(), transaction() as session:
        number = connections.rekey(session)
    click.echo(f"{number} sealed with the newest key.")
