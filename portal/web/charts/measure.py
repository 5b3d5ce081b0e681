"""What a drawing is given, and how a figure is written in it: French, masked under five."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from portal.web.typography import NBSP, number, percent

MANTISSAS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
SLACK = 1e-9


class Masked(Enum):
    """A count too small to be shown: the drawing never knows which."""

    UNDER_FIVE = f"moins de{NBSP}5"

    def __str__(self) -> str:
        return str(self.value)


MASKED = Masked.UNDER_FIVE
Value = int | float | Masked
Cell = str | int | float | Masked | None


@dataclass(frozen=True)
class Measure:
    """How figures are written. shares: values from 0 to 1, written as percentages; unit: words after the figure."""

    decimals: int = 0
    unit: str = ""
    shares: bool = False

    def words(self, value: Value | None) -> str:
        """« 1 386 », « 68 % », « 3,8 j », « moins de 5 »; None is a dash."""
        if value is None or isinstance(value, Masked):
            return "—" if value is None else str(value)
        if self.shares:
            return percent(value, self.decimals)
        return number(value, self.decimals) + (NBSP + self.unit if self.unit else "")

    @property
    def grain(self) -> float:
        """The smallest difference that is written: 1, 0.1, or 0.01 for whole percentages."""
        return 10.0 ** -(self.decimals + (2 if self.shares else 0))

    def rounded(self, value: float) -> float:
        """The value as it is read once written."""
        return round(value / self.grain) * self.grain


COUNT = Measure()
SHARE = Measure(shares=True)


def shown(values: Iterable[Value | None]) -> list[float]:
    """The figures that may be drawn: masked and missing ones left out."""
    return [value for value in values if value is not None and not isinstance(value, Masked)]


def checked(values: Iterable[Value | None]) -> None:
    """Raises ValueError for a figure under zero or that is no number: nothing here is drawn below its axis."""
    if wrong := [value for value in shown(values) if value < 0 or not math.isfinite(value)]:
        raise ValueError(f"cannot be drawn: {wrong}")


def round_down(value: float, grain: float) -> float:
    """The largest figure that reads well (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 and their tens) up to value; 0 when none is.

    It is a whole number of grains, so that it is written without being rounded.
    """
    if value < grain - SLACK:
        return 0
    ten = 10.0 ** math.floor(math.log10(value) + SLACK)
    fits = [m * ten for m in MANTISSAS if m * ten <= value + SLACK * ten and _whole(m * ten / grain)]
    return max(fits, default=grain)


def _whole(quotient: float) -> bool:
    return abs(quotient - round(quotient)) < SLACK * max(1, quotient)


def gridlines(largest: float, measure: Measure) -> tuple[float, float, float]:
    """Three rounded figures from zero; the last is near the largest value, and may be under it."""
    step = max(round_down(largest / 2, measure.grain), measure.grain)
    return 0, step, 2 * step
