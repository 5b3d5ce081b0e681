"""One to three lines over weeks or months, named at their ends, with one moment marked."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from markupsafe import Markup

from portal.web.charts.axis import Tick, day_ticks
from portal.web.charts.base import Chart, DataTable
from portal.web.charts.measure import COUNT, Masked, Measure, Value, checked, gridlines, shown
from portal.web.charts.palette import EDGE, INK_2, LINES
from portal.web.charts.svg import (
    BROAD,
    LINE,
    MEDIUM,
    NARROW,
    WIDE,
    Size,
    drawing,
    element,
    fitted,
    text,
    text_width,
    wrapped,
)
from portal.web.typography import MONTHS, NBSP, day, french

GAP = 8
LEADING = 17
BELOW = 26
MARK_ROOM, TOP_ROOM = 30, 12
NAME_SHARE = 0.34
ALL_HIDDEN = f"Moins de{NBSP}5 à chaque fois{NBSP}: la courbe n’est pas montrée."
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A named line; None is a gap, and so is a masked value."""

    name: str
    values: tuple[Value | None, ...]


@dataclass(frozen=True)
class Highlight:
    """The moment at that place of days, with its words; short is for narrow drawings."""

    at: int
    words: str
    short: str = ""


@dataclass(frozen=True)
class Frame:
    """Where the lines may run, in pixels, and what stands for the top."""

    left: float
    top: float
    right: float
    bottom: float
    first: date
    last: date
    highest: float

    def x(self, one: date) -> float:
        """Where a day is; alone, it is in the middle."""
        span = (self.last - self.first).days
        return self.left + (self.right - self.left) * ((one - self.first).days / span if span else 0.5)

    def y(self, value: float) -> float:
        """Where a value is."""
        return self.bottom - (self.bottom - self.top) * value / self.highest


