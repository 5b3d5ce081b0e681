"""The two advisory locks of routing, one pair a side.

The drainer holds DRAINER for as long as it drains (others stand by), and OPENINGS for the time of one batch;
whoever changes what is open (capacity, pause, criteria) shares OPENINGS until it commits. So a batch ranks on
openings that cannot change under it, and a coordinator waits for one batch at most.
"""

from enum import IntEnum

from sqlalchemy import text

from matching.vocabulary import Side
from portal.foundation.extensions import db

NUMBER = {Side.MENTEE: 1, Side.MENTOR: 2}


# Around the locking of a row that only a statement of somebody else's may hold: longer is an error, not a wait.
WAIT_A_LITTLE, WAIT_AS_NEEDED = text("SET LOCAL lock_timeout = '2s'"), text("SET LOCAL lock_timeout = 0")


class Lock(IntEnum):
    """First key of PostgreSQL's two-key advisory locks; the second is the side's number."""

    DRAINER = 726_401
    OPENINGS = 726_402


def share_openings(side: Side) -> None:
    """Call before changing capacity, pause or criteria: the next batch sees it whole, this one not at all."""
    db.session.execute(
        text("SELECT pg_advisory_xact_lock_shared(:lock, :side)"), {"lock": Lock.OPENINGS, "side": NUMBER[side]}
    )
