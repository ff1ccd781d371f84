"""What every command needs before it can do something: settings, the database up and migrated, the registries filled."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask

from api import connections
from api.foundation import configure, database_url
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.errors import InvalidContent, ShenpiError
from engine.settings import Settings, read_settings
from models import db
from models.migrations import upgrade


def prepare(settings: Settings) -> str:
    """Make sure that the database runs and has the newest tables; returns its address."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if not settings.database_url:
        EmbeddedServer(settings.database_folder).start()
    url = database_url(settings)
    upgrade(url)
    seal_what_is_plain(settings)
    return url


def seal_what_is_plain(settings: Settings) -> None:
    """Seal credentials that are older than the sealing."""
    with bare_app(settings).app_context():
        with transaction() as session:
            connections.rekey(session, only_plain=True)
        db.session.remove()
        db.engine.dispose()


def bare_app(settings: Settings) -> Flask:
    """Return an application with the database and the registries, without pages."""
    return configure(Flask("shenpi"), settings)


@contextmanager
def opened() -> Iterator[Settings]:
    """Open the database for one command; our errors become one line and a non-zero exit."""
    settings = read_settings()
    prepare(settings)
    app = bare_app(settings)
    with app.app_context():
        try:
            yield settings
        except InvalidContent as error:
            for fault in error.faults:
                click.echo(str(fault), err=True)
            raise click.ClickException(error.say("en")) from error
        except ShenpiError as error:
            raise click.ClickException(str(error)) from error
        finally:
            db.session.remove()
            db.engine.dispose()
