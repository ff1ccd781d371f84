"""Legal entities and departments, from a shell: what an installation needs before its first case."""

import click
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from api import organisation
from api.cli.context import opened
from engine.database import transaction
from models.identity import Department, LegalEntity


@click.group()
def entity() -> None:
    """Companies that keep their books here."""


@entity.command("add")
@click.option("--name", required=True)
@click.option("--tax-id", required=True, help="统一社会信用代码 or VAT id")
@click.option("--fonds", help="全宗号, first part of every archival code; given if it is left out")
def add_entity(name: str, tax_id: str, fonds: str | None) -> None:
    """Register a company; one with this tax id that is there stays as it is."""
    with opened(), transaction() as session:
        row, new = organisation.add_entity(session, name, tax_id, fonds)
        text = f"{row.key} {row.name} {row.tax_id} {row.fonds}{'' if new else ' (was there)'}"
    click.echo(text)


@entity.command("list")
def list_entities() -> None:
    """All companies: key, name, tax id, fonds."""
    with opened(), transaction() as session:
        for row in session.scalars(select(LegalEntity).order_by(LegalEntity.key)):
            click.echo(f"{row.key} {row.name} {row.tax_id} {row.fonds}{'' if row.active else ' (not active)'}")


@click.group()
def department() -> None:
    """Departments and their heads."""


@department.command("add")
@click.argument("key")
@click.option("--name", required=True)
@click.option("--entity", required=True, help="key of its legal entity")
@click.option("--parent", help="key of the department above")
@click.option("--head", help="key of the person who heads it")
def add_department(key: str, name: str, entity: str, parent: str | None, head: str | None) -> None:
    """Make a department; KEY never changes."""
    with opened(), transaction() as session:
        organisation.add_department(session, key, name, entity=entity, parent=parent, head=head)
    click.echo(f"{key} is there.")


@department.command("head")
@click.argument("key")
@click.argument("person", required=False)
@click.option("--none", "nobody", is_flag=True, help="nobody heads it any more")
def head(key: str, person: str | None, nobody: bool) -> None:
    """Give department KEY another head; tasks that are open stay with whom they were given to."""
    if (person is None) is not nobody:
        raise click.UsageError("give either PERSON or --none")
    with opened(), transaction() as session:
        organisation.set_head(session, key, person)
    click.echo(f"{key} is headed by {person or 'nobody'}.")


@department.command("list")
def list_departments() -> None:
    """All departments: key, name, head."""
    with opened(), transaction() as session:
        for row in session.scalars(select(Department).options(joinedload(Department.head)).order_by(Department.key)):
            click.echo(f"{row.key} {row.name} {row.head.key if row.head else '-'}")
