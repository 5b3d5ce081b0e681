"""Changing who may do what: roles within an association, accounts of the portal, somebody's second factor."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Update, select, update

from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role, SignedIn
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.event import JournalAct
from portal.models.outbox import Message
from portal.operations.history import journal
from portal.operations.invitations import withdraw_those_of
from portal.operations.outbox import put

LAST_ADMINISTRATOR = (
    "C’est la dernière personne qui administre l’association. Donnez d’abord ce rôle à quelqu’un d’autre."
)
OWN_ACCOUNT = "Vous ne pouvez pas fermer votre propre compte\u00a0: demandez-le à quelqu’un de l’équipe."
LAST_OF_THE_TEAM = "C’est le dernier compte ouvert de l’équipe du Collectif. Invitez d’abord quelqu’un d’autre."
YOURS_IS_CLOSED = "Votre propre compte vient d’être fermé par quelqu’un de l’équipe."


class FactorLoss(StrEnum):
    """Why somebody's second factor is taken off."""

    TELEPHONE_LOST = "telephone_lost"
    TELEPHONE_CHANGED = "telephone_changed"
    SECRET_KNOWN = "secret_known"  # noqa: S105 - a reason, not a secret

    @property
    def label(self) -> str:
        return LOSSES[self]


LOSSES = {
    FactorLoss.TELEPHONE_LOST: "Téléphone perdu, volé ou cassé, et plus de code de secours",
    FactorLoss.TELEPHONE_CHANGED: "Nouveau téléphone, sans l’application de l’ancien",
    FactorLoss.SECRET_KNOWN: "Quelqu’un d’autre a pu voir le secret ou les codes",
}


def member_to_change(membership_id: UUID, association_id: UUID) -> Membership:
    """A current member of the association. Raises Hidden."""
    query = select(Membership).where(
        Membership.id == membership_id, Membership.association_id == association_id, Membership.ended_at.is_(None)
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise Hidden
    return found


def change_role(membership: Membership, role: Role) -> None:
    """Raises DomainError when nobody would administer the association any more."""
    if role not in {Role.COORDINATOR, Role.ADMINISTRATOR}:
        raise DomainError("Choisissez un rôle de la liste.", field="role")
    if role is Role.COORDINATOR:
        _keep_an_administrator(membership)
    membership.role = role
    journal(JournalAct.ROLE_CHANGED, detail=f"{role}:{membership.account_id}")


def end_membership(membership: Membership) -> None:
    """The person leaves: the database ends their sessions at once; the invitations they sent here are withdrawn.

    Raises DomainError as change_role does.
    """
    _keep_an_administrator(membership)
    withdraw_those_of(membership.account_id, membership.association_id)
    membership.ended_at = clock.now()
    journal(JournalAct.MEMBER_LEFT, detail=str(membership.account_id))


def _keep_an_administrator(leaving: Membership) -> None:
    if _administering(leaving.association_id) == {leaving.id}:
        raise DomainError(LAST_ADMINISTRATOR)


def _administering(association_id: UUID) -> set[UUID]:
    """The memberships that administer the association with an open account.

    All are locked first and read afterwards, so that two who go at once, or an account that closes meanwhile, are
    told one after the other.
    """
    which = (
        Membership.association_id == association_id,
        Membership.role == Role.ADMINISTRATOR,
        Membership.ended_at.is_(None),
    )
    db.session.execute(select(Membership.id).where(*which).order_by(Membership.id).with_for_update()).all()
    able = select(Membership.id).join(Account, Account.id == Membership.account_id)
    return set(db.session.scalars(able.where(*which, Account.closed_at.is_(None))))


def close_account(account_id: UUID, *, by: SignedIn) -> None:
    """Nobody signs in with it any more; the database ends its sessions at once; what it invited is withdrawn.

    Raises Hidden, or DomainError when the Collectif or an association would have nobody left.
    """
    if account_id == by.account_id:
        raise DomainError(OWN_ACCOUNT)
    _keep_a_team(account_id, by)
    _keep_associations_administered(account_id)
    _change(update(Account).where(Account.id == account_id, Account.closed_at.is_(None)).values(closed_at=clock.now()))
    withdraw_those_of(account_id)
    journal(JournalAct.MEMBER_LEFT, detail=str(account_id))


def _keep_a_team(leaving: UUID, by: SignedIn) -> None:
    """Under a lock on the whole team, in a fixed order: of two who close each other's account, one succeeds."""
    query = select(Account.id).where(Account.staff, Account.closed_at.is_(None)).order_by(Account.id)
    team = set(db.session.scalars(query.with_for_update(key_share=True)))
    if by.account_id not in team:
        raise DomainError(YOURS_IS_CLOSED)
    if team == {leaving}:
        raise DomainError(LAST_OF_THE_TEAM)


def _keep_associations_administered(leaving: UUID) -> None:
    query = (
        select(Membership.id, Membership.association_id, Association.name)
        .join(Association, Association.id == Membership.association_id)
        .where(Membership.account_id == leaving, Membership.role == Role.ADMINISTRATOR, Membership.ended_at.is_(None))
        .order_by(Membership.association_id)
    )
    for row in db.session.execute(query).all():
        if _administering(row.association_id) == {row.id}:
            raise DomainError(
                f"C’est la dernière personne qui administre {row.name}. Invitez d’abord quelqu’un d’autre à"
                " l’administrer, membre de l’équipe ou non."
            )


def reopen_account(account_id: UUID) -> None:
    """Raises Hidden when it is not closed."""
    _change(update(Account).where(Account.id == account_id, Account.closed_at.is_not(None)).values(closed_at=None))
    journal(JournalAct.MEMBER_JOINED, detail=str(account_id))


def reset_factor(account_id: UUID, why: FactorLoss) -> None:
    """A new factor is set at the next sign-in; the person is told by mail, the journal keeps why. Raises Hidden."""
    none: dict[str, Any] = {
        "totp_sealed": None,
        "totp_confirmed_at": None,
        "totp_last_step": None,
        "recovery_digests": [],
    }
    _change(update(Account).where(Account.id == account_id, Account.totp_confirmed_at.is_not(None)).values(**none))
    _tell(account_id)
    journal(JournalAct.SECOND_FACTOR_RESET, detail=f"{why}:{account_id}")


def _tell(account_id: UUID) -> None:
    put(Message.SECOND_FACTOR_RESET, str(new_id()), reference_id=account_id)


def _change(statement: Update) -> None:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        raise Hidden
