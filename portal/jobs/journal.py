"""Sealing the audit journal, and forgetting what is a year old."""

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.journal_chain import forget_old, seal_pending


def seal() -> None:
    """Seal all that waits, a transaction each batch."""
    sealed = 1
    while sealed:
        with transaction(Scope(DatabaseRole.JOBS)):
            sealed = seal_pending()


def forget() -> None:
    with transaction(Scope(DatabaseRole.JOBS)):
        forget_old()
