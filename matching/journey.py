"""A request on its way through a season, and the trace of what was decided for it."""

from datetime import datetime
from typing import NamedTuple

from matching.decision import Why
from matching.index import Outcomes
from matching.ledger import Home
from matching.ranking import Opening, TieBreak
from matching.season import Arrival, End


class Step(NamedTuple):
    """One decision: whose, when, the masks, and where it went.

    Without an opening it went to the waiting list, or is nobody's for the reason `why`.
    """

    request: str
    at: datetime
    outcomes: Outcomes
    opening: Opening | None = None
    certain: bool = False
    tie_break: TieBreak | None = None
    ranking: tuple[str, ...] = ()
    why: Why | None = None


class Journey:
    """A request: what fits it, where it lives, who was tried, and the offer it holds with the end that will come."""

    __slots__ = ("arrival", "end", "gone", "home", "hours", "number", "offer", "outcomes", "tried")

    def __init__(self, number: int, arrival: Arrival, outcomes: Outcomes, home: Home, gone: int) -> None:
        self.number, self.arrival, self.outcomes, self.home = number, arrival, outcomes, home
        self.tried, self.gone = arrival.tried, gone
        self.offer: Opening | None = None
        self.end = End.KEPT
        self.hours = 0
