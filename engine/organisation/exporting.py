"""The table of people as a spreadsheet reads it: in the columns that an import takes, every cell guarded against formulas."""

from sqlalchemy.orm import Session

from engine.organisation.present import read_present
from engine.organisation.roster import COLUMNS
from engine.organisation.sheet import write_csv


def export_people(session: Session) -> bytes:
    """Return everybody by key as CSV; importing it again changes nothing."""
    present = read_present(session)
    departments = {row.id: key for key, row in present.departments.items()}
    rows = []
    for key, row in sorted(present.people.items()):
        rows.append(
            [
                key, row.name, row.email or "", row.mobile or "", departments.get(row.department_id, "") if row.department_id else "",
                ";".join(sorted(present.works_in.get(row.id, ()))), ";".join(sorted("@".join(one) for one in present.holds.get(row.id, ()))),
                ";".join(sorted(present.member_of.get(row.id, ()))), "是" if row.active else "否",
            ]
        )  # fmt: skip
    return write_csv([heads[0] for heads in COLUMNS["people"].values()], rows)
