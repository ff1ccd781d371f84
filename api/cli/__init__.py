"""The `shenpi` command: run everything, run one part, and what an administrator does from a shell.

Each command is loaded when it is called: a worker or a simulator starts without the pages, an offline check without the database.
"""

import gc
from importlib import import_module

import click

#: command -> where it is
COMMANDS = {
    "run": "run:run",
    "serve": "serve:serve",
    "work": "work:work",
    "simulate": "simulate:simulate",
    "database": "database:database",
    "clock": "database:clock",
    "calendar": "calendar:calendar",
    "user": "administration:user",
    "people": "people:people",
    "entity": "organisation:entity",
    "department": "organisation:department",
    "connection": "connections:connection",
    "deploy": "administration:deploy",
    "token": "administration:token",
    "demo": "demo:demo",
    "verify": "archive:verify",
}


class Commands(click.Group):
    """A group that knows the names of its commands, and loads one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        gc.disable()  # loading makes many things and hardly any garbage: looking for it again and again would be a fifth of the start
        try:
            command: click.Command = getattr(import_module(f"{__name__}.{module}"), name)
        finally:
            gc.enable()
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shenpi")
def main() -> None:
    """Shenpi (审批): approvals drawn in BPMN, archives that can be replayed and proved."""


__all__ = ["main"]
