"""A campaign: the dated period over which objectives and capacities are declared."""

from datetime import date

from sqlalchemy.orm import Mapped

from portal.foundation.extensions import Base
from portal.models.types import Key, Str


class Campaign(Base):
    """Both dates belong to the campaign; the database refuses any overlap."""

    __tablename__ = "campaign"

    id: Mapped[Key]
    name: Mapped[Str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
