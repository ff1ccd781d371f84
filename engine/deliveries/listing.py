"""What was sent, for people to read."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.oa import OaDelivery


def deliveries_of(session: Session, instance_id: UUID) -> list[OaDelivery]:
    """Return what was sent about a case, oldest first."""
    return list(session.scalars(select(OaDelivery).filter_by(instance_id=instance_id).order_by(OaDelivery.version)))
