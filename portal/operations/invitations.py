"""Inviting somebody to an association or to the Collectif's team, and accepting."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role, SignedIn
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.account import Account, Invitation, Membership
from portal.models.event import JournalAct, Message, Outbox
from portal.models.person import normalised_mail
from portal.operations.history import journal
from portal.operations.links import INVITATION_LIFE, opens_invitation, still_open
from portal.operations.passwords import hash_password, refuse_weak_password, words_about
from portal.operations.sign_in import remember
from portal.queries.accounts import account_of_mail, associations_of
from portal.queries.invitations import has_account, invitation_of, is_member, pending_for

ALREADY_INVITED = "Cette personne a déjà une invitation en attente. Renvoyez-la plutôt."
HAS_ACCOUNT = (
    "Cette adresse a déjà un compte sur le portail. Un compte du Collectif est personnel et à part\u00a0:"
    " invitez une autre adresse."
)


@dataclass(frozen=True)
class Wish:
    """Who is invited, where to (None: the Collectif's team) and as what."""

    mail: str
    role: Role
    association_id: UUID | None


def invite(wish: Wish, *, by: SignedIn) -> None:
    """Have an invitation mailed, good for 14 days. Raises DomainError when it would be in vain."""
    _refuse_vain(wish)
    found = pending_for(wish.mail, wish.association_id)
    if found is not None and still_open(found):
        raise DomainError(ALREADY_INVITED, field="mail")
    if found is not None:
        found.withdrawn_at = clock.now()
        db.session.flush()
    _send(_written(wish, by), 1)


def _refuse_vain(wish: Wish) -> None:
    if wish.association_id is None and has_account(wish.mail):
        raise DomainError(HAS_ACCOUNT, field="mail")
    if wish.association_id is not None and is_member(wish.mail, wish.association_id):
        raise DomainError("Cette personne fait déjà partie de l’équipe.", field="mail")


def _written(wish: Wish, by: SignedIn) -> UUID:
    """Of two people who invite the same one at once, one is told."""
    now, invitation_id = clock.now(), new_id()
    row = insert(Invitation).values(
        id=invitation_id,
        mail=normalised_mail(wish.mail),
        association_id=wish.association_id,
        role=wish.role,
        invited_by=by.account_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
        link_version=1,
    )
    if db.session.scalar(row.on_conflict_do_nothing().returning(Invitation.id)) is None:
        raise DomainError(ALREADY_INVITED, field="mail")
    journal(JournalAct.MEMBER_INVITED, detail=str(invitation_id))
    return invitation_id


def resend(invitation_id: UUID) -> None:
    """A new link for 14 days; the one mailed before no longer opens. Raises Hidden."""
    invitation = _waiting(invitation_id)
    invitation.link_version += 1
    invitation.expires_at = clock.now() + INVITATION_LIFE
    _send(invitation.id, invitation.link_version)
    journal(JournalAct.MEMBER_INVITED, detail=str(invitation_id))


def withdraw(invitation_id: UUID) -> None:
    """Its link no longer opens. Raises Hidden."""
    _waiting(invitation_id).withdrawn_at = clock.now()
    journal(JournalAct.MEMBER_INVITED, detail=f"withdrawn:{invitation_id}")


def _waiting(invitation_id: UUID) -> Invitation:
    found = invitation_of(invitation_id, lock=True)
    if found is None or found.accepted_at is not None or found.withdrawn_at is not None:
        raise Hidden
    return found


def _send(invitation_id: UUID, version: int) -> None:
    db.session.add(
        Outbox(
            deduplication_key=f"{Message.INVITATION}:{invitation_id}:{version}",
            message=Message.INVITATION,
            reference_id=invitation_id,
            next_attempt_at=clock.now(),
        )
    )
    after_commit(partial(enqueue, Job.SEND_MAIL))


def opened(invitation_id: UUID, token: str, *, lock: bool = False) -> Invitation:
    """What this link leads to, settled or not (sign-in role). lock: held, when it is still open, until the end.

    Raises Hidden when it is not one of ours.
    """
    found = invitation_of(invitation_id)
    if found is None or not opens_invitation(token, found.id, found.link_version):
        raise Hidden
    if lock and still_open(found) and invitation_of(invitation_id, lock=True) is None:
        db.session.refresh(found)  # settled at this very moment: only open ones can be locked
    return found


def accept_as_newcomer(invitation: Invitation, name: str, password: str) -> Account:
    """Create the account and join. invitation: locked and still open. Raises DomainError."""
    if account_of_mail(invitation.mail) is not None:
        raise DomainError("Cette adresse a déjà un compte\u00a0: connectez-vous pour accepter.")
    refuse_weak_password(password, about=words_about(name, invitation.mail))
    account = Account(
        id=new_id(),
        mail=invitation.mail,
        name=name,
        password_hash=hash_password(password),
        staff=invitation.role is Role.STAFF,
    )
    db.session.add(account)
    db.session.flush()
    _join(invitation, account.id)
    return account


def accept_as_member(invitation: Invitation, person: SignedIn) -> None:
    """Join with the account one has already. invitation: locked and still open. Raises DomainError or Hidden."""
    account = db.session.get_one(Account, person.account_id)
    if account.mail.lower() != invitation.mail.lower():
        raise Hidden
    if invitation.role is Role.STAFF:
        raise DomainError(HAS_ACCOUNT)
    _join(invitation, account.id)


def _join(invitation: Invitation, account_id: UUID) -> None:
    """The database lets in only whom an open invitation names: the row is closed last."""
    place = invitation.association_id
    if place is not None and place not in associations_of(account_id):
        db.session.add(Membership(account_id=account_id, association_id=place, role=invitation.role))
        db.session.flush()
    invitation.accepted_at, invitation.accepted_by = clock.now(), account_id
    remember(JournalAct.MEMBER_JOINED, account_id, place)
