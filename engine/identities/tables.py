"""The map as a table: work number, type of id, id. Read from CSV or XLSX, all or nothing, every fault at its row; written as CSV."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Fault, InvalidContent, InvalidVariables
from engine.identities.mapping import Entry, put_many
from engine.oa.kinds import KINDS
from engine.organisation.sheet import Sheet, read_sheets, write_csv
from engine.permissions import Actor
from models.identity import OaIdentity, Person
from models.oa import OaConnection

HEADS = {
    "person": ("工号", "key", "worknumber", "person"),
    "name": ("姓名", "name"),
    "id_type": ("编号类型", "idtype", "type"),
    "remote_id": ("编号", "id", "remoteid"),
}
MAX_FAULTS = 200


def export_map(session: Session, connection: str) -> bytes:
    """Return the map of a connection as CSV; importing it again changes nothing."""
    rows = session.execute(
        select(Person.key, Person.name, OaIdentity.id_type, OaIdentity.remote_id)
        .join(OaIdentity, OaIdentity.person_id == Person.id)
        .where(OaIdentity.connection == connection)
        .order_by(Person.key, OaIdentity.id_type)
    )
    return write_csv([heads[0] for heads in HEADS.values()], [[row.key, row.name, row.id_type, row.remote_id] for row in rows])


def import_map(session: Session, connection: str, files: Mapping[str, bytes], *, by: Actor) -> int:
    """Take a table into the map; returns how many ids are new or others. Refuses with `InvalidContent`, every fault with its row."""
    sheets, faults = read_sheets(files)
    row = session.get(OaConnection, connection)
    kind = KINDS.get(row.kind) if row is not None else None
    usual = kind.id_types[0] if kind is not None else ""
    entries: list[tuple[Sheet, int, Entry]] = []
    for sheet in sheets:
        places = _places(sheet, faults)
        for line, cells in sheet.rows[1:] if places else ():
            values = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
            entries.append((sheet, line, (values["person"], values.get("id_type") or usual, values["remote_id"])))
    if not faults:
        faults = _tried(session, connection, entries, by)
    if faults:
        raise InvalidContent(faults[:MAX_FAULTS])
    return put_many(session, connection, [entry for _, _, entry in entries], by=by)


def _places(sheet: Sheet, faults: list[Fault]) -> dict[str, int]:
    """Return which column stands where; a fault for a missing one."""
    first, header = sheet.rows[0]
    plain = [head.lower().replace(" ", "").replace("_", "") for head in header]
    places = {name: plain.index(head) for name, heads in HEADS.items() for head in heads if head in plain}
    for name in ("person", "remote_id"):
        if name not in places:
            head = HEADS[name][0]
            faults.append(
                Fault("column-missing", f"缺少“{head}”列", f"The column {name} is missing", file=sheet.file, line=first, path=head)
            )
    return {} if faults else places


def _tried(session: Session, connection: str, entries: list[tuple[Sheet, int, Entry]], by: Actor) -> list[Fault]:
    """Return the faults of a table, each at its row."""
    try:
        with session.begin_nested() as tried:
            put_many(session, connection, [entry for _, _, entry in entries], by=by)
            tried.rollback()
    except InvalidVariables as error:
        places = {part: (sheet.file, line) for sheet, line, entry in reversed(entries) for part in (entry[0], entry[2])}
        return [
            Fault(fault.code, fault.zh, fault.en, file=found[0], line=found[1], path=fault.path, found=fault.found)
            for fault in error.faults
            for found in [places.get(fault.found or "", (None, None))]
        ]
    return []
