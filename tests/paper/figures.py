"""Figures made by hand: what the reports' pages are tested on."""

from datetime import date
from fractions import Fraction
from uuid import UUID

from matching.vocabulary import Side
from portal.queries.figures import Figures, Period, SideFigures, Tally
from portal.queries.objectives import ObjectiveLine

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
BUSY = {
    ("received", "total", ""): 60,
    ("offered", "total", ""): 40,
    ("offered", "hop", "0"): 36,
    ("accepted", "total", ""): 30,
    ("accepted", "hop", "0"): 24,
    ("accepted", "hours", "48"): 30,
    ("accepted", "wait", "72"): 30,
    ("contacted", "total", ""): 25,
    ("contacted", "hours", "24"): 25,
    ("paired", "total", ""): 12,
    ("paired", "departement", "59"): 9,
    ("bounced", "total", ""): 16,
    ("bounced", "hours", "72"): 16,
    ("bounced", "reason", "no_place"): 12,
    ("bounced", "reason", "other_need"): 4,
    ("expired", "total", ""): 2,
    ("received", "departement", "59"): 40,
    ("received", "departement", "2A"): 20,
    ("received", "age", "16"): 60,
    ("received", "level", "3e"): 60,
    ("received", "channel", "self"): 60,
    ("received", "need", "first_job"): 60,
}


def make_figures(period: Period = OCTOBER, *, busy: bool = True) -> Figures:
    """Mentees only, the same every week; or nothing at all."""
    weekly = {name: (9,) * len(period.weeks) for name in ("received", "offered", "accepted", "paired")}
    sides = {side: SideFigures(side, period) for side in Side}
    if busy:
        sides[Side.MENTEE] = SideFigures(Side.MENTEE, period, Tally(BUSY), None, weekly)
    return Figures(period, sides, period.first if busy else None)


def network() -> dict[Side, Tally]:
    hours = {("accepted", "hours", "96"): 300, ("bounced", "hours", "96"): 50, ("contacted", "hours", "96"): 200}
    return {Side.MENTEE: Tally(hours), Side.MENTOR: Tally()}


def objective(name: str = "Proxité", committed: int = 30, target: int = 40, number: int = 1) -> ObjectiveLine:
    return ObjectiveLine(
        UUID(int=number), name, committed, 0, None, None, target, 1, False, None, None, None, Fraction(0)
    )
