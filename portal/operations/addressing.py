"""To whom a message goes and what it says: read from the database when it leaves, never kept in the outbox."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.crypto import vault
from portal.foundation.extensions import db
from portal.mail.account_messages import ACCOUNT_LETTERS, Knock
from portal.mail.letter import Attachment, Letter
from portal.mail.messages import LETTERS
from portal.mail.subject import Subject
from portal.mail.team_messages import TEAM_LETTERS
from portal.models.account import Account, Invitation, PasswordReset
from portal.models.assignment import Assignment
from portal.models.association import Association
from portal.models.company import Lead
from portal.models.identity import LinkPurpose
from portal.models.outbox import Message, Outbox
from portal.models.person import Person
from portal.models.referral import Referral
from portal.operations.addressing_team import for_member
from portal.operations.anonymising import NOTICE
from portal.operations.links import INVITATION_DAYS, RESET_MINUTES, invitation_path, reset_path, still_open
from portal.operations.wanting import holds_still, wanted
from portal.queries.people import person_of

GUARDIANS = frozenset({Message.GUARDIAN_CONSENT, Message.GUARDIAN_REMINDER, Message.GUARDIAN_INFORMED})
TEAM = "L’équipe du Collectif"
CHOICES = "/compte/courriels"


@dataclass(frozen=True)
class Addressed:
    """A letter and the one mailbox it goes to."""

    to: str
    letter: Letter
    attachments: tuple[Attachment, ...] = ()


Knocker = tuple[str, Knock] | None


def addressed(row: Outbox, settings: Settings) -> Addressed | None:
    """None when there is nobody left to send it to, they do not want it, or what it tells of is over."""
    if row.referral_id is not None:
        return _about_request(row, row.referral_id, settings)
    if row.message in TEAM_LETTERS:
        to_member = for_member(row, settings)
        return Addressed(*to_member) if to_member else None
    assert row.reference_id is not None
    found = KNOCKERS[row.message](row.reference_id, settings)
    return Addressed(found[0], ACCOUNT_LETTERS[row.message](found[1])) if found else None


def _about_request(row: Outbox, referral_id: UUID, settings: Settings) -> Addressed | None:
    referral = db.session.get(Referral, referral_id)
    if referral is None or not (wanted(row.message, referral.news) and holds_still(row.message, referral)):
        return None
    person = person_of(referral_id)
    to = recipient(row.message, person) if person else None
    if to is None:
        return None
    return Addressed(to, LETTERS[row.message](subject_of(referral, settings, told_at=row.created_at)))


def recipient(message: Message, person: Person) -> str | None:
    """Whoever asked for the request, or its guardian for what concerns the guardian."""
    if message in GUARDIANS:
        return person.guardian.mail if person.guardian else None
    return person.referrer.mail if person.referrer else person.applicant.mail


def subject_of(referral: Referral, settings: Settings, *, told_at: datetime) -> Subject:
    """told_at: when it was decided to write."""

    def link(path: str, purpose: str) -> str:
        return f"{settings.base_url}/{path}/{vault().link_token(purpose, referral.id, referral.link_version)}"

    return Subject(
        number=referral.number,
        side=referral.side,
        channel=referral.channel,
        tracking_url=link("suivi", "tracking"),
        address_url=link("confirmer", LinkPurpose.ADDRESS),
        guardian_url=link("accord", LinkPurpose.GUARDIAN),
        undecided_days=settings.expiry_days,
        applicant_days=settings.applicant_days,
        unconfirmed_until=referral.received_at + timedelta(hours=settings.unconfirmed_hours),
        guardian_until=referral.received_at + timedelta(days=settings.guardian_days),
        forgotten_on=told_at + NOTICE,
        association=association_in_charge(referral.id),
    )


def association_in_charge(referral_id: UUID) -> str | None:
    return db.session.scalar(
        select(Association.name)
        .join(Assignment, Assignment.association_id == Association.id)
        .where(Assignment.referral_id == referral_id, Assignment.closed_at.is_(None))
    )


def _of_invitation(invitation_id: UUID, settings: Settings) -> Knocker:
    """Only while it can still be accepted."""
    query = (
        select(Invitation, Association.name)
        .outerjoin(Association, Association.id == Invitation.association_id)
        .where(Invitation.id == invitation_id)
    )
    row = db.session.execute(query).one_or_none()
    if row is None or not still_open(row.Invitation):
        return None
    asked = row.Invitation
    url = settings.base_url + invitation_path(asked.id, asked.link_version)
    knock = Knock(url, place=row.name or TEAM, duties=asked.role.label, patience=f"{INVITATION_DAYS}\u00a0jours")
    return asked.mail, knock


def _of_reset(reset_id: UUID, settings: Settings) -> Knocker:
    query = (
        select(Account.mail)
        .join(PasswordReset, PasswordReset.account_id == Account.id)
        .where(
            PasswordReset.id == reset_id,
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > clock.now(),
            Account.closed_at.is_(None),
        )
    )
    mail = db.session.scalar(query)
    url = settings.base_url + reset_path(reset_id)
    knock = Knock(url, patience=f"{RESET_MINUTES}\u00a0minutes", choices=settings.base_url + CHOICES)
    return (mail, knock) if mail else None


def _of_account(path: str) -> Callable[[UUID, Settings], Knocker]:
    def found(account_id: UUID, settings: Settings) -> Knocker:
        mail = db.session.scalar(select(Account.mail).where(Account.id == account_id, Account.closed_at.is_(None)))
        knock = Knock(settings.base_url + path, choices=settings.base_url + CHOICES)
        return (mail, knock) if mail else None

    return found


def _of_lead(lead_id: UUID, settings: Settings) -> Knocker:
    row = db.session.execute(select(Lead.number, Lead.contact_sealed).where(Lead.id == lead_id)).one_or_none()
    if row is None:
        return None
    contact = json.loads(vault().open(row.contact_sealed, column="lead.contact_sealed", row=lead_id))
    knock = Knock(f"{settings.base_url}/entreprises", number=row.number)
    return (contact["mail"], knock) if contact.get("mail") else None


KNOCKERS: dict[Message, Callable[[UUID, Settings], Knocker]] = {
    Message.INVITATION: _of_invitation,
    Message.PASSWORD_RESET: _of_reset,
    Message.PASSWORD_CHANGED: _of_account("/mot-de-passe"),
    Message.SECOND_FACTOR_RESET: _of_account("/connexion"),
    Message.LEAD_RECEIVED: _of_lead,
}
