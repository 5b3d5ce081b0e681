"""One drainer a side at a time: an advisory lock that dies with its holder's connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.foundation.locks import NUMBER, Lock
from portal.foundation.tenancy import DatabaseRole

TRY = text("SELECT pg_try_advisory_lock(:lock, :side)")
RELEASE = text("SELECT pg_advisory_unlock(:lock, :side)")


@contextmanager
def leading(side: Side) -> Iterator[bool]:
    """Whether we lead; others are told no at once. Held on a connection of its own, across transactions."""
    key = {"lock": Lock.DRAINER, "side": NUMBER[side]}
    with db.engines[DatabaseRole.ROUTER].connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        chosen = bool(connection.scalar(TRY, key))
        try:
            yield chosen
        finally:
            if chosen:
                _release(connection, key)


def _release(connection: Connection, key: dict[str, int]) -> None:
    """A connection that cannot give its lock back must not return to the pool with it."""
    try:
        connection.execute(RELEASE, key)
    except BaseException:
        connection.invalidate()
        raise
