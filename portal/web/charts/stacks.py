"""Bars made of parts: how each row is shared out."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.bars import GAP, MASKED_WIDTH, NAME_SHARE
from portal.web.charts.base import Chart, DataTable
from portal.web.charts.legend import Key, keys
from portal.web.charts.measure import COUNT, Masked, Measure, Value, checked, shown
from portal.web.charts.palette import EDGE_FIELD, INK, LINEN_2, PAPER, PARTS
from portal.web.charts.svg import LINE, Size, box, drawing, name_of_row, text, text_width
from portal.web.typography import NBSP, listed

THICK = 20
BETWEEN = 10
SEAM = 1.5


@dataclass(frozen=True)
class Stack:
    """One row: a value for each part."""

    name: str
    values: tuple[Value, ...]

    @property
    def sum(self) -> float:
        """What is shown of the row, masked parts left out."""
        return sum(shown(self.values))

    @property
    def masked(self) -> bool:
        """Whether a part is masked: then no total is printed, it would tell which."""
        return any(isinstance(value, Masked) for value in self.values)


@dataclass(frozen=True)
class Stacks(Chart):
    """Rows of one to four parts. whole: every row is as long as the others, parts being shares of it.

    Raises ValueError when a row has not one value for each part.
    """

    rows: tuple[Stack, ...]
    parts: tuple[str, ...]
    name: str = "Nom"
    measure: Measure = COUNT
    whole: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.parts) <= len(PARTS) or any(len(row.values) != len(self.parts) for row in self.rows):
            raise ValueError(f"one to {len(PARTS)} parts, and a value for each")
        checked(value for row in self.rows for value in row.values)

    @property
    def empty(self) -> bool:
        return not self.rows

    @property
    def words(self) -> str:
        told = [f"{part} {self._total(at)}" for at, part in enumerate(self.parts)]
        return f"{len(self.rows)} lignes partagées en{NBSP}: {listed(told)}. Le détail est dans le tableau."

    def _total(self, at: int) -> str:
        values = [row.values[at] for row in self.rows]
        return self.measure.words(sum(shown(values))) if len(shown(values)) == len(values) else "(en partie masquées)"

    @property
    def table(self) -> DataTable:
        return DataTable((self.name, *self.parts), tuple((row.name, *row.values) for row in self.rows), self.measure)

    def drawn(self, size: Size) -> Markup:
        legend, y = keys([Key(PARTS[at][0], part) for at, part in enumerate(self.parts)], size.width)
        names = min(max(text_width(row.name) for row in self.rows) + 4, size.width * NAME_SHARE) if size.roomy else 0
        step = THICK + BETWEEN + (0 if size.roomy else LINE)
        parts = list(legend)
        for at, row in enumerate(self.rows):
            parts += self._row(row, y + BETWEEN + at * step, names, size)
        return drawing(size, y + BETWEEN + step * len(self.rows), self.words, *parts)

    def _row(self, row: Stack, y: float, names: float, size: Size) -> Iterator[Markup]:
        start = names + GAP if size.roomy else 0
        below = 0 if size.roomy else LINE
        totals = max(text_width(self._printed(one), bold=True) for one in self.rows)
        yield name_of_row(0, y + 14, row.name, names or size.width - totals - GAP)
        room = size.width - start - (totals + GAP if size.roomy else 0)
        yield from self._segments(row, start, y + below, room)
        yield text(size.width, y + 14, self._printed(row), fill=INK, bold=True, anchor="end")

    def _printed(self, row: Stack) -> str:
        return "" if row.masked else self.measure.words(row.sum)

    def _segments(self, row: Stack, x: float, y: float, width: float) -> Iterator[Markup]:
        yield box(x, y, width, THICK, LINEN_2)
        hidden = sum(isinstance(value, Masked) for value in row.values) * (MASKED_WIDTH + SEAM)
        scale = (width - hidden) / ((row.sum if self.whole else max(one.sum for one in self.rows)) or 1)
        for at, value in enumerate(row.values):
            if isinstance(value, Masked):
                yield box(x + 0.5, y + 0.5, MASKED_WIDTH - 1, THICK - 1, PAPER, stroke=EDGE_FIELD)
                x += MASKED_WIDTH + SEAM
            elif value:
                yield from self._segment(at, value, x, y, value * scale)
                x += value * scale

    def _segment(self, at: int, value: float, x: float, y: float, width: float) -> Iterator[Markup]:
        colour, on_it = PARTS[at]
        yield box(x, y, max(width - SEAM, 1), THICK, colour)
        words = self.measure.words(value)
        if text_width(words) + BETWEEN < width:
            yield text(x + (width - SEAM) / 2, y + 15, words, fill=on_it, anchor="middle")
