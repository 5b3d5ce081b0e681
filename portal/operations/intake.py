"""Receiving a request: one transaction makes the referral, the sealed person, links, consents, history and mails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from uuid import UUID

from sqlalchemy import select, text

from matching.profile import Profile
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Side, Situation, StudyLevel
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.errors import DomainError
from portal.foundation.extensions import Base, db
from portal.foundation.identifiers import new_id
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit, bind_link
from portal.models.campaign import Campaign
from portal.models.event import EventName
from portal.models.identity import Consent, ConsentKind, LinkPurpose, ReferralLink
from portal.models.outbox import Message
from portal.models.person import Person
from portal.models.referral import Awaited, Referral, ReferralState
from portal.operations.consent import ATTESTATION, SENSITIVE, Filler, GuardianPart, Rule, rule_for, wording_of
from portal.operations.drafts import close_draft
from portal.operations.history import happened
from portal.operations.outbox import put
from portal.operations.people import sealed_rows
from portal.places import commune, places_of
from portal.queries.drafts import draft_of
from portal.queries.tracking import TRACKING

FIRST_VERSION = 1
CHANNELS = {
    Filler.SELF: Channel.SELF,
    Filler.PARENT: Channel.FAMILY,
    Filler.RELATIVE: Channel.FAMILY,
    Filler.PROFESSIONAL: Channel.PROFESSIONAL,
}
LINKS = {Awaited.ADDRESS: LinkPurpose.ADDRESS, Awaited.GUARDIAN: LinkPurpose.GUARDIAN}
MESSAGES = {Awaited.ADDRESS: Message.CONFIRM_ADDRESS, Awaited.GUARDIAN: Message.GUARDIAN_CONSENT}


@dataclass(frozen=True)
class Submission:
    """A whole form, checked. person.applicant.birth_date is compulsory. commune: an INSEE code.

    None or empty means unknown, but for modalities: all three for no preference. sensitive: explicit consent to use
    sensitive answers was given. attested: a professional certifies the child-welfare service's written agreement.
    """

    side: Side
    filler: Filler
    person: Person
    commune: str
    modalities: frozenset[Modality]
    situations: frozenset[Situation] | None = None
    level: StudyLevel | None = None
    needs: frozenset[Need] | None = None
    publics: Mapping[Public, bool | None] = field(default_factory=dict)
    referrer_type: ReferrerType | None = None
    establishment: str | None = None
    establishment_name: str | None = None
    months: int | None = None
    hours_a_month: int | None = None
    available_from: date | None = None
    sensitive: bool = False
    attested: bool = False

    @property
    def age(self) -> int:
        """Completed years today, in Paris."""
        born, today = self.person.applicant.birth_date, clock.today()
        if born is None:
            raise DomainError("La date de naissance est nécessaire.", field="birth_date")
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    @property
    def rule(self) -> Rule:
        return rule_for(self.filler, self.age, attested=self.attested)

    def profile(self, key: UUID) -> Profile:
        """What routing may know. Sensitive answers without consent stay out."""
        told = {public: answer for public, answer in self.publics.items() if self.sensitive or not public.sensitive}
        return Profile(
            key=str(key),
            side=self.side,
            channel=CHANNELS[self.filler],
            referrer_type=self.referrer_type,
            establishment=self.establishment,
            establishment_name=self.establishment_name,
            age=self.age,
            situations=self.situations,
            level=self.level,
            needs=self.needs,
            publics=told,
            places=places_of(self.commune),
            home=commune(self.commune).name,
            modalities=self.modalities,
            months=self.months,
            hours_a_month=self.hours_a_month,
            available_from=self.available_from,
        )


def submit_draft(token: str, form: str, submission: Submission, left: Mapping[str, str]) -> UUID:
    """Send what a draft holds; a second call finds it sent, and changes nothing. Returns the referral's id."""
    draft = draft_of(token, form, lock=True)
    if draft is not None and draft.submitted_as is not None:
        return draft.submitted_as
    referral_id = submit_referral(submission).id
    close_draft(token, form, referral_id, left)
    return referral_id


