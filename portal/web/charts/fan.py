"""What has been, and what is foreseen: a line until a day, then a fan up to the end, beside an objective."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from portal.web.charts.axis import day_ticks
from portal.web.charts.base import Chart, DataTable
from portal.web.charts.measure import COUNT, Cell, checked, gridlines
from portal.web.charts.palette import CORAL, CORAL_TEXT, EDGE, EDGE_FIELD, INK_2, LINEN_2, PETROL
from portal.web.charts.svg import BROAD, LINE, MEDIUM, NARROW, WIDE, Size, drawing, element, fitted, text, text_width
from portal.web.charts.trend import BELOW, GAP, LEADING, MARK_ROOM, Frame, Point, spread
from portal.web.typography import NBSP, SHORT_MONTHS, day, number

NAMES_AT_MOST = 0.4  # of the width
ROOMY = ("{} prévues", "{} au plus", "{} au moins", "objectif {}")
SHORT = ("{} prévues", "max. {}", "min. {}", "obj. {}")


@dataclass(frozen=True)
class Fan(Chart):
    """days, values: what was reached on each of them, oldest first; low, expected, high: what is foreseen for end.

    what: what is counted, in the plural (« engagées »); goal: 0 when there is none. Raises ValueError when days and
    values do not agree, or the interval is not in order.
    """

    days: tuple[date, ...]
    values: tuple[int, ...]
    end: date
    low: int
    expected: int
    high: int
    goal: int = 0
    what: str = "engagées"
    sizes = (NARROW, MEDIUM, WIDE, BROAD)

    def __post_init__(self) -> None:
        if not self.days or len(self.days) != len(self.values) or list(self.days) != sorted({*self.days}):
            raise ValueError("a value a day, and days follow each other")
        if not self.low <= self.expected <= self.high or self.end < self.days[-1]:
            raise ValueError("low, expected and high are in order, and the end comes last")
        checked((*self.values, self.low, self.goal))

    @property
    def empty(self) -> bool:
        return not (any(self.values) or self.high)

    @property
    def words(self) -> str:
        """What is read out."""
        goal = f" L’objectif est de {number(self.goal)}." if self.goal else ""
        now, end = f"{number(self.values[-1])}{NBSP}{self.what} le {day(self.days[-1])}", day(self.end)
        between = f"entre {number(self.low)} et {number(self.high)}, {number(self.expected)} au milieu"
        return f"Courbe par semaine. {now}{NBSP}; le {end}, {between}.{goal}"

    @property
    def table(self) -> DataTable:
        columns = ("Au", self.what.capitalize(), "Au moins", "Prévu", "Au plus")
        lived: list[tuple[Cell, ...]] = [
            (day(one), value, None, None, None) for one, value in zip(self.days, self.values, strict=True)
        ]
        return DataTable(columns, (*lived, (day(self.end), None, self.low, self.expected, self.high)), COUNT)

    @property
    def _most(self) -> int:
        return max(*self.values, self.high, self.goal, 1)

    def _labels(self, *, roomy: bool) -> list[tuple[int, str, str, bool]]:
        """What is written at the end of the lines: where, the words, their colour, whether they are bold."""
        expected, most, least, goal = ROOMY if roomy else SHORT
        found = [(self.expected, expected.format(number(self.expected)), CORAL_TEXT, True)]
        if self.low < self.high:
            found += [(self.high, most.format(number(self.high)), INK_2, False)]
            found += [(self.low, least.format(number(self.low)), INK_2, False)]
        if self.goal:
            found += [(self.goal, goal.format(number(self.goal)), INK_2, True)]
        return found

    def frame(self, size: Size) -> Frame:
        """Where the lines run at that size: figures fit on the left, words on the right."""
        grid = gridlines(self._most, COUNT)
        widest = max(text_width(words, bold=bold) for _, words, _, bold in self._labels(roomy=size.roomy))
        return Frame(
            left=max(text_width(COUNT.words(value)) for value in grid) + GAP,
            top=MARK_ROOM,
            right=size.width - min(widest, size.width * NAMES_AT_MOST) - GAP,
            bottom=size.height - BELOW,
            first=self.days[0],
            last=self.end,
            highest=max(self._most, grid[-1]),
        )

    def drawn(self, size: Size) -> Markup:
        frame = self.frame(size)
        points = [(frame.x(one), frame.y(value)) for one, value in zip(self.days, self.values, strict=True)]
        now, end = points[-1], frame.x(self.end)
        ticks = day_ticks((*self.days, self.end) if self.end > self.days[-1] else self.days, frame.x, size.width)
        return drawing(
            size,
            size.height,
            self.words,
            _fan([now, (end, frame.y(self.high)), (end, frame.y(self.low))]),
            *_grid(frame, self._most),
            *(text(tick.x, frame.bottom + LINE, tick.words, anchor=tick.anchor) for tick in ticks),
            *(
                [_line([(frame.left, frame.y(self.goal)), (end, frame.y(self.goal))], EDGE_FIELD, "2 4")]
                * bool(self.goal)
            ),
            *self._reached(now, frame, size),
            _line([now, (end, frame.y(self.expected))], CORAL, "6 4"),
            _line(points, PETROL),
            element("circle", cx=now[0], cy=now[1], r=4, fill=PETROL),
            *self._names(frame, size),
        )

    def _reached(self, now: Point, frame: Frame, size: Size) -> list[Markup]:
        """The last day that was lived, and what was reached then."""
        leftwards = now[0] > size.width - now[0]
        room = (now[0] if leftwards else size.width - now[0]) - GAP
        last = self.days[-1]
        upto = f"au {last.day}{NBSP}{SHORT_MONTHS[last.month - 1]}"
        what = f"{self.what} {upto}" if size.roomy else upto
        words = fitted(f"{number(self.values[-1])}{NBSP}{what}", room)
        return [
            element("path", d=f"M{now[0]:.1f} 6V{frame.bottom:.1f}", stroke=INK_2, stroke_dasharray="3 4", fill="none"),
            text(now[0] + (-GAP if leftwards else GAP), 16, words, anchor="end" if leftwards else "start"),
        ]

    def _names(self, frame: Frame, size: Size) -> list[Markup]:
        labels, x = self._labels(roomy=size.roomy), frame.right + GAP
        places = spread([frame.y(at) for at, *_ in labels], [float(LEADING)] * len(labels), 0, frame.bottom)
        return [
            text(x, y + 5, fitted(words, size.width - x + 1, bold=bold), fill=colour, bold=bold)
            for (_, words, colour, bold), y in zip(labels, places, strict=True)
        ]


def _grid(frame: Frame, most: float) -> list[Markup]:
    parts = []
    for value in gridlines(most, COUNT):
        y = frame.y(value)
        parts.append(element("path", d=f"M{frame.left:.1f} {y:.1f}H{frame.right:.1f}", stroke=EDGE, fill="none"))
        parts.append(text(frame.left - GAP, y + 5, COUNT.words(value), anchor="end"))
    return parts


def _fan(points: list[Point]) -> Markup:
    return element("polygon", points=_written(points), fill=LINEN_2)


def _line(points: list[Point], colour: str, dashes: str | None = None) -> Markup:
    return element(
        "polyline",
        points=_written(points),
        fill="none",
        stroke=colour,
        stroke_width=2.5,
        stroke_linejoin="round",
        stroke_dasharray=dashes,
    )


def _written(points: list[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
