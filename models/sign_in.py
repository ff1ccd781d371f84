"""Who came in, when, and by which door."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key


class SignIn(Base):
    """One time somebody signed in, with a password or through an office system; without a person, one that came back from there and was not let in."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_person", "person_id", "at"),)

    id: Mapped[Key]
    at: Mapped[Created]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    connection: Mapped[str | None] = mapped_column(ForeignKey("oa_connection.key"))  #: empty: by password
    id_type: Mapped[str | None]  #: by which of her ids there she was known
    remote_id: Mapped[str | None]
    state: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)  #: SHA-256 of the attempt's mark: each is good once