def submit_referral(submission: Submission) -> Referral:
    """Receive a request (public role). Its tracking link stays bound to the transaction afterwards.

    Raises DomainError when no campaign is open or the birth date is missing.
    """
    referral = _referral_of(submission)
    bind_link(referral.tracking_digest)
    db.session.add(referral)
    db.session.flush()
    db.session.add_all(sealed_rows(referral.id, submission.person))
    db.session.add_all(_links(referral, submission.rule.awaited))
    db.session.add_all(_consents(referral, submission))
    happened(EventName.REFERRAL_SUBMITTED, referral_id=referral.id, side=referral.side, channel=referral.channel)
    for message in _messages(submission):
        put(message, str(referral.id), referral_id=referral.id)
    db.session.flush()
    if referral.state is ReferralState.TO_ROUTE:
        after_commit(partial(enqueue, Job.DRAIN, referral.side.value))
    return referral


def _referral_of(submission: Submission) -> Referral:
    key, now, home = new_id(), clock.now(), commune(submission.commune)
    awaited = submission.rule.awaited
    return Referral(
        id=key,
        number=_next_number(),
        side=submission.side,
        channel=CHANNELS[submission.filler],
        state=ReferralState.AWAITING_CONSENT if awaited else ReferralState.TO_ROUTE,
        state_since=now,
        awaiting=[one.value for one in awaited],
        received_at=now,
        campaign_id=_campaign_id(),
        profile=submission.profile(key).to_json(),
        age=submission.age,
        commune=home.code,
        departement=home.departement,
        region=home.region,
        needs=sorted(submission.needs or ()),
        tracking_digest=token_digest(vault().link_token(TRACKING, key, FIRST_VERSION)),
        link_version=FIRST_VERSION,
        hops=0,
    )


def _next_number() -> str:
    rank = db.session.scalar(text("SELECT nextval('referral_number')"))
    return f"{clock.today().year}-{rank:05}"


def _campaign_id() -> UUID:
    """Today's campaign; between two, the last one begun."""
    query = select(Campaign.id).where(Campaign.starts_on <= clock.today()).order_by(Campaign.starts_on.desc()).limit(1)
    found = db.session.scalar(query)
    if found is None:
        raise DomainError("Les inscriptions ne sont pas encore ouvertes. Vos réponses sont gardées sept jours.")
    return found


def _links(referral: Referral, awaited: Iterable[Awaited]) -> list[Base]:
    def digest(purpose: LinkPurpose) -> str:
        return token_digest(vault().link_token(purpose, referral.id, referral.link_version))

    return [ReferralLink(digest=digest(LINKS[one]), referral_id=referral.id, purpose=LINKS[one]) for one in awaited]


def _consents(referral: Referral, submission: Submission) -> list[Base]:
    told = wording_of(submission.filler, mentor=submission.side is Side.MENTOR)
    wordings = dict.fromkeys(submission.rule.given, told)
    if ConsentKind.PROFESSIONAL_ATTESTATION in wordings:
        wordings[ConsentKind.PROFESSIONAL_ATTESTATION] = ATTESTATION
    if submission.sensitive:
        wordings[ConsentKind.SENSITIVE] = SENSITIVE
    if _informs(submission):
        wordings[ConsentKind.GUARDIAN_INFORMED] = told
    return [
        Consent(referral_id=referral.id, kind=kind, wording=wording, given_at=referral.received_at)
        for kind, wording in wordings.items()
    ]


def _informs(submission: Submission) -> bool:
    guardian = submission.person.guardian
    return submission.rule.guardian is GuardianPart.INFORMED and guardian is not None and guardian.mail is not None


def _messages(submission: Submission) -> list[Message]:
    """The request to confirm carries number and tracking link; without anything to confirm, a message of its own."""
    messages = [MESSAGES[one] for one in submission.rule.awaited]
    if Awaited.ADDRESS not in submission.rule.awaited:
        messages.append(Message.REFERRAL_RECEIVED)
    if _informs(submission):
        messages.append(Message.GUARDIAN_INFORMED)
    return messages
