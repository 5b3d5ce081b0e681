"""Ranked horizontal bars, each with its name and figure."""

from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.base import Chart, DataTable
from portal.web.charts.measure import COUNT, Masked, Measure, Value, checked, shown
from portal.web.charts.palette import CORAL, EDGE_FIELD, INK, LINEN_2, PAPER, PETROL
from portal.web.charts.svg import LINE, Size, box, drawing, names_of_row, text, text_width, wrapped
from portal.web.typography import NBSP, french, listed

BAR = 14
ROW = 27
GAP = 12
TOLD = 5
NAME_SHARE = 0.4
MASKED_WIDTH = 5


@dataclass(frozen=True)
class Bar:
    """One row; note: a few words beside the figure; the highlighted one is in coral."""

    name: str
    value: Value
    note: str = ""
    highlighted: bool = False


@dataclass(frozen=True)
class Bars(Chart):
    """Rows from the largest to the smallest, or as given when ranked is false. name, value: headings of the table."""

    rows: tuple[Bar, ...]
    measure: Measure = COUNT
    ranked: bool = True
    name: str = "Nom"
    value: str = "Demandes"

    def __post_init__(self) -> None:
        checked(row.value for row in self.rows)

    @property
    def empty(self) -> bool:
        return not self.rows

    @property
    def ordered(self) -> tuple[Bar, ...]:
        """The rows as they are drawn; masked ones are the smallest, zero excepted."""
        return tuple(sorted(self.rows, key=lambda row: -weight(row.value))) if self.ranked else self.rows

    @property
    def words(self) -> str:
        told = [f"{row.name} {self.measure.words(row.value)}" for row in self.ordered[:TOLD]]
        more = f" Les autres sont dans le tableau{NBSP}: {len(self.rows)} lignes." if len(self.rows) > TOLD else ""
        return f"{self.value}{NBSP}: {listed(told)}.{more}"

    @property
    def table(self) -> DataTable:
        return DataTable((self.name, self.value), tuple((row.name, row.value) for row in self.ordered), self.measure)

    def drawn(self, size: Size) -> Markup:
        largest = max(shown(row.value for row in self.rows), default=0)
        row = self._beside if size.roomy else self._above
        y, parts = 0, []
        for one in self.ordered:
            second = LINE * (len(wrapped(one.name, self._names(one, size))) - 1)
            parts += row(one, y, size, largest, second)
            y += (ROW if size.roomy else LINE + BAR + GAP) + second
        return drawing(size, y, self.words, *parts)

    def _names(self, row: Bar, size: Size) -> float:
        """How wide a name may be: one column beside the bars, or what its figure leaves above."""
        if size.roomy:
            return min(max(text_width(one.name) for one in self.rows) + 4, size.width * NAME_SHARE)
        return size.width - text_width(self._figure(row), bold=True) - GAP

    def _figure(self, row: Bar) -> str:
        return self.measure.words(row.value) + (f" · {french(row.note)}" if row.note else "")

    def _beside(self, row: Bar, y: float, size: Size, largest: float, second: float) -> list[Markup]:
        """second: how high the second line of the name is, 0 without one."""
        names, width = self._names(row, size), size.width
        figures = max(text_width(self._figure(one), bold=True) for one in self.rows)
        room = width - names - figures - 2 * GAP
        middle = y + second / 2
        return [
            names_of_row(0, y + 18, row.name, names),
            *filled(names + GAP, middle + 6, room, row.value, largest, _colour(row)),
            text(width, middle + 18, self._figure(row), fill=INK, bold=True, anchor="end"),
        ]

    def _above(self, row: Bar, y: float, size: Size, largest: float, second: float) -> list[Markup]:
        return [
            names_of_row(0, y + 13, row.name, self._names(row, size)),
            text(size.width, y + 13, self._figure(row), fill=INK, bold=True, anchor="end"),
            *filled(0, y + LINE + second, size.width, row.value, largest, _colour(row)),
        ]


def _colour(row: Bar) -> str:
    return CORAL if row.highlighted else PETROL


def weight(value: Value) -> float:
    """What a value is ranked by: a masked one is more than zero and less than any that is shown."""
    return 0.5 if isinstance(value, Masked) else value


def filled(x: float, y: float, width: float, value: Value, whole: float, colour: str) -> list[Markup]:
    """A track and its bar. A masked value has an open bar of a fixed width: it tells nothing but « a few »."""
    track = box(x, y, width, BAR, LINEN_2)
    if isinstance(value, Masked):
        return [track, box(x + 0.5, y + 0.5, MASKED_WIDTH, BAR - 1, PAPER, stroke=EDGE_FIELD)]
    return [track, box(x, y, width * value / whole, BAR, colour)] if whole and value else [track]
