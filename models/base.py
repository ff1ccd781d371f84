"""The common ground of all tables: one metadata, one session, and the types that many tables share.

Ids are UUIDv7, so that they grow with time and index well. Times are `timestamptz` in UTC. Money is `numeric`, never a float.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData, Numeric, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from uuid_utils.compat import uuid7

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
Money = Annotated[Decimal, mapped_column(Numeric(24, 6))]
Time = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]


class Base(DeclarativeBase):
    """Every table of Shenpi."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text(), dict: JSONB(), list: JSONB()}


db = SQLAlchemy(metadata=Base.metadata)
