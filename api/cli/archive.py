"""`shenpi verify`: one package anywhere, without a database; or everything an installation holds."""

from pathlib import Path

import click

from api.cli.context import opened
from engine.database import transaction
from engine.errors import Fault
from processes.archive.installation import Survey, verify_installation
from processes.archive.verify import Report
from processes.archive.verify import verify as verify_package


@click.command()
@click.argument("package", required=False, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="every chain of the database and every package on disk")
def verify(package: Path | None, everything: bool) -> None:
    """Verify an archive package (a folder or a ZIP file; no database needed), or everything with --all.

    Says what was checked and names each fault with its place; ends with 1 when there is one.
    """
    if everything == (package is not None):
        raise click.UsageError("give a PACKAGE or --all")
    if package is not None:
        faults = _say_package(package, verify_package(package))
    else:
        with opened() as settings, transaction() as session:
            faults = _say_all(verify_installation(session, settings.archive_folder))
    for fault in faults:
        click.echo(f"  {describe(fault)}", err=True)
    click.echo("校验通过 verified" if not faults else f"发现 {len(faults)} 处问题 {len(faults)} fault(s)", err=bool(faults))
    if faults:
        raise click.exceptions.Exit(1)


def _say_package(package: Path, report: Report) -> list[Fault]:
    click.echo(f"归档包 package    {package}")
    click.echo(f"档号 code          {report.code or '?'}")
    click.echo(f"摘要 digest        {report.digest or '?'}")
    click.echo(f"文件 files         {report.files}，{report.bytes} 字节 bytes")
    click.echo(f"原件 documents     {report.documents}")
    click.echo(f"记录 histories     {report.chains}，{report.events} 个事件 events，{report.erased} 个已删除附加内容 erased")
    return report.faults


def _say_all(survey: Survey) -> list[Fault]:
    click.echo(f"记录 histories     {survey.chains}，{survey.events} 个事件 events，{survey.erased} 个已删除附加内容 erased")
    click.echo(f"归档包 packages    {survey.packages}，{survey.files} 个文件 files")
    for path in survey.unrecorded:
        click.echo(f"未登记 unrecorded  {path}")
    return survey.faults


def describe(fault: Fault) -> str:
    """Return a fault on one line: place, what is wrong in both languages, expected and found."""
    place = ":".join(part for part in (fault.file, fault.path) if part) or "."
    line = f":{fault.line}" if fault.line is not None and not place.endswith(f":{fault.line}") else ""
    text = f"{place}{line}: {fault.zh} {fault.en} [{fault.code}]"
    if fault.expected is not None:
        text += f"; 应为 expected {fault.expected}"
    if fault.found is not None:
        text += f"; 实为 found {fault.found}"
    return text
