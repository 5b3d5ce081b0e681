"""What is left at each step of a journey, and of the step before."""

from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.bars import BAR, filled
from portal.web.charts.base import Chart, DataTable
from portal.web.charts.measure import COUNT, Masked, Value, checked, shown
from portal.web.charts.palette import CORAL, INK, PETROL
from portal.web.charts.svg import LINE, Size, drawing, name_of_row, text, text_width
from portal.web.typography import NBSP, listed, share

BETWEEN = 14


@dataclass(frozen=True)
class Stage:
    """One step; the highlighted one is in coral."""

    name: str
    value: Value
    highlighted: bool = False


@dataclass(frozen=True)
class Funnel(Chart):
    """Steps in their order; bars are measured against the largest."""

    stages: tuple[Stage, ...]
    name: str = "Étape"
    value: str = "Demandes"

    def __post_init__(self) -> None:
        checked(stage.value for stage in self.stages)

    @property
    def empty(self) -> bool:
        return not any(shown(stage.value for stage in self.stages)) and not any(
            isinstance(stage.value, Masked) for stage in self.stages
        )

    @property
    def words(self) -> str:
        return f"Étapes{NBSP}: " + listed([f"{stage.name} {COUNT.words(stage.value)}" for stage in self.stages]) + "."

    @property
    def table(self) -> DataTable:
        rows = ((one.name, one.value, self.kept(at) or "—") for at, one in enumerate(self.stages))
        return DataTable((self.name, self.value, "De l’étape d’avant"), tuple(rows))

    def kept(self, at: int) -> str:
        """« 96 % », the share of the step before; nothing for the first, after nothing, or one is masked, or there are more than before."""
        value = self.stages[at].value
        before = self.stages[at - 1].value if at else 0
        if isinstance(value, Masked) or isinstance(before, Masked) or not before or value > before:
            return ""
        return share(value, before)

    def drawn(self, size: Size) -> Markup:
        whole = max(shown(stage.value for stage in self.stages), default=0)
        y, parts = 0.0, []
        for at, stage in enumerate(self.stages):
            parts += self._row(stage, self.kept(at), y, size.width, whole)
            y += LINE + BAR + (LINE if self.kept(at) else 0) + BETWEEN
        return drawing(size, y - BETWEEN + 4, self.words, *parts)

    def _row(self, stage: Stage, kept: str, y: float, width: float, whole: float) -> list[Markup]:
        figure = COUNT.words(stage.value)
        left = width - text_width(figure, bold=True) - BETWEEN
        return [
            name_of_row(0, y + LINE - 6, stage.name, left),
            text(width, y + LINE - 6, figure, fill=INK, bold=True, anchor="end"),
            *filled(0, y + LINE, width, stage.value, whole, CORAL if stage.highlighted else PETROL),
            *([text(0, y + LINE + BAR + 15, f"{kept} de l’étape d’avant")] if kept else []),
        ]
