"""Inviting somebody to an association or to the Collectif's team, and accepting."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role, SignedIn
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account, Invitation, Membership
from portal.models.event import JournalAct
from portal.models.outbox import Message
from portal.models.person import normalised_mail
from portal.operations.history import journal
from portal.operations.links import INVITATION_LIFE, opens_invitation, still_open
from portal.operations.outbox import put
from portal.operations.passwords import hash_password, refuse_weak_password, words_about
from portal.operations.sign_in import remember
from portal.queries.accounts import account_of_mail, associations_of
from portal.queries.invitations import (
    PENDING,
    has_account,
    invitation_of,
    latest_for,
    pending_for,
    role_of,
    sent_since,
)

ALREADY_INVITED = "Cette personne a déjà une invitation en attente. Renvoyez-la plutôt."
BETWEEN_MAILS = timedelta(minutes=10)
MOST_RESENT = 5
MOST_WAITING = 20
A_DAY = timedelta(days=1)
TOO_SOON = "Un e-mail vient de partir à cette adresse. Attendez dix minutes avant le suivant."
RESENT_ENOUGH = (
    f"Cette invitation est déjà partie {MOST_RESENT + 1} fois. Demandez à la personne si l’adresse est bonne."
)
ENOUGH_WAITING = f"Vous avez déjà envoyé {MOST_WAITING} invitations restées sans réponse. Retirez celles qui ne servent plus, ou attendez demain."
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
    """Have an invitation mailed, good for 14 days.

    Raises DomainError when it would be in vain, or when too many have just been sent.
    """
    _refuse_vain(wish, by)
    found = pending_for(wish.mail, wish.association_id)
    if found is not None and still_open(found):
        raise DomainError(ALREADY_INVITED, field="mail")
    _refuse_flood(wish)
    if found is not None:
        found.withdrawn_at = clock.now()
        db.session.flush()
    _send(_written(wish, by), 1)


def _refuse_vain(wish: Wish, by: SignedIn) -> None:
    """The Collectif may ask a coordinator to administer: an association without administrator is mended so."""
    if wish.association_id is None and has_account(wish.mail):
        raise DomainError(HAS_ACCOUNT, field="mail")
    now = role_of(wish.mail, wish.association_id) if wish.association_id is not None else None
    rises = by.is_staff and now is Role.COORDINATOR and wish.role is Role.ADMINISTRATOR
    if now is not None and not rises:
        raise DomainError("Cette personne fait déjà partie de l’équipe.", field="mail")


def _refuse_flood(wish: Wish) -> None:
    """Invitations that were withdrawn count too: their mails have left."""
    now = clock.now()
    if sent_since(now - A_DAY, wish.association_id) >= MOST_WAITING:
        raise DomainError(ENOUGH_WAITING, field="mail")
    latest = latest_for(wish.mail, wish.association_id)
    if latest is not None and _sent_at(latest) > now - BETWEEN_MAILS:
        raise DomainError(TOO_SOON, field="mail")


def _sent_at(invitation: Invitation) -> datetime:
    """When its last mail was asked for."""
    return invitation.expires_at - INVITATION_LIFE


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
    """A new link for 14 days; the one mailed before no longer opens. Raises Hidden, or DomainError when too often."""
    invitation = _waiting(invitation_id)
    if invitation.link_version > MOST_RESENT:
        raise DomainError(RESENT_ENOUGH)
    if _sent_at(invitation) > clock.now() - BETWEEN_MAILS:
        raise DomainError(TOO_SOON)
    invitation.link_version += 1
    invitation.expires_at = clock.now() + INVITATION_LIFE
    _send(invitation.id, invitation.link_version)
    journal(JournalAct.MEMBER_INVITED, detail=str(invitation_id))


def withdraw(invitation_id: UUID) -> None:
    """Its link no longer opens. Raises Hidden."""
    _waiting(invitation_id).withdrawn_at = clock.now()
    journal(JournalAct.MEMBER_INVITED, detail=f"withdrawn:{invitation_id}")


def withdraw_those_of(account_id: UUID, association_id: UUID | None = None) -> None:
    """All that this account sent and nobody has answered. association_id: only those for this association."""
    which = PENDING & (Invitation.invited_by == account_id)
    if association_id is not None:
        which &= Invitation.association_id == association_id
    withdrawn = update(Invitation).where(which).values(withdrawn_at=clock.now()).returning(Invitation.id)
    for invitation_id in db.session.scalars(withdrawn.execution_options(synchronize_session=False)).all():
        journal(JournalAct.MEMBER_INVITED, detail=f"withdrawn:{invitation_id}")


def _waiting(invitation_id: UUID) -> Invitation:
    found = invitation_of(invitation_id, lock=True)
    if found is None or found.accepted_at is not None or found.withdrawn_at is not None:
        raise Hidden
    return found


def _send(invitation_id: UUID, version: int) -> None:
    put(Message.INVITATION, f"{invitation_id}:{version}", reference_id=invitation_id)


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
    elif place is not None and invitation.role is Role.ADMINISTRATOR:
        _raise_role(account_id, place)
    invitation.accepted_at, invitation.accepted_by = clock.now(), account_id
    remember(JournalAct.MEMBER_JOINED, account_id, place)


def _raise_role(account_id: UUID, association_id: UUID) -> None:
    """Who was already a member administers from now on, as the Collectif asked.

    The sign-in role may add members and change none: the Collectif's does. Should accepting fail afterwards, the
    invitation is still open, and accepting it again changes nothing more.
    """
    mine = (
        Membership.account_id == account_id,
        Membership.association_id == association_id,
        Membership.ended_at.is_(None),
        Membership.role == Role.COORDINATOR,
    )
    raised = update(Membership).where(*mine).values(role=Role.ADMINISTRATOR).returning(Membership.id)
    with transaction(Scope(DatabaseRole.STAFF, account_id=account_id)) as session:
        changed = session.scalar(raised) is not None
    if changed:
        remember(JournalAct.ROLE_CHANGED, account_id, association_id, detail=f"{Role.ADMINISTRATOR}:{account_id}")
