"""Two sides of the same rows, next to each other: mentees and mentors."""

from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.bars import BAR, GAP, NAME_SHARE, ROW, filled, weight
from portal.web.charts.base import Chart, DataTable
from portal.web.charts.measure import COUNT, Measure, Value, checked, shown
from portal.web.charts.palette import CORAL, CORAL_TEXT, INK, PETROL
from portal.web.charts.svg import LINE, Size, drawing, fitted, name_of_row, text, text_width
from portal.web.typography import NBSP, listed

TOLD = 4


@dataclass(frozen=True)
class Pair:
    """One row with its two values."""

    name: str
    left: Value
    right: Value


@dataclass(frozen=True)
class Pairs(Chart):
    """Rows in the order given, or by their sum when ranked; both sides are drawn on one scale."""

    rows: tuple[Pair, ...]
    left: str = "Jeunes"
    right: str = "Mentors"
    name: str = "Nom"
    measure: Measure = COUNT
    ranked: bool = False

    def __post_init__(self) -> None:
        checked(value for row in self.rows for value in (row.left, row.right))

    @property
    def empty(self) -> bool:
        return not self.rows

    @property
    def ordered(self) -> tuple[Pair, ...]:
        """The rows as they are drawn."""
        return (
            tuple(sorted(self.rows, key=lambda row: -weight(row.left) - weight(row.right)))
            if self.ranked
            else self.rows
        )

    @property
    def words(self) -> str:
        told = listed([f"{row.name} {self._both(row)}" for row in self.ordered[:TOLD]])
        more = f" Les autres sont dans le tableau{NBSP}: {len(self.rows)} lignes." if len(self.rows) > TOLD else ""
        return f"{self.left} et {self.right}{NBSP}: {told}.{more}"

    def _both(self, row: Pair) -> str:
        return f"{self.measure.words(row.left)} et {self.measure.words(row.right)}"

    @property
    def table(self) -> DataTable:
        rows = tuple((row.name, row.left, row.right) for row in self.ordered)
        return DataTable((self.name, self.left, self.right), rows, self.measure)

    def largest(self) -> float:
        """What a full bar stands for."""
        return max(shown(value for row in self.rows for value in (row.left, row.right)), default=0)

    def drawn(self, size: Size) -> Markup:
        return self._beside(size) if size.roomy else self._above(size)

    def _beside(self, size: Size) -> Markup:
        names = min(max(text_width(row.name) for row in self.rows) + 4, size.width * NAME_SHARE)
        each = (size.width - names - 2 * GAP) / 2
        start = names + GAP
        parts = [self._heading(start, LINE - 5, each), self._heading(start + each + GAP, LINE - 5, each, right=True)]
        for at, row in enumerate(self.ordered):
            y = LINE + 4 + at * ROW
            parts.append(name_of_row(0, y + 18, row.name, names))
            parts += self._side(start, y + 6, each, row.left)
            parts += self._side(start + each + GAP, y + 6, each, row.right, right=True)
        return drawing(size, LINE + 4 + ROW * len(self.rows), self.words, *parts)

    def _above(self, size: Size) -> Markup:
        half = size.width / 2
        step = LINE + 2 * (BAR + 4) + GAP
        parts = [self._heading(0, LINE - 5, half), self._heading(half, LINE - 5, half, right=True)]
        for at, row in enumerate(self.ordered):
            y = LINE + 8 + at * step
            parts.append(name_of_row(0, y + 13, row.name, size.width))
            parts += self._side(0, y + LINE, size.width, row.left)
            parts += self._side(0, y + LINE + BAR + 4, size.width, row.right, right=True)
        return drawing(size, LINE + 8 + step * len(self.rows), self.words, *parts)

    def _heading(self, x: float, y: float, width: float, *, right: bool = False) -> Markup:
        words = fitted(self.right if right else self.left, width, bold=True)
        return text(x, y, words, fill=CORAL_TEXT if right else PETROL, bold=True)

    def _side(self, x: float, y: float, width: float, value: Value, *, right: bool = False) -> list[Markup]:
        figures = max(text_width(self.measure.words(v), bold=True) for row in self.rows for v in (row.left, row.right))
        bar = filled(x, y, width - figures - GAP / 2, value, self.largest(), CORAL if right else PETROL)
        return [*bar, text(x + width, y + 12, self.measure.words(value), fill=INK, bold=True, anchor="end")]
