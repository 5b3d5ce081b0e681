"""How far an objective is, with a mark where the median stands."""

from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.measure import checked
from portal.web.charts.palette import CORAL, LINEN_2, MAP_2, PAPER, PETROL
from portal.web.charts.svg import box, element

WIDTH, HEIGHT, BAR = 132, 16, 10
MARK, HALO = 2.5, 1.5


@dataclass(frozen=True)
class Progress:
    """value of whole; median: a share, like attainment. Not read out without a label: print the figure beside it."""

    value: float
    whole: float
    median: float | None = None
    label: str = ""

    def __post_init__(self) -> None:
        checked((self.value, self.whole, self.median))

    @property
    def share(self) -> float:
        """What is drawn, from 0 to 1: nothing of nothing, and no more than all."""
        return min(self.value / self.whole, 1) if self.whole else 0

    def svg(self) -> Markup:
        """One bar for the cell of a table."""
        spoken = {"role": "img", "aria_label": self.label} if self.label else {"aria_hidden": "true"}
        ahead = self.median is None or self.share >= self.median
        return element(
            "svg",
            box(0, (HEIGHT - BAR) / 2, WIDTH, BAR, LINEN_2),
            box(0, (HEIGHT - BAR) / 2, WIDTH * self.share, BAR, PETROL if ahead else MAP_2),
            *self._mark(),
            xmlns="http://www.w3.org/2000/svg",
            class_="progress-bar",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width=WIDTH,
            height=HEIGHT,
            focusable="false",
            **spoken,
        )

    def _mark(self) -> tuple[Markup, ...]:
        if self.median is None:
            return ()
        x = min(self.median, 1) * (WIDTH - MARK - 2 * HALO)
        return box(x, 0, MARK + 2 * HALO, HEIGHT, PAPER, 0), box(x + HALO, 0, MARK, HEIGHT, CORAL, 0)
