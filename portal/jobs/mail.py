"""Sending what waits in the outbox."""

from portal.foundation.config import settings
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.sending import send_next

AT_MOST = 500


def send_pending() -> None:
    """Send all that is due, each message in a transaction of its own."""
    for _ in range(AT_MOST):
        with transaction(Scope(DatabaseRole.JOBS)):
            found = send_next(settings())
        if not found:
            return
