"""A tiny line beside a key figure."""

from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.measure import Value, checked, shown
from portal.web.charts.palette import PETROL_MID
from portal.web.charts.svg import element

WIDTH, HEIGHT, INSET = 92, 26, 3


@dataclass(frozen=True)
class Spark:
    """Values, oldest first; masked ones are skipped. The figure is printed beside it, so it is not read out."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        checked(self.values)

    def points(self) -> tuple[tuple[float, float], ...]:
        """Where the values are in a frame of 92 × 26."""
        values = shown(self.values)
        low, high = min(values, default=0), max(values, default=0)
        across = (WIDTH - 2 * INSET) / max(len(values) - 1, 1)
        up = (HEIGHT - 2 * INSET) / ((high - low) or 1)
        return tuple((INSET + i * across, HEIGHT - INSET - (v - low) * up) for i, v in enumerate(values))

    def svg(self) -> Markup:
        """The line; a dot for one value, nothing for none."""
        points = self.points()
        return element(
            "svg",
            _dot(points[0]) if len(points) == 1 else _line(points),
            xmlns="http://www.w3.org/2000/svg",
            class_="spark",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width=WIDTH,
            height=HEIGHT,
            aria_hidden="true",
            focusable="false",
        )


def _line(points: tuple[tuple[float, float], ...]) -> Markup:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=path, fill="none", stroke=PETROL_MID, stroke_width=2, stroke_linejoin="round")


def _dot(point: tuple[float, float]) -> Markup:
    return element("circle", cx=point[0], cy=point[1], r=INSET, fill=PETROL_MID, stroke="none")
