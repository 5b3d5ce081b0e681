"""Changing who may do what: roles within an association, accounts of the portal, somebody's second factor."""

from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Update, select, update

from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role, SignedIn
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.account import Account, Membership
from portal.models.event import JournalAct, Message, Outbox
from portal.operations.history import journal

LAST_ADMINISTRATOR = (
    "C’est la dernière personne qui administre l’association. Donnez d’abord ce rôle à quelqu’un d’autre."
)
OWN_ACCOUNT = "Vous ne pouvez pas fermer votre propre compte\u00a0: demandez-le à quelqu’un de l’équipe."


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
    """The person leaves: the database ends their sessions at once. Raises DomainError as change_role does."""
    _keep_an_administrator(membership)
    membership.ended_at = clock.now()
    journal(JournalAct.MEMBER_LEFT, detail=str(membership.account_id))


def _keep_an_administrator(leaving: Membership) -> None:
    """Under a lock on all who administer: two of them who leave at once are told one after the other."""
    query = (
        select(Membership.id)
        .where(
            Membership.association_id == leaving.association_id,
            Membership.role == Role.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
        .order_by(Membership.id)
        .with_for_update()
    )
    if set(db.session.scalars(query)) == {leaving.id}:
        raise DomainError(LAST_ADMINISTRATOR)


def close_account(account_id: UUID, *, by: SignedIn) -> None:
    """Nobody signs in with it any more; the database ends its sessions at once. Raises Hidden or DomainError."""
    if account_id == by.account_id:
        raise DomainError(OWN_ACCOUNT)
    _change(update(Account).where(Account.id == account_id, Account.closed_at.is_(None)).values(closed_at=clock.now()))
    journal(JournalAct.MEMBER_LEFT, detail=str(account_id))


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
    db.session.add(
        Outbox(
            deduplication_key=f"{Message.SECOND_FACTOR_RESET}:{new_id()}",
            message=Message.SECOND_FACTOR_RESET,
            reference_id=account_id,
            next_attempt_at=clock.now(),
        )
    )
    after_commit(partial(enqueue, Job.SEND_MAIL))


def _change(statement: Update) -> None:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        raise Hidden
