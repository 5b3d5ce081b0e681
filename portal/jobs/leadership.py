"""One drainer a side at a time: an advisory lock that dies with its holder's connection.

A holder that was killed closes its connection; one that is stopped, or whose machine is gone, does not. So it must be
heard of: the server ends a leader's session that has said nothing for a while, and with it the lock. Whoever leads next
ranks on the truth in any case, since each batch takes OPENINGS; a leader that comes back finds its session ended.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.foundation.locks import NUMBER, Lock
from portal.foundation.tenancy import DatabaseRole

SILENCE = "20s"  # longer than a batch's own, behind which a leader may have to wait

TRY = text(
    "SELECT CASE WHEN pg_try_advisory_lock(:lock, :side) THEN set_config('idle_session_timeout', :silence, false) END"
)
RELEASE = text("SELECT pg_advisory_unlock(:lock, :side), set_config('idle_session_timeout', '0', false)")
STILL_HERE = text("SELECT")


@contextmanager
def leading(side: Side) -> Iterator[Callable[[], object] | None]:
    """None when somebody else leads, at once; else we do, on a connection of its own, across transactions.

    What it gives must be called between batches: "still here". It raises sqlalchemy.exc.OperationalError when the
    session, and so the lead, has been lost.
    """
    key = {"lock": Lock.DRAINER, "side": NUMBER[side]}
    with db.engines[DatabaseRole.ROUTER].connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if connection.scalar(TRY, {**key, "silence": SILENCE}) is None:
            yield None
            return
        try:
            yield lambda: connection.execute(STILL_HERE)
        finally:
            _release(connection, key)


def _release(connection: Connection, key: dict[str, int]) -> None:
    """A connection that cannot give its lock back must not return to the pool with it."""
    try:
        if not connection.invalidated:
            connection.execute(RELEASE, key)
    except BaseException:
        connection.invalidate()
        raise
