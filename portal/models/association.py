"""An association: member organisation of the Collectif, and tenant of the portal."""

from datetime import date
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import Key, Str


class Association(Base):
    """sheet: the published facts (site, year of creation, figures, sources), as shown in the brochure.

    paused_from, paused_until: no request is offered between these days, both included; until is the day before
    the return, None while unknown.
    """

    __tablename__ = "association"

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
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict
