"""Keeping what somebody types, sealed, until they send it or seven days have passed."""

import json
from collections.abc import Mapping
from uuid import UUID

from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest, vault
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.transactions import bind_link
from portal.models.identity import Draft
from portal.queries.drafts import LIFE, Answers, draft_row

NOTHING: Answers = {}


def _sealed(row: UUID, answers: Answers, *, refused: Answers = NOTHING, left: Mapping[str, str] | None = None) -> bytes:
    kept = {"answers": answers, "refused": refused, "left": left or {}}
    return vault().seal_draft(json.dumps(kept).encode(), row)


def start_draft(form: str, answers: Answers, *, refused: Answers = NOTHING) -> str:
    """A new draft; returns the token that is its only key. refused: see DraftView."""
    token, row = new_token(), new_id()
    bind_link(token_digest(token))
    db.session.add(
        Draft(
            id=row,
            token_digest=token_digest(token),
            form=form,
            sealed=_sealed(row, answers, refused=refused),
            expires_at=clock.now() + LIFE,
        )
    )
    db.session.flush()
    return token


def save_draft(token: str, form: str, answers: Answers, *, refused: Answers = NOTHING) -> None:
    """Keep these answers instead of the former ones; nothing happens to a draft already sent or gone."""
    row = draft_row(token, form, lock=True)
    if row is not None and row.submitted_as is None:
        row.sealed = _sealed(row.id, answers, refused=refused)
        row.expires_at = clock.now() + LIFE


def close_draft(token: str, form: str, referral_id: UUID, left: Mapping[str, str]) -> None:
    """The draft was sent as this referral: forget its answers, but for a few words for the confirmation page."""
    row = draft_row(token, form, lock=True)
    if row is not None:
        row.sealed = _sealed(row.id, {}, left=left)
        row.submitted_as = referral_id
        db.session.flush()


def discard_draft(token: str, form: str) -> None:
    """Forget everything at once, as whoever typed it asks."""
    row = draft_row(token, form, lock=True)
    if row is not None:
        db.session.delete(row)
        db.session.flush()
