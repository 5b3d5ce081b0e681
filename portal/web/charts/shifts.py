"""Where each row stood, and where it would stand: a hollow dot, a full one, and the way between."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.base import Chart, DataTable
from portal.web.charts.measure import SHARE, Measure
from portal.web.charts.palette import EDGE, EDGE_BUTTON, EDGE_FIELD, PAPER, PETROL
from portal.web.charts.svg import LINE, Size, drawing, element, name_of_row, text, text_width
from portal.web.typography import NBSP, listed, percent

ROW, DOT, GAP = 27, 5, 14
NAME_SHARE = 0.42
STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
MOST_LINES = 4
TOLD = 4


@dataclass(frozen=True)
class Shift:
    """One row: shares, from 0."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Shifts(Chart):
    """Rows in the order given, on one scale that holds them all."""

    rows: tuple[Shift, ...]
    before: str = "En vigueur"
    after: str = "Rejoué"
    name: str = "Association"
    measure: Measure = SHARE

    @property
    def empty(self) -> bool:
        return not self.rows

    @property
    def words(self) -> str:
        told = listed([f"{row.name} de {percent(row.before)} à {percent(row.after)}" for row in self.rows[:TOLD]])
        more = f" Les autres sont dans le tableau{NBSP}: {len(self.rows)} lignes." if len(self.rows) > TOLD else ""
        return f"{self.before}, puis {self.after.lower()}{NBSP}: {told}.{more}"

    @property
    def table(self) -> DataTable:
        rows = tuple((row.name, row.before, row.after) for row in self.rows)
        return DataTable((self.name, self.before, self.after), rows, self.measure)

    def ticks(self) -> list[float]:
        """The values written under the drawing, the first and the last holding all the rows between them."""
        low = min(min(row.before, row.after) for row in self.rows)
        high = max(max(row.before, row.after) for row in self.rows)
        step = next((one for one in STEPS if (high - low) / one <= MOST_LINES - 1), high - low)
        first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
        return [round(at * step, 6) for at in range(first, last + 1)]

    def drawn(self, size: Size) -> Markup:
        names = min(max(text_width(row.name) for row in self.rows) + GAP, size.width * NAME_SHARE)
        ticks, top = self.ticks(), LINE + 8
        edge = text_width(percent(ticks[-1])) / 2
        left, right = names + GAP, size.width - edge

        def x(value: float) -> float:
            return left + (right - left) * (value - ticks[0]) / (ticks[-1] - ticks[0])

        bottom = top + ROW * len(self.rows)
        parts = [*self._legend(), *(_line(x(one), top, bottom) for one in ticks)]
        parts += [text(x(one), bottom + LINE, percent(one), anchor="middle") for one in ticks]
        for at, row in enumerate(self.rows):
            y = top + ROW * at + ROW / 2
            parts += [name_of_row(0, y + 5, row.name, names), *_way(x(row.before), x(row.after), y)]
        return drawing(size, bottom + LINE + GAP / 2, self.words, *parts)

    def _legend(self) -> list[Markup]:
        y, second = LINE / 2 + 2, GAP + text_width(self.before) + 2 * GAP
        return [
            *(_dot(DOT + 1, y, hollow=True), text(GAP + 4, y + 5, self.before)),
            *(_dot(second, y), text(second + GAP - 2, y + 5, self.after)),
        ]


def _line(x: float, top: float, bottom: float) -> Markup:
    return element("line", x1=x, x2=x, y1=float(top), y2=float(bottom), stroke=EDGE)


def _way(before: float, after: float, y: float) -> list[Markup]:
    way = element("line", x1=before, x2=after, y1=y, y2=y, stroke=EDGE_BUTTON, stroke_width=3)
    return [way, _dot(before, y, hollow=True), _dot(after, y)]


def _dot(x: float, y: float, *, hollow: bool = False) -> Markup:
    colours = {"fill": PAPER, "stroke": EDGE_FIELD} if hollow else {"fill": PETROL, "stroke": PETROL}
    return element("circle", cx=x, cy=float(y), r=DOT, stroke_width=2, **colours)
