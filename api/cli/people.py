"""The organisation from a shell: tables of people, departments, posts and groups in, the table of people out."""

from pathlib import Path

import click

from api.cli.context import opened
from engine.database import transaction
from engine.organisation.comparing import Change
from engine.organisation.exporting import export_people
from engine.organisation.importing import import_files


@click.group()
def people() -> None:
    """People, departments, posts and groups as CSV or XLSX."""


@people.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="only tell what would change")
@click.option("--deactivate-absent", is_flag=True, help="people who are not in the table become inactive")
def import_(files: tuple[Path, ...], dry_run: bool, deactivate_absent: bool) -> None:
    """Bring the organisation to what FILES say, all or nothing; every fault is told with row and column."""
    contents = {path.name: path.read_bytes() for path in files}
    if len(contents) < len(files):
        raise click.ClickException("Two of the files have the same name.")
    with opened(), transaction() as session:
        changes = import_files(session, contents, by=None, dry_run=dry_run, deactivate_absent=deactivate_absent)
    for change in changes:
        click.echo(told(change))
    click.echo(f"{len(changes)} {'would change' if dry_run else 'changed'}.")


def told(change: Change) -> str:
    """Return one change on one line."""
    fields = ", ".join(f"{name}: {shown(old)} -> {shown(new)}" for name, (old, new) in change.fields.items())
    return f"{change.action:8}{change.kind[:-1] if change.kind != 'people' else 'person'} {change.key}: {fields}"


def shown(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)


@people.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the table of people to FILE, as CSV that an import reads."""
    with opened(), transaction() as session:
        content = export_people(session)
    file.write_bytes(content)
    click.echo(f"{file} is written.")