@dataclass(frozen=True)
class Trend(Chart):
    """days: the first of each week or month, oldest first. Raises ValueError when lines and days do not agree."""

    days: tuple[date, ...]
    lines: tuple[Line, ...]
    highlight: Highlight | None = None
    measure: Measure = COUNT
    per: Literal["semaine", "mois"] = "semaine"
    sizes = (NARROW, MEDIUM, WIDE, BROAD)

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= len(LINES):
            raise ValueError(f"one to {len(LINES)} lines, not {len(self.lines)}")
        if any(len(line.values) != len(self.days) for line in self.lines) or list(self.days) != sorted(set(self.days)):
            raise ValueError("a line has one value a day, and days follow each other")
        if self.highlight and not 0 <= self.highlight.at < len(self.days):
            raise ValueError("the marked moment is not one of the days")
        for line in self.lines:
            checked(line.values)

    @property
    def empty(self) -> bool:
        return not any(shown(line.values) for line in self.lines)

    @property
    def why_empty(self) -> str:
        hidden = any(isinstance(value, Masked) for line in self.lines for value in line.values)
        return ALL_HIDDEN if hidden else super().why_empty

    @property
    def words(self) -> str:
        told = [self._told(line) for line in self.lines if shown(line.values)]
        return f"Courbe par {self.per}. " + " ".join(told)

    def _told(self, line: Line) -> str:
        values = shown(line.values)
        first, last, most = (self.measure.words(value) for value in (values[0], values[-1], max(values)))
        return f"{line.name}{NBSP}: {first} au début, {last} à la fin, {most} au plus."

    @property
    def table(self) -> DataTable:
        columns = ("Semaine du" if self.per == "semaine" else "Mois", *(line.name for line in self.lines))
        values = zip(*(line.values for line in self.lines), strict=True)
        rows = ((self._day(one), *cells) for one, cells in zip(self.days, values, strict=True))
        return DataTable(columns, tuple(rows), self.measure)

    def _day(self, one: date) -> str:
        return day(one) if self.per == "semaine" else f"{MONTHS[one.month - 1]}{NBSP}{one.year}"

    def frame(self, size: Size) -> Frame:
        """Where the lines run at that size: figures fit on the left, names on the right."""
        most = max(value for line in self.lines for value in shown(line.values))
        grid = gridlines(most, self.measure)
        left = max(text_width(self.measure.words(value)) for value in grid) + GAP
        names = max(text_width(line.name, bold=True) for line in self.lines)
        return Frame(
            left=left,
            top=MARK_ROOM if self.highlight else TOP_ROOM,
            right=size.width - min(names, size.width * NAME_SHARE) - GAP,
            bottom=size.height - BELOW,
            first=self.days[0],
            last=self.days[-1],
            highest=max(most, grid[-1]),
        )

    def runs(self, line: Line, frame: Frame) -> list[list[Point]]:
        """The points of a line, in pieces that its gaps part."""
        points = [
            None if value is None or isinstance(value, Masked) else (frame.x(one), frame.y(value))
            for one, value in zip(self.days, line.values, strict=True)
        ]
        return [[p for p in run if p] for there, run in groupby(points, key=bool) if there]

    def drawn(self, size: Size) -> Markup:
        frame = self.frame(size)
        parts = [
            *self._grid(frame),
            *(_tick(tick, frame) for tick in day_ticks(self.days, frame.x, size.width)),
            *self._mark(frame, size),
        ]
        for at, line in reversed(list(enumerate(self.lines))):
            parts += [_run(points, LINES[at][0], dashed=at == len(LINES) - 1) for points in self.runs(line, frame)]
        return drawing(size, size.height, self.words, *parts, *self._names(frame, size))

    def _grid(self, frame: Frame) -> list[Markup]:
        parts = []
        for value in gridlines(max(v for line in self.lines for v in shown(line.values)), self.measure):
            y = frame.y(value)
            parts.append(element("path", d=f"M{frame.left:.1f} {y:.1f}H{frame.right:.1f}", stroke=EDGE, fill="none"))
            parts.append(text(frame.left - GAP, y + 5, self.measure.words(value), anchor="end"))
        return parts

    def _mark(self, frame: Frame, size: Size) -> list[Markup]:
        if self.highlight is None:
            return []
        x = frame.x(self.days[self.highlight.at])
        roomy = size.width >= WIDE.width
        words = self.highlight.words if roomy else self.highlight.short or self.highlight.words
        leftwards = x - GAP > size.width - x - GAP
        words = fitted(french(words), (x if leftwards else size.width - x) - GAP)
        return [
            element("path", d=f"M{x:.1f} 6V{frame.bottom:.1f}", stroke=INK_2, stroke_dasharray="3 4", fill="none"),
            text(x - GAP if leftwards else x + GAP, 16, words, anchor="end" if leftwards else "start"),
            *self._dot(frame, x),
        ]

    def _dot(self, frame: Frame, x: float) -> list[Markup]:
        value = self.lines[0].values[self.highlight.at] if self.highlight else None
        return [_point((x, frame.y(value)), LINES[0][0])] if isinstance(value, int | float) else []

    def _names(self, frame: Frame, size: Size) -> list[Markup]:
        ends = [(at, run[-1][-1][1]) for at, line in enumerate(self.lines) if (run := self.runs(line, frame))]
        room = size.width - frame.right - GAP + 1
        names = [wrapped(self.lines[at].name, room, bold=True) for at, _ in ends]
        places = spread([y for _, y in ends], [len(lines) * LEADING for lines in names], 0, frame.bottom)
        x = frame.right + GAP
        return [
            text(x, y + LEADING * (row - (len(lines) - 1) / 2) + 5, words, fill=LINES[at][1], bold=True)
            for (at, _), y, lines in zip(ends, places, names, strict=True)
            for row, words in enumerate(lines)
        ]


def spread(wanted: list[float], heights: list[float], top: float, bottom: float) -> list[float]:
    """Middles near those wanted of labels that tall, none over another, between top and bottom when they fit."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed: dict[int, float] = {}
    lowest = top
    for i in order:
        placed[i] = max(wanted[i], lowest + heights[i] / 2)
        lowest = placed[i] + heights[i] / 2
    highest = bottom
    for i in reversed(order):
        placed[i] = min(placed[i], highest - heights[i] / 2)
        highest = placed[i] - heights[i] / 2
    return [placed[i] for i in range(len(wanted))]


def _run(points: list[Point], colour: str, *, dashed: bool) -> Markup:
    if len(points) == 1:
        return _point(points[0], colour)
    return element(
        "polyline",
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        fill="none",
        stroke=colour,
        stroke_width=2.5,
        stroke_linejoin="round",
        stroke_dasharray="6 4" if dashed else None,
    )


def _point(at: Point, colour: str) -> Markup:
    return element("circle", cx=at[0], cy=at[1], r=4, fill=colour)


def _tick(tick: Tick, frame: Frame) -> Markup:
    return text(tick.x, frame.bottom + LINE, tick.words, anchor=tick.anchor)
