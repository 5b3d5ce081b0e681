"""What came of a season, by day and by who may fit: the demand that matching.levels foresees from."""

from collections import Counter
from datetime import date

from matching.levels import Demand
from matching.router import Router
from matching.season import Season


def demand_of(season: Season, router: Router) -> list[Demand]:
    """What came, for matching.levels: by day, how many requests for each set of associations that may fit."""
    bits, zone = router.catalogue.bits_of, season.until.tzinfo
    masks: Counter[tuple[date, int]] = Counter()
    for arrival in season.kept:
        masks[arrival.at.astimezone(zone).date(), router.index.outcomes(arrival.profile).possible] += 1
    first = min((day for day, _ in masks), default=date.min)
    return [
        Demand((day - first).days, frozenset(key for key, own in bits.items() if own & mask), requests)
        for (day, mask), requests in masks.items()
    ]
