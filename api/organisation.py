"""The organisation as administrators make it: legal entities, and departments with their heads. Keys never change; everything here is refused whole."""

from itertools import count

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import keys
from engine.errors import Duplicate, Fault, InvalidVariables, NotFound
from models.identity import Department, LegalEntity, Person


def add_entity(session: Session, name: str, tax_id: str, fonds: str | None = None) -> tuple[LegalEntity, bool]:
    """Register a company and tell whether it is new; one that is there with the same tax id stays as it is. Refuses with `Duplicate` a fonds that is taken."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('legal_entity'))"))  # or two could give the same number
    row = session.scalars(select(LegalEntity).filter_by(tax_id=tax_id)).first()
    if row is not None:
        return row, False
    taken = set(session.scalars(select(LegalEntity.fonds)))
    if fonds in taken:
        raise Duplicate(kind="fonds")
    number = next(number for number in count(len(taken) + 1) if f"S{number:03}" not in taken)
    row = LegalEntity(key=f"entity-{number}", name=name, tax_id=tax_id, fonds=fonds or f"S{number:03}", active=True)
    session.add(row)
    session.flush()
    return row, True


def add_department(session: Session, key: str, name: str, *, entity: str, parent: str | None = None, head: str | None = None) -> Department:
    """Make a department of a legal entity.

    Refuses with `Duplicate` a key that is taken, with `InvalidVariables` one that is no key, an empty name, and an entity, parent or head nobody knows.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('department'))"))  # or two could take the same key
    if session.scalars(select(Department.id).filter_by(key=key)).first() is not None:
        raise Duplicate(kind="department")
    faults = [] if keys.is_key(key) else [keys.fault_of(key)]
    if not name.strip():
        faults.append(Fault("name-missing", "请填写名称", "A name is needed", path="name"))
    company = session.scalars(select(LegalEntity).filter_by(key=entity, active=True)).first()
    above = session.scalars(select(Department).filter_by(key=parent)).first() if parent else None
    if company is None:
        faults.append(Fault("entity-unknown", "没有这个法人实体", "No such legal entity", path="legalEntity", found=entity[:100]))
    if parent and (above is None or (company is not None and above.legal_entity_id != company.id)):
        faults.append(
            Fault("department-unknown", "该法人实体没有这个上级部门", "No such department of the entity", path="parent", found=parent[:100])
        )
    person = _person(session, head, faults) if head else None
    if faults or company is None:
        raise InvalidVariables(faults)
    row = Department(
        key=key, name=name.strip(), legal_entity_id=company.id, parent_id=above.id if above else None, head_id=person.id if person else None
    )
    session.add(row)
    session.flush()
    return row


def set_head(session: Session, key: str, head: str | None) -> Department:
    """Give a department another head, or none; tasks that are open stay with whom they were given to.

    Refuses with `NotFound` an unknown department, with `InvalidVariables` a head who is nobody or not active.
    """
    row = session.scalars(select(Department).filter_by(key=key).with_for_update(of=Department)).first()
    if row is None:
        raise NotFound(kind="department")
    faults: list[Fault] = []
    person = _person(session, head, faults) if head else None
    if faults:
        raise InvalidVariables(faults)
    row.head_id = person.id if person else None
    session.flush()
    session.refresh(row)
    return row


def _person(session: Session, key: str, faults: list[Fault]) -> Person | None:
    found = session.scalars(select(Person).filter_by(key=key, active=True)).first()
    if found is None:
        faults.append(Fault("person-unknown", "没有这个人，或已停用", "No such person, or not active", path="head", found=key[:100]))
    return found
