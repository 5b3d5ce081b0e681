"""Appending to the domain's history and to the audit journal."""

from uuid import UUID

from portal.foundation.extensions import db
from portal.foundation.tenancy import current_scope
from portal.models.event import Event, EventName, JournalAct, JournalEntry


def happened(
    name: EventName,
    *,
    referral_id: UUID | None = None,
    association_id: UUID | None = None,
    assignment_id: UUID | None = None,
    **data: str | int | bool | None,
) -> None:
    """Append a fact. data: codes and numbers only."""
    db.session.add(
        Event(
            name=name,
            referral_id=referral_id,
            association_id=association_id,
            assignment_id=assignment_id,
            account_id=current_scope().account_id,
            data=data,
        )
    )


def journal(act: JournalAct, *, referral_id: UUID | None = None, detail: str | None = None) -> None:
    """Append to the audit journal, as the scope's account and association; write it last in an operation."""
    scope = current_scope()
    db.session.add(
        JournalEntry(
            act=act,
            account_id=scope.account_id,
            association_id=scope.association_id,
            referral_id=referral_id,
            detail=detail,
        )
    )
