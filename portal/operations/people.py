"""Sealing a person: two keys, two sealed values, and the blind indexes they can be found by."""

from uuid import UUID

from portal.foundation.crypto import vault
from portal.foundation.extensions import Base
from portal.models.identity import BlindIndex, BlindIndexKind, Identity, KeyPurpose, PersonKey, Preview
from portal.models.person import Person, normalised_mail, normalised_telephone
from portal.places.folding import fold


def sealed_rows(referral_id: UUID, person: Person) -> list[Base]:
    """The rows to insert for this person: keys, preview, identity, blind indexes."""
    preview_key = vault().new_key(referral_id, KeyPurpose.PREVIEW)
    identity_key = vault().new_key(referral_id, KeyPurpose.IDENTITY)
    return [
        PersonKey(referral_id=referral_id, purpose=KeyPurpose.PREVIEW, wrapped=preview_key.wrapped),
        PersonKey(referral_id=referral_id, purpose=KeyPurpose.IDENTITY, wrapped=identity_key.wrapped),
        Preview(
            referral_id=referral_id,
            sealed=preview_key.seal(person.preview.to_bytes(), column="preview.sealed", row=referral_id),
        ),
        Identity(
            referral_id=referral_id,
            sealed=identity_key.seal(person.to_bytes(), column="identity.sealed", row=referral_id),
        ),
        *(
            BlindIndex(referral_id=referral_id, kind=kind, digest=vault().blind_index(kind, value))
            for kind, value in searchable(person)
        ),
    ]


def searchable(person: Person) -> set[tuple[BlindIndexKind, str]]:
    """What the person can be found by, normalised: mails, telephones, last name."""
    applicant, guardian, referrer = person.applicant, person.guardian, person.referrer
    mails = {applicant.mail, guardian and guardian.mail, referrer and referrer.mail}
    telephones = {applicant.telephone, guardian and guardian.telephone, referrer and referrer.telephone}
    found = {(BlindIndexKind.MAIL, normalised_mail(mail)) for mail in mails if mail}
    found |= {(BlindIndexKind.TELEPHONE, normalised_telephone(number)) for number in telephones if number}
    return found | {(BlindIndexKind.LAST_NAME, fold(applicant.last_name))}
