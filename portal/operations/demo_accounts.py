"""Production refuses to run with demo accounts: their password and their second factor are public."""

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal.foundation.config import settings
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import Account


class DemoAccountsPresent(RuntimeError):
    """The application does not start."""


def refuse_demo_accounts() -> None:
    """Raise DemoAccountsPresent in production when there is a demo account.

    A database that does not answer, or holds no tables yet, stops nothing here: signing in refuses them again.
    """
    if not settings().production:
        return
    try:
        with transaction(Scope(DatabaseRole.SIGN_IN, read_only=True)):
            found = db.session.scalar(select(func.count()).select_from(Account).where(Account.demo))
    except (OperationalError, ProgrammingError):
        return
    finally:
        db.engines[DatabaseRole.SIGN_IN].dispose()  # a server may fork after this: no connection is shared
    if found:
        raise DemoAccountsPresent(
            f"{found} demo accounts are in this database and their passwords are public: production does not start with"
            " them. Use a database of its own, or delete the demo season first."
        )
