"""What every drawing knows of itself: its sizes, its table, its words."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.measure import COUNT, Cell, Measure
from portal.web.charts.svg import MEDIUM, NARROW, NO_DATA, SIZES, WIDE, Size, nothing


@dataclass(frozen=True)
class DataTable:
    """The figures of a drawing: raw cells, the first column being names. Shares stay between 0 and 1."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    measure: Measure = COUNT

    def printed(self) -> tuple[tuple[str, ...], ...]:
        """The same rows in French: « 1 386 », « 68 % », « moins de 5 », « — »."""
        return tuple(tuple(self._written(cell) for cell in row) for row in self.rows)

    def _written(self, cell: Cell) -> str:
        return cell if isinstance(cell, str) else self.measure.words(cell)


class Chart(ABC):
    """A drawing with its table."""

    sizes: tuple[Size, ...] = (NARROW, MEDIUM, WIDE)

    @property
    def credit(self) -> str:
        """Whose work is drawn, when it is not only ours: printed with the figures."""
        return ""

    @property
    @abstractmethod
    def empty(self) -> bool:
        """Whether there is nothing to draw."""

    @property
    def why_empty(self) -> str:
        """What is said when there is nothing to draw."""
        return NO_DATA

    @property
    @abstractmethod
    def words(self) -> str:
        """What is read out instead of the drawing."""

    @property
    @abstractmethod
    def table(self) -> DataTable:
        """Every figure of the drawing."""

    @abstractmethod
    def drawn(self, size: Size) -> Markup:
        """The drawing at that size; never asked for when empty."""

    def svg(self, size: str = "wide") -> Markup:
        """One whole SVG: narrow (288 px), medium (400), wide (560) or broad (800). KeyError for another name."""
        return nothing(SIZES[size], self.why_empty) if self.empty else self.drawn(SIZES[size])

    def on_page(self) -> tuple[Markup, ...]:
        """The drawings a page holds; its style sheet shows the one that fits."""
        return tuple(self.svg(size.name) for size in self.sizes)
