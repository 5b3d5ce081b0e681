"""An association: member organisation of the Collectif, and tenant of the portal."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.morning import MorningMode
from portal.models.types import Key, Str, one_of


class Association(Base):
    """sheet: the published facts (site, year of creation, figures, sources), as shown in the brochure.

    paused_from, paused_until: no request is offered between these days, both included; until is the day before
    the return, None while unknown. morning_mode: when the morning file is wanted; morning_hours: how long a request
    must have waited unseen before it is. places_confirmed_at: when its places were last declared still right.
    """

    __tablename__ = "association"
    __table_args__ = (CheckConstraint("morning_hours BETWEEN 1 AND 168", name="morning_hours"),)

    id: Mapped[Key]
    slug: Mapped[Str] = mapped_column(Text, unique=True)
    name: Mapped[Str] = mapped_column(Text, unique=True)
    founder: Mapped[bool] = mapped_column(default=False)
    fictional: Mapped[bool] = mapped_column(default=False)
    contact_mail: Mapped[str | None] = mapped_column(Text)
    sheet: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    stop_at_objective: Mapped[bool] = mapped_column(default=False)
    approval_required: Mapped[bool] = mapped_column(default=False)
    morning_mode: Mapped[MorningMode] = mapped_column(
        one_of(MorningMode, name="morning_mode"), default=MorningMode.WHEN_UNSEEN
    )
    morning_hours: Mapped[int] = mapped_column(SmallInteger, default=24)
    places_confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict
