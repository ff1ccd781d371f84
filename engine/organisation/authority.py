"""The authority matrix (授权矩阵): up to what amount who may approve, by legal entity, department, class of expense and currency.

An empty place of a rule means any; a department's rule counts for all departments below it. Of all rules that suffice the one with the smallest limit is asked,
then the one with the lowest position, then the nearest department. A rule that is changed is ended and made anew, so that what held then can still be told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidVariables, NotFound
from engine.language.values import failure
from models.identity import Department, Group, LegalEntity, Person
from models.organisation import APPROVERS, AuthorityRule, Post

CURRENCY = re.compile("[A-Z]{3}")
MOST_DIGITS, PLACES = 18, 6  #: of an amount, before and after the point
LONGEST = 100

_FIND = text(
    """
    WITH RECURSIVE up AS (
      SELECT d.key, d.parent_id, 0 AS distance FROM department d WHERE d.key = :department
      UNION ALL
      SELECT d.key, d.parent_id, distance + 1 FROM up JOIN department d ON d.id = up.parent_id WHERE distance < 50
    )
    SELECT CAST(:department AS text) IS NULL OR EXISTS (SELECT 1 FROM up) AS department_known,
      CAST(:entity AS text) IS NULL OR EXISTS (SELECT 1 FROM legal_entity WHERE key = :entity) AS entity_known, r.*
    FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
      SELECT r.id, r.currency, r.up_to, r.approver_kind, r.approver FROM authority_rule r LEFT JOIN up ON up.key = r.department
      WHERE r.ended_at IS NULL AND r.currency = :currency AND (r.legal_entity IS NULL OR r.legal_entity = :entity)
        AND (r.department IS NULL OR up.key IS NOT NULL) AND (r.expense_class IS NULL OR r.expense_class = :expense)
        AND (r.up_to IS NULL OR r.up_to >= :amount)
      ORDER BY r.up_to NULLS LAST, r.position, up.distance NULLS LAST, r.legal_entity NULLS LAST, r.expense_class NULLS LAST, r.id LIMIT 1
    ) AS r ON true
    """
)


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that was found."""

    id: UUID
    currency: str
    up_to: Decimal | None
    approver_kind: str
    approver: str

    def words(self) -> tuple[str, str]:
        """Return the limit in words."""
        if self.up_to is None:
            return f"{self.currency} 不限额", f"{self.currency} without limit"
        limit = written(self.up_to)
        return f"{self.currency} 不超过 {limit}", f"{self.currency} up to {limit}"


def written(amount: Decimal) -> str:
    """Return an amount without needless zeros."""
    return format(amount.normalize(), "f")


def find_rule(
    session: Session, amount: Decimal, currency: str, *, entity: str | None = None, department: str | None = None, expense_class: str | None = None
) -> Rule | None:  # fmt: skip
    """Return the rule that decides who approves an amount, None when none suffices. A credit note needs the authority of the amount it takes back.

    Refuses with `ExecutionFailed` a legal entity or department that is not there.
    """
    values = {"amount": abs(amount), "currency": currency, "entity": entity, "department": department, "expense": expense_class}
    row = session.execute(_FIND, values).one()
    if not row.entity_known:
        raise failure(f"没有法人 {entity}", f"there is no legal entity {entity}")
    if not row.department_known:
        raise failure(f"没有部门 {department}", f"there is no department {department}")
    return Rule(row.id, row.currency, row.up_to, row.approver_kind, row.approver) if row.id is not None else None


def rules(session: Session, *, ended: bool = False, limit: int = 1000) -> list[AuthorityRule]:
    """Return the rules that hold, in the order of entity, department, class, currency and limit; with `ended` those that do not hold any more, newest first."""
    statement = select(AuthorityRule).limit(limit)
    if ended:
        return list(session.scalars(statement.where(AuthorityRule.ended_at.is_not(None)).order_by(AuthorityRule.ended_at.desc())))
    order = (AuthorityRule.legal_entity, AuthorityRule.department, AuthorityRule.expense_class)
    statement = statement.order_by(
        *(column.nulls_first() for column in order), AuthorityRule.currency, AuthorityRule.up_to.nulls_last(), AuthorityRule.position
    )
    return list(session.scalars(statement.where(AuthorityRule.ended_at.is_(None))))


