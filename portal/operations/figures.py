"""The sums of the figures: what events append is folded into days, and both are compared with a recount.

At any instant the exact figure is daily_figure and figure_delta added up: folding only moves amounts from one to the
other, in one statement, so nobody ever reads a figure twice or not at all.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import CursorResult, text

from portal.foundation.extensions import db

LOCK = 726_403  # beside those of portal.foundation.locks; one fold or mending at a time
KEY = "association_id, side, measure, dimension, day, value"
TRY = text("SELECT pg_try_advisory_xact_lock(:lock, 0)")
WAIT = text("SELECT pg_advisory_xact_lock(:lock, 0)")
FOLD = text(f"""
WITH gone AS (DELETE FROM figure_delta RETURNING {KEY}, amount)
INSERT INTO daily_figure ({KEY}, amount)
SELECT {KEY}, sum(amount) FROM gone GROUP BY {KEY} HAVING sum(amount) <> 0
ON CONFLICT ({KEY}) DO UPDATE SET amount = daily_figure.amount + excluded.amount
""")  # noqa: S608 - constants
# One statement, hence one snapshot: what is counted while it runs is in none of the three.
DIFFERENCES = f"""
SELECT {KEY}, sum(kept)::int AS kept, sum(recounted)::int AS recounted FROM (
    SELECT {KEY}, amount AS kept, 0 AS recounted FROM daily_figure
    UNION ALL SELECT {KEY}, amount, 0 FROM figure_delta
    UNION ALL SELECT {KEY}, 0, amount FROM recounted_figures()
) both_ways GROUP BY {KEY} HAVING sum(kept) <> sum(recounted)
"""  # noqa: S608 - constants
SHOW = text(f"{DIFFERENCES} ORDER BY {KEY}")
MEND = text(f"""
INSERT INTO figure_delta ({KEY}, amount)
SELECT {KEY}, recounted - kept FROM ({DIFFERENCES}) differing
""")  # noqa: S608 - constants


@dataclass(frozen=True)
class Difference:
    """One sum that is not what a recount finds. association_id None: over the whole network."""

    association_id: UUID | None
    side: str
    measure: str
    dimension: str
    day: date
    value: str
    kept: int
    recounted: int


def fold_figures() -> int:
    """Bring what events have appended into the sums by day (jobs' scope); 0 when somebody else is at it.

    Returns how many sums moved. Events go on appending meanwhile: theirs are for the next time.
    """
    if not db.session.scalar(TRY, {"lock": LOCK}):
        return 0
    return _rows(db.session.execute(FOLD))


def figure_differences() -> list[Difference]:
    """The sums that are not what a recount of all events finds (jobs' scope); empty when all is well."""
    return [Difference(*row) for row in db.session.execute(SHOW)]


def mend_figures() -> int:
    """Append what the sums lack, so that they are those of a recount (jobs' scope); returns how many were mended."""
    db.session.execute(WAIT, {"lock": LOCK})
    mended = _rows(db.session.execute(MEND))
    db.session.execute(FOLD)
    return mended


def _rows(done: object) -> int:
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
