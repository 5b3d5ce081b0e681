"""Column types and mixins that the models share."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlalchemy import DateTime, Enum, ForeignKey, ForeignKeyConstraint, LargeBinary, Text, Uuid
from sqlalchemy.orm import mapped_column

from portal.foundation import clock
from portal.foundation.identifiers import new_id

Key = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=new_id)]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), default=clock.now)]
Str = Annotated[str, mapped_column(Text)]
Sealed = Annotated[bytes, mapped_column(LargeBinary)]
AssociationKey = Annotated[UUID, mapped_column(Uuid, ForeignKey("association.id"))]
ReferralKey = Annotated[UUID, mapped_column(Uuid, ForeignKey("referral.id", ondelete="CASCADE"))]


def its_own(table: str) -> ForeignKeyConstraint:
    """A row of that table ("programme" or "capacity") belonging to the same association as this one."""
    return ForeignKeyConstraint([f"{table}_id", "association_id"], [f"{table}.id", f"{table}.association_id"])


def one_of(values: type[StrEnum], *, name: str) -> Enum:
    """A closed list stored as text and checked by the database."""
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        length=40,
    )
