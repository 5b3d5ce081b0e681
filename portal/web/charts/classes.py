"""Few classes that read well, out of values that are often many small ones and a few large."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from portal.web.charts.measure import COUNT, Measure, Value, round_down, shown

QUANTILES = (0.2, 0.45, 0.7, 0.9)
RAMPS = {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}


def class_bounds(values: Iterable[Value | None], measure: Measure = COUNT) -> tuple[float, ...]:
    """Where each class begins: at most five rounded figures, the first of them 0.

    A class goes up to the next; the last has no end. Every class but the first holds a value.
    """
    positive = sorted(figure for value in shown(values) if (figure := measure.rounded(value)) > 0)
    bounds = [0.0]
    for part in QUANTILES if positive else ():
        bound = measure.rounded(round_down(positive[int(part * (len(positive) - 1))], measure.grain))
        if bound > bounds[-1]:
            bounds.append(bound)
    return tuple(bounds)


def class_of(value: float, bounds: Sequence[float], measure: Measure = COUNT) -> int:
    """The place of the value's class; a value is in the class where it is read once written."""
    return bisect_right([round(bound / measure.grain) for bound in bounds], round(value / measure.grain)) - 1


def shade(place: int, classes: int) -> int:
    """Which of the five shades a class takes, so that few classes still differ well."""
    return RAMPS[classes][place]


def class_words(bounds: Sequence[float], measure: Measure = COUNT) -> list[str]:
    """« 0 à 4 », « 5 à 19 », « 20 et plus »."""
    ends = [bound - measure.grain for bound in bounds[1:]]
    told = [_told(low, high, measure) for low, high in zip(bounds, ends, strict=False)]
    return [*told, f"{measure.words(bounds[-1])} et plus" if len(bounds) > 1 else measure.words(0)]


def _told(low: float, high: float, measure: Measure) -> str:
    lowest, highest = measure.words(low), measure.words(high)
    return lowest if lowest == highest else f"{_bare(low, measure)} à {highest}"


def _bare(value: float, measure: Measure) -> str:
    """The figure without its unit or sign, said once at the end of « 10 à 19 % »."""
    return Measure(measure.decimals).words(value * 100 if measure.shares else value)
