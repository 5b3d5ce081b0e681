"""The person behind a referral, as it is sealed: plain values that exist only in memory."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from portal.foundation.mailboxes import in_ascii


@dataclass(frozen=True)
class Applicant:
    """The young person or the volunteer."""

    first_name: str
    last_name: str
    mail: str | None = None
    telephone: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True)
class Guardian:
    """Who consents for a minor."""

    name: str
    mail: str | None = None
    telephone: str | None = None


@dataclass(frozen=True)
class Referrer:
    """Who registers a young person; role and establishment for a professional."""

    name: str
    mail: str
    telephone: str | None = None
    role: str | None = None
    establishment: str | None = None


@dataclass(frozen=True)
class Person:
    """All that is sealed under the identity key of one referral. words: what the person wrote in their own words."""

    applicant: Applicant
    guardian: Guardian | None = None
    referrer: Referrer | None = None
    words: str | None = None

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), default=str, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, plain: bytes) -> "Person":
        data: dict[str, Any] = json.loads(plain)
        applicant = data["applicant"]
        if applicant["birth_date"]:
            applicant["birth_date"] = date.fromisoformat(applicant["birth_date"])
        return cls(
            applicant=Applicant(**applicant),
            guardian=Guardian(**data["guardian"]) if data["guardian"] else None,
            referrer=Referrer(**data["referrer"]) if data["referrer"] else None,
            words=data["words"],
        )

    @property
    def reply_to(self) -> str | None:
        """The address that messages about the request go to."""
        return self.applicant.mail or (self.referrer.mail if self.referrer else None)

    @property
    def preview(self) -> "PersonPreview":
        return PersonPreview(self.applicant.first_name, self.applicant.last_name[:1].upper())


@dataclass(frozen=True)
class PersonPreview:
    """What a coordinator sees before accepting."""

    first_name: str
    initial: str

    def __str__(self) -> str:
        return f"{self.first_name} {self.initial}."

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, plain: bytes) -> "PersonPreview":
        return cls(**json.loads(plain))


def normalised_mail(mail: str) -> str:
    return in_ascii(mail.strip().lower())


def normalised_telephone(telephone: str) -> str:
    """Digits with the international prefix, as phonenumbers' E.164 gives for France."""
    digits = "".join(character for character in telephone if character.isdigit())
    return f"+33{digits[1:]}" if digits.startswith("0") else f"+{digits}"
