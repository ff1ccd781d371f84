"""People, accounts, tokens and deployments from a shell."""

from pathlib import Path

import click
from sqlalchemy import select

from api import accounts
from api.cli.context import opened
from engine import definitions, keys
from engine.database import transaction
from engine.errors import NotFound
from models.identity import ROLES, Department, Group, GroupMember, Person, RoleGrant


@click.group()
def user() -> None:
    """Real accounts."""


@user.command("add")
@click.argument("key")
@click.option("--name", required=True)
@click.option("--department", help="key of the department")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="may be repeated")
@click.option("--group", "groups", multiple=True, help="candidate group, may be repeated")
@click.password_option()
def add(key: str, name: str, department: str | None, roles: tuple[str, ...], groups: tuple[str, ...], password: str) -> None:
    """Make a person with an account; KEY is the work number and never changes. Somebody who is there is refused and stays as she is."""
    with opened(), transaction() as session:
        keys.checked(key)
        for group in groups:
            keys.checked(group, "group")
        if session.scalars(select(Person.id).filter_by(key=key)).first() is not None:
            raise click.ClickException(f"{key} is there already; `shenpi user reset {key}` sets a new password")
        found = session.scalars(select(Department).filter_by(key=department)).first() if department else None
        if department and found is None:
            raise NotFound(kind=f"department {department}")
        person = Person(key=key, name=name, department_id=found.id if found else None, active=True)
        session.add(person)
        session.flush()
        for role in roles:
            session.merge(RoleGrant(person_id=person.id, role=role))
        for group in groups:
            row = session.scalars(select(Group).filter_by(key=group)).first()
            if row is None:
                row = Group(key=group, name=group)
                session.add(row)
                session.flush()
            session.merge(GroupMember(group_id=row.id, person_id=person.id))
        accounts.set_password(session, key, password)
    click.echo(f"{key} can sign in.")


@user.command("lock")
@click.argument("key")
def lock(key: str) -> None:
    """Lock an account; its sessions and tokens end at once."""
    with opened(), transaction() as session:
        accounts.lock(session, key)
    click.echo(f"{key} is locked.")


@user.command("reset")
@click.argument("key")
@click.password_option()
def reset(key: str, password: str) -> None:
    """Set a new password, which also unlocks the account and ends its sessions."""
    with opened(), transaction() as session:
        accounts.set_password(session, key, password)
    click.echo(f"{key} has a new password.")


@click.command()
@click.argument("key")
@click.option("--name", default="command line", show_default=True)
@click.option("--days", default=90, show_default=True)
@click.option("--scope", "scopes", multiple=True)
def token(key: str, name: str, days: int, scopes: tuple[str, ...]) -> None:
    """Make an API token of a person and print it once."""
    with opened(), transaction() as session:
        _, text = accounts.make_token(session, key, name, days=days, scopes=scopes)
    click.echo(text)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="only check, store nothing")
def deploy(files: tuple[Path, ...], check: bool) -> None:
    """Deploy BPMN, DMN and form files together; faults and warnings are listed with file, line and element. Warnings refuse nothing."""
    contents = {path.name: path.read_bytes() for path in files}
    with opened(), transaction() as session:
        found = definitions.inspect(contents)
        made = definitions.store(session, contents, found, by=None)
        lines = [f"{row.key} version {row.version} ({row.manifest_hash[:12]})" for row in made]
        if check:
            session.rollback()
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo("\n".join(lines))
