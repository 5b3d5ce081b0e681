"""The form somebody is filling in: found only by the token their browser holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.extensions import db
from portal.foundation.transactions import bind_link
from portal.models.identity import Draft

LIFE = timedelta(days=7)
Answers = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True)
class DraftView:
    """answers: what was typed, by step and field; empty once sent. left: what the confirmation page still says.

    refused: what was last typed and could not be kept, by step and field; one step at most.
    """

    id: UUID
    answers: Answers
    refused: Answers
    left: Mapping[str, str]
    saved_at: datetime
    submitted_as: UUID | None


def draft_of(token: str | None, form: str, *, lock: bool = False) -> DraftView | None:
    """The live draft of this form under this token. lock: until the transaction ends, nobody else sends it."""
    row = draft_row(token, form, lock=lock)
    if row is None:
        return None
    opened = json.loads(vault().open_draft(row.sealed, row.id))
    return DraftView(
        id=row.id,
        answers=opened["answers"],
        refused=opened.get("refused", {}),
        left=opened["left"],
        saved_at=row.expires_at - LIFE,
        submitted_as=row.submitted_as,
    )


def draft_row(token: str | None, form: str, *, lock: bool = False) -> Draft | None:
    if not token:
        return None
    digest = token_digest(token)
    bind_link(digest)
    query = select(Draft).where(Draft.token_digest == digest, Draft.form == form, Draft.expires_at > clock.now())
    found: Draft | None = db.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    return found
