"""Forecast: where each association's committed will stand at the end of a season, with an interval that nine in ten keep.

Pure: no clock, no chance; the same history, the same figures. How wide an interval is comes from the errors that the
same forecast made earlier in the season (`calibrated`); `backtest` tells what it is worth.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matching.outlook import Bounds, Foreseen, Kinds, Outlook, Part, seen_from
from matching.rhythm import Course

USUAL_SPREAD, SPREADS = 0.5, tuple(step / 20 for step in range(2, 31))
LEAST_SPREAD = {False: 0.4, True: 0.2}  # without and with a past season to compare with
COVERED = 0.9


def foresee(
    season: Course,
    today: int,
    bounds: Mapping[str, Bounds],
    past: Course | None = None,
    kinds: Kinds | None = None,
) -> dict[str, Foreseen]:
    """Every association of bounds; nothing at all when there is too little history to say anything.

    today: the number of days that are over. past: the season before, which gives the rhythm; without it requests are
    taken to come evenly, as they did of late. kinds: the share of recent requests that fit exactly these associations.
    """
    outlook = seen_from(season, today, bounds, past, kinds)
    if not outlook.enough:
        return {}
    spread = calibrated(outlook)
    return {name: part.foreseen(spread) for name, part in outlook.parts().items()}


@dataclass(frozen=True)
class Trial:
    """A forecast made again on a past day, beside what came.

    error: the sum of the distances, as a share of all that came; bias: the same with their signs, more foreseen than
    came; coverage: the share of associations that came within their interval.
    """

    day: int
    error: float
    bias: float
    coverage: float


def backtest(
    season: Course,
    bounds: Mapping[str, Bounds],
    past: Course | None = None,
    kinds: Kinds | None = None,
    *,
    until: int | None = None,
    shares: Sequence[float] = (0.25, 0.5, 0.75),
) -> list[Trial]:
    """The season foreseen at these shares of it, with what was known then. until: what is lived of it, all by default.

    A day with too little history before it, or after which nothing counted, is left out.
    """
    last = season.days if until is None else until
    outlooks = [seen_from(season, round(share * last), bounds, past, kinds, until=last) for share in shares]
    ended = season.committed(last)
    return [_trial(one, ended) for one in outlooks if one.enough and any(ended[name] for name in bounds)]


def _trial(outlook: Outlook, ended: Mapping[str, int]) -> Trial:
    spread = calibrated(outlook)
    pairs = [
        (part.foreseen(spread), ended[name] + outlook.bounds[name].outside) for name, part in outlook.parts().items()
    ]
    came = sum(real for _, real in pairs)
    return Trial(
        outlook.today,
        error=sum(abs(told.expected - real) for told, real in pairs) / came,
        bias=sum(told.expected - real for told, real in pairs) / came,
        coverage=sum(told.low <= real <= told.high for told, real in pairs) / len(pairs),
    )


def calibrated(outlook: Outlook) -> float:
    """The least spread whose intervals would have held nine associations in ten, foreseen earlier for today.

    As far ahead as there is left now, or from the middle of what is over. With too little history, the usual spread;
    never less than what one season differs from another.
    """
    season, today, bounds = outlook.season, outlook.today, outlook.bounds
    earlier = max(today - outlook.left, today // 2)
    before = seen_from(season, earlier, bounds, outlook.past, outlook.kinds, until=today)
    if not before.enough:
        return USUAL_SPREAD
    now, least = season.committed(today), LEAST_SPREAD[before.compared]
    pairs = [(part, now[name] + bounds[name].outside) for name, part in before.parts().items()]
    wide_enough = (one for one in SPREADS if one >= least and _held(pairs, one) >= COVERED * len(pairs))
    return next(wide_enough, SPREADS[-1])


def _held(pairs: Iterable[tuple[Part, int]], spread: float) -> int:
    told = ((part.foreseen(spread), real) for part, real in pairs)
    return sum(one.low <= real <= one.high for one, real in told)
