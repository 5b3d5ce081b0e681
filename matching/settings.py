"""Settings: the rules a season is lived under."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from matching.programme import Catalogue
from matching.ranking import Policy
from matching.standing import Standing

Arrived = Mapping[frozenset[str], int]
Levels = Callable[[date, Standing, Arrived], Mapping[str, Fraction]]


@dataclass(frozen=True)
class Settings:
    """Catalogue, standing at the start, and policy.

    levels: for `projected`, asked at the start of each day for the level each association should have reached, from
    the day, the standing at that instant and how many requests have come so far for each set of associations that may
    fit them.
    """

    catalogue: Catalogue
    standing: Standing
    policy: Policy = field(default_factory=Policy)
    levels: Levels | None = None
