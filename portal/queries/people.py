"""Who is behind a referral, as far as the scope may know: the database decides which rows come back."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.foundation.crypto import vault
from portal.foundation.extensions import db
from portal.models.identity import BlindIndex, BlindIndexKind, Identity, KeyPurpose, PersonKey, Preview
from portal.models.person import Person, PersonPreview, normalised_mail, normalised_telephone, unaccented


def previews_of(referral_ids: Collection[UUID]) -> dict[UUID, PersonPreview]:
    """First name and initial by referral; those the scope may not see, or that were erased, are missing."""
    query = (
        select(Preview.referral_id, Preview.sealed, PersonKey.wrapped)
        .join(PersonKey, PersonKey.referral_id == Preview.referral_id)
        .where(PersonKey.purpose == KeyPurpose.PREVIEW, Preview.referral_id.in_(referral_ids))
    )
    return {row: _preview(row, sealed, wrapped) for row, sealed, wrapped in db.session.execute(query)}


def _preview(row: UUID, sealed: bytes, wrapped: bytes) -> PersonPreview:
    key = vault().unwrap(wrapped, row, KeyPurpose.PREVIEW)
    return PersonPreview.from_bytes(key.open(sealed, column="preview.sealed", row=row))


def person_of(referral_id: UUID) -> Person | None:
    """The whole person, or None when the scope may not see it (or it was erased). Journal each reading."""
    query = (
        select(Identity.sealed, PersonKey.wrapped)
        .join(PersonKey, PersonKey.referral_id == Identity.referral_id)
        .where(PersonKey.purpose == KeyPurpose.IDENTITY, Identity.referral_id == referral_id)
    )
    found = db.session.execute(query).one_or_none()
    if found is None:
        return None
    key = vault().unwrap(found.wrapped, referral_id, KeyPurpose.IDENTITY)
    return Person.from_bytes(key.open(found.sealed, column="identity.sealed", row=referral_id))


def referrals_matching(text: str) -> list[UUID]:
    """Referrals whose mail, telephone or last name equals the text (staff and jobs), newest first."""
    values = [(BlindIndexKind.LAST_NAME, unaccented(text))]
    if "@" in text:
        values.append((BlindIndexKind.MAIL, normalised_mail(text)))
    if any(character.isdigit() for character in text):
        values.append((BlindIndexKind.TELEPHONE, normalised_telephone(text)))
    digests = [vault().blind_index(kind, value) for kind, value in values]
    query = (
        select(BlindIndex.referral_id)
        .where(BlindIndex.kind.in_([kind for kind, _ in values]), BlindIndex.digest.in_(digests))
        .order_by(BlindIndex.referral_id.desc())
        .distinct()
    )
    return list(db.session.scalars(query))
