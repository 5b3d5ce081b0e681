"""Who is behind a referral, as far as the scope may know: the database decides which rows come back."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.foundation.crypto import vault
from portal.foundation.extensions import db
from portal.models.identity import BlindIndex, BlindIndexKind, Identity, KeyPurpose, PersonKey, Preview
from portal.models.person import Person, PersonPreview, normalised_mail, normalised_telephone
from portal.places.folding import fold

MOST_WORDS = 6
MOST_OPENED = 500


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
    """Referrals whose mail, telephone, last name or whole name equals the text (staff and jobs), newest first.

    « Prénom Nom », in either order: those of that last name whose first name agrees; all of that last name when none
    does.
    """
    values = [(BlindIndexKind.LAST_NAME, fold(text))]
    if "@" in text:
        values.append((BlindIndexKind.MAIL, normalised_mail(text)))
    if any(character.isdigit() for character in text):
        values.append((BlindIndexKind.TELEPHONE, normalised_telephone(text)))
    return _indexed(values) or _of_whole_name(fold(text).split()[:MOST_WORDS])


def _indexed(values: Collection[tuple[BlindIndexKind, str]]) -> list[UUID]:
    digests = [vault().blind_index(kind, value) for kind, value in values]
    query = (
        select(BlindIndex.referral_id)
        .where(BlindIndex.kind.in_([kind for kind, _ in values]), BlindIndex.digest.in_(digests))
        .order_by(BlindIndex.referral_id.desc())
        .distinct()
    )
    return list(db.session.scalars(query))


def _of_whole_name(words: list[str]) -> list[UUID]:
    """Every way to cut the words into a first and a last name."""
    cuts = [(words[:rank], words[rank:]) for rank in range(1, len(words))]
    names = {(" ".join(first), " ".join(last)) for one, two in cuts for first, last in ((one, two), (two, one))}
    found = _indexed([(BlindIndexKind.LAST_NAME, last) for _first, last in names]) if names else []
    known = previews_of(found[:MOST_OPENED])
    firsts = {first for first, _last in names}
    agreeing = [one for one in found if one in known and fold(known[one].first_name) in firsts]
    return agreeing or found
