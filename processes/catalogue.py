"""Which business areas there are: their drawings and their operations.

The composition roots (web server, worker, command line) call `install` once; `deploy_shipped` brings the drawings into the database.
"""

from collections.abc import Mapping
from importlib.resources import files

from sqlalchemy.orm import Session

from engine import definitions, instances, notices, operations
from models.repository import ProcessDefinition
from processes.archive import filing, sources
from processes.archive.operations import OPERATIONS as ARCHIVE
from processes.invoice.filing import SOURCE as INVOICE_SOURCE
from processes.invoice.operations import OPERATIONS as INVOICE
from processes.office import alarms
from processes.office import operations as office
from processes.office.operations import OPERATIONS as OFFICE

#: area -> the files deployed together
AREAS: Mapping[str, tuple[str, ...]] = {
    "invoice": ("invoice_approval.bpmn", "authority.dmn"),
    "archive": ("archive_filing.bpmn",),
}
#: shown by tests and to designers; deployed only by whoever wants them
EXAMPLES: Mapping[str, tuple[str, ...]] = {"expense_claim": ("expense_claim.bpmn", "claim.form", "check.form")}
FOLDERS = {"expense_claim": "expense"}


def install() -> None:
    """Register every area's operations and what the archive can file; doing it again changes nothing."""
    operations.register(*INVOICE, *ARCHIVE, *OFFICE)
    sources.register(INVOICE_SOURCE)
    instances.tell_revoked(filing.revoked)
    notices.register(office.send_notice)
    notices.register_alarm(alarms.send)


def shipped(area: str) -> dict[str, bytes]:
    """Return the files of an area, as they are in this installation."""
    folder = files("processes") / area
    return {name: (folder / name).read_bytes() for name in AREAS[area]}


def example(name: str) -> dict[str, bytes]:
    """Return the files of an example, as they are in this installation."""
    folder = files("processes") / FOLDERS[name]
    return {file: (folder / file).read_bytes() for file in EXAMPLES[name]}


def deploy_shipped(session: Session) -> list[ProcessDefinition]:
    """Deploy the drawings of every area; what was deployed before stays the version it is, behind what designers have deployed since."""
    return [definition for area in AREAS for definition in definitions.deploy(session, shipped(area), by=None, name=area, once=True)]
