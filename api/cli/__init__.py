"""The `shenpi` command: run everything, run one part, and what an administrator does from a shell."""

import click

from api.cli import administration, archive, database, demo, parts, run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shenpi")
def main() -> None:
    """Shenpi (审批): approvals drawn in BPMN, archives that can be replayed and proved."""


main.add_command(run.run)
main.add_command(parts.serve)
main.add_command(parts.work)
main.add_command(parts.simulate)
main.add_command(database.database)
main.add_command(database.clock)
main.add_command(administration.user)
main.add_command(administration.deploy)
main.add_command(administration.token)
main.add_command(demo.demo)
main.add_command(archive.verify)

__all__ = ["main"]
