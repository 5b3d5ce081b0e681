"""Documents: PDF files drawn by a job, kept in the database so that its rules say who may read them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.foundation.extensions import Base
from portal.models.types import CreatedAt, Key, Str, one_of


class DocumentKind(StrEnum):
    """Every document the portal draws."""

    ASSOCIATION_REPORT = "association_report"
    BOARD_REPORT = "board_report"
    TERRITORY_BROCHURE = "territory_brochure"
    COMPANY_KIT = "company_kit"
    POLICY_STUDY = "policy_study"


class DocumentState(StrEnum):
    """How far the drawing is."""

    WAITING = "waiting"
    DRAWING = "drawing"
    READY = "ready"
    FAILED = "failed"


class Document(Base):
    """association_id: whose it is; None, the Collectif's. parameters: codes only (month, place, page).

    progress: 0 to 100. error: a sentence in French for whoever asked. attempts: how often the drawing was begun;
    drawing_since: when it last was, so that one left by a dead worker is taken up again.
    """

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_association", "association_id", "asked_at"),
        Index("ix_document_waiting", "asked_at", postgresql_where="state IN ('waiting', 'drawing')"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("(state = 'ready') = (file IS NOT NULL)", name="file"),
    )

    id: Mapped[Key]
    kind: Mapped[DocumentKind] = mapped_column(one_of(DocumentKind, name="kind"))
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"))
    title: Mapped[Str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    state: Mapped[DocumentState] = mapped_column(one_of(DocumentState, name="state"), default=DocumentState.WAITING)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    pages: Mapped[int | None] = mapped_column(SmallInteger)
    file: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    asked_at: Mapped[CreatedAt]
    asked_by: Mapped[UUID | None]
    drawing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ready_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    @property
    def unfinished(self) -> bool:
        """It waits, or is being drawn."""
        return self.state in {DocumentState.WAITING, DocumentState.DRAWING}
