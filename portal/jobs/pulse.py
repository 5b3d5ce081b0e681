"""Signs of life of a worker that holds a lease, for as long as its process lives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event as Flag
from threading import Thread

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction


@contextmanager
def signs_of_life(renew: Callable[[], None], lease: timedelta) -> Iterator[None]:
    """The lease is renewed (jobs role) three times in its length: slow work is not taken for a dead worker's."""
    over, beat = Flag(), lease.total_seconds() / 3
    portal = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - for a thread

    def keep() -> None:
        while not over.wait(beat):
            with portal.app_context(), suppress(SQLAlchemyError), transaction(Scope(DatabaseRole.JOBS)):
                renew()

    pulse = Thread(target=keep, daemon=True)
    pulse.start()
    try:
        yield
    finally:
        over.set()
        pulse.join()
