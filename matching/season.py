"""A season as it was lived: the requests that came, in order, and what became of each offer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from matching.profile import Profile
from matching.vocabulary import Side, Word


class End(Word):
    """What became of an offer."""

    KEPT = "kept", "gardée"
    BOUNCED = "bounced", "réorientée"
    EXPIRED = "expired", "restée sans réponse"
    WITHDRAWN = "withdrawn", "retirée"


class Recorded(NamedTuple):
    """What an association really did. `after`: from the offer to that end taking effect, undo window included.

    KEPT holds its place for good; BOUNCED and EXPIRED send the request on; WITHDRAWN closes it and frees the place.
    """

    association: str
    end: End
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request ready to be routed at `at` (with its zone); `recorded` holds its real offers, in order."""

    profile: Profile
    at: datetime
    tried: frozenset[str] = frozenset()
    recorded: tuple[Recorded, ...] = ()


@dataclass(frozen=True)
class Season:
    """The requests of one side, in the order they came; after `until` nothing more is looked at.

    The zone of `until` says when a day begins. `arrivals` may be an iterator: it can then be lived only once.
    """

    side: Side
    arrivals: Iterable[Arrival]
    until: datetime

    @property
    def kept(self) -> Sequence[Arrival]:
        """The requests, when they can be read again. Raises TypeError for an iterator."""
        if not isinstance(self.arrivals, Sequence):
            raise TypeError("an iterator of arrivals can be lived only once")
        return self.arrivals
