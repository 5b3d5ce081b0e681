"""What was asked about a request and answered, as far as the scope may read it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.foundation.crypto import PersonKey as OpenKey
from portal.foundation.crypto import vault
from portal.foundation.extensions import db
from portal.models.clarification import Clarification
from portal.models.identity import KeyPurpose, PersonKey

QUESTION, ANSWER = "clarification.question", "clarification.answer"


@dataclass(frozen=True)
class ClarificationView:
    """One question and its answer, None while it is awaited."""

    id: UUID
    question: str
    answer: str | None
    asked_at: datetime
    answered_at: datetime | None


def preview_key(referral_id: UUID) -> OpenKey | None:
    """The key that clarifications are sealed with; None when the scope may not use it or it was erased."""
    wrapped = db.session.scalar(
        select(PersonKey.wrapped).where(PersonKey.referral_id == referral_id, PersonKey.purpose == KeyPurpose.PREVIEW)
    )
    return None if wrapped is None else vault().unwrap(wrapped, referral_id, KeyPurpose.PREVIEW)


def clarifications_of(referral_ids: Collection[UUID]) -> dict[UUID, list[ClarificationView]]:
    """By referral, the oldest question first."""
    query = (
        select(Clarification, PersonKey.wrapped)
        .join(PersonKey, PersonKey.referral_id == Clarification.referral_id)
        .where(PersonKey.purpose == KeyPurpose.PREVIEW, Clarification.referral_id.in_(referral_ids))
        .order_by(Clarification.asked_at, Clarification.id)
    )
    found: dict[UUID, list[ClarificationView]] = {}
    for row, wrapped in db.session.execute(query):
        key = vault().unwrap(wrapped, row.referral_id, KeyPurpose.PREVIEW)
        found.setdefault(row.referral_id, []).append(_opened(row, key))
    return found


def _opened(row: Clarification, key: OpenKey) -> ClarificationView:
    answer = None if row.answer_sealed is None else key.open(row.answer_sealed, column=ANSWER, row=row.id).decode()
    return ClarificationView(
        id=row.id,
        question=key.open(row.question_sealed, column=QUESTION, row=row.id).decode(),
        answer=answer,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