def add(session: Session, values: Mapping[str, Any], *, by: str) -> AuthorityRule:
    """Make a rule; it counts for tasks made from now on. Refuses with `InvalidVariables`, every fault with its field, what nobody could be asked by.

    `values`: `legal_entity`, `department`, `expense_class`, `currency`, `up_to`, `approver_kind`, `approver`, `position`; empty texts are empty places.
    """
    kept = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    kept = {name: value for name, value in kept.items() if value not in ("", None)}
    faults: list[Fault] = []
    up_to = read_amount(kept.get("up_to"), "upTo", faults)
    position = _position(kept.get("position"), faults)
    currency = str(kept.get("currency", "")).upper()
    if not CURRENCY.fullmatch(currency):
        faults.append(Fault("currency-invalid", "币种是三个字母，如 CNY", "A currency has three letters, such as CNY", path="currency"))
    for name, path, table, zh in (("legal_entity", "legalEntity", LegalEntity, "法人"), ("department", "department", Department, "部门")):
        if name in kept and session.execute(select(table.id).filter_by(key=str(kept[name]), active=True)).first() is None:
            faults.append(
                Fault("key-unknown", f"没有这个{zh}", f"No such {name.replace('_', ' ')}", path=path, found=str(kept[name])[:LONGEST])
            )
    expense = str(kept["expense_class"])[:LONGEST] if "expense_class" in kept else None
    kind, approver = str(kept.get("approver_kind", "person")), str(kept.get("approver", ""))
    if kind not in APPROVERS:
        faults.append(Fault("kind-unknown", "审批人须是人员、岗位或组", "An approver is a person, a post or a group", path="approverKind"))
    elif session.execute(select(_tables(kind).id).filter_by(key=approver, active=True)).first() is None:
        faults.append(
            Fault(
                "approver-unknown", "没有这个审批人、岗位或组", "No such person, post or group", path="approver", found=approver[:LONGEST]
            )
        )
    if faults:
        raise InvalidVariables(faults)
    row = AuthorityRule(
        legal_entity=kept.get("legal_entity"), department=kept.get("department"), expense_class=expense, currency=currency, up_to=up_to,
        approver_kind=kind, approver=approver, position=position, made_by=by, made_at=read_clock(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def end(session: Session, rule_id: UUID, *, by: str) -> AuthorityRule:
    """Let a rule not count any more; refuses with `NotFound` one that is not there or has ended."""
    row = session.get(AuthorityRule, rule_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound(kind="authority rule")
    row.ended_by, row.ended_at = by, read_clock(session)
    session.flush()
    return row


def replace(session: Session, rule_id: UUID, values: Mapping[str, Any], *, by: str) -> AuthorityRule:
    """End a rule and make another in its place, both at the same time; refuses as `end` and `add` do, and changes nothing then."""
    end(session, rule_id, by=by)
    return add(session, values, by=by)


def read_amount(value: Any, path: str, faults: list[Fault]) -> Decimal | None:
    """Read an amount that limits something; what is none is added to the faults."""
    if value in (None, ""):
        return None
    try:
        amount = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    exponent = amount.as_tuple().exponent
    if not amount.is_finite() or amount < 0 or amount.adjusted() >= MOST_DIGITS or not isinstance(exponent, int) or exponent < -PLACES:
        faults.append(
            Fault("amount-invalid", "金额须是不小于 0 的数字", "An amount is a number from 0", path=path, found=str(value)[:LONGEST])
        )
        return None
    return amount


def _position(value: Any, faults: list[Fault]) -> int:
    shown = str(value if value is not None else 0)
    if not shown.isascii() or not shown.isdecimal() or len(shown) > 6:
        faults.append(
            Fault("position-invalid", "次序须是 0 到 999999 的整数", "The order is a whole number from 0 to 999999", path="position")
        )
        return 0
    return int(shown)


def _tables(kind: str) -> type[Person] | type[Post] | type[Group]:
    return {"person": Person, "post": Post, "group": Group}[kind]  # type: ignore[return-value]
