"""France by département: the mainland and Corsica, Paris and its neighbours larger, five tiles for overseas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup

from portal.web.charts.base import Chart, DataTable
from portal.web.charts.classes import class_bounds, class_of, class_words, shade
from portal.web.charts.legend import Key, keys
from portal.web.charts.measure import COUNT, Masked, Measure, Value, checked, shown
from portal.web.charts.outlines import INNER_REGION, PARIS_AROUND, Shape, outlines
from portal.web.charts.palette import EDGE, EDGE_BUTTON, EDGE_FIELD, INK, INK_2, ON_TILES, PAPER, RAMP, TILES
from portal.web.charts.svg import FONT, LINE, MEDIUM, NARROW, TEXT, Size, box, drawing, element, fitted, text
from portal.web.typography import NBSP, listed

MAP_WIDTH = 384
LABEL = 300
INSET_X, INSET_Y, INSET_SIDE, INSET_ZOOM = 20, 3900, 1300, 4
STROKE, INSET_STROKE = 6, 2
TILE_HEIGHT, TILE_GAP, TILE_LEAST = 46, 6, 92
BLOCK = 14
TOLD = 5
MASKED_BELOW = 5
NO_FIGURE = "pas de donnée"
INSET_NAME = "Île-de-France"


@dataclass(frozen=True)
class FranceMap(Chart):
    """values: code of a département → its value; those left out are `absent`. Raises ValueError for an unknown code."""

    values: Mapping[str, Value]
    name: str = "Demandes"
    measure: Measure = COUNT
    absent: int | None = 0
    sizes: tuple[Size, ...] = field(default=(NARROW, MEDIUM), init=False, repr=False)

    def __post_init__(self) -> None:
        if unknown := set(self.values) - set(outlines().names):
            raise ValueError(f"no such département: {sorted(unknown)}")
        checked(self.values.values())

    @property
    def empty(self) -> bool:
        return not any(isinstance(value, Masked) or value or self.measure.shares for value in self.values.values())

    @cached_property
    def bounds(self) -> tuple[float, ...]:
        """Where the classes begin."""
        return class_bounds(self.values.values(), self.measure)

    @property
    def words(self) -> str:
        return f"{self.name} par département. Les plus élevés{NBSP}: {listed(self._highest())}."

    def _highest(self) -> list[str]:
        names, figures = outlines().names, {code: v for code, v in self.values.items() if shown((v,))}
        codes = sorted(figures, key=lambda code: (-shown((figures[code],))[0], code))[:TOLD]
        return [f"{names[code]} {self.measure.words(figures[code])}" for code in codes] or ["aucun de plus de 4"]

    @property
    def table(self) -> DataTable:
        rows = tuple((name, code, self.value(code)) for code, name in outlines().names.items())
        return DataTable(("Département", "Code", self.name), rows, self.measure)

    @property
    def credit(self) -> str:
        return f"Contours{NBSP}: {outlines().credit}."

    def value(self, code: str) -> Value | None:
        """What is known of a département."""
        return self.values.get(code, self.absent)

    def _shade(self, code: str) -> int | None:
        value = self.value(code)
        if value is None or isinstance(value, Masked):
            return None
        bounds = self.bounds
        return shade(class_of(value, bounds, self.measure), len(bounds))

    def _told(self, code: str) -> str:
        value = self.value(code)
        return NO_FIGURE if value is None else self.measure.words(value)

    def drawn(self, size: Size) -> Markup:
        """Everything in one drawing, for a document."""
        land = outlines()
        scale = min(size.width, MAP_WIDTH) / land.width
        high = land.height * scale
        left = (size.width - land.width * scale) / 2
        place = f"translate({left:.1f} 0) scale({scale:.5f})"
        parts, below = self._keys(size.width, high + BLOCK)
        country = element("g", *self._country(TEXT / scale), transform=place)
        return drawing(size, below, self.words, country, *parts)

    def on_page(self) -> tuple[Markup, ...]:
        """The map once, then its legend and tiles in two widths."""
        if self.empty:
            return (self.svg("narrow"),)
        return (self.shapes(), *(self.legend(size) for size in self.sizes))

    def shapes(self) -> Markup:
        """The map alone, that a page makes as wide as there is room."""
        land = outlines()
        return element(
            "svg",
            *self._country(LABEL),
            xmlns="http://www.w3.org/2000/svg",
            class_="france",
            viewBox=f"0 0 {land.width} {land.height}",
            width=MAP_WIDTH,
            height=round(MAP_WIDTH * land.height / land.width),
            role="img",
            aria_label=self.words,
            focusable="false",
            font_family=FONT,
        )

    def legend(self, size: Size) -> Markup:
        """Classes and overseas tiles."""
        parts, height = self._keys(size.width, 0)
        overseas = [f"{one.name} {self._told(one.code)}" for one in outlines().overseas]
        return drawing(size, height, f"Légende. {listed(overseas)}.", *parts)

    def _country(self, label: float) -> list[Markup]:
        land = outlines()
        x, y, wide, high = PARIS_AROUND
        inner = [self._shape(one, INSET_STROKE) for one in land.metropolitan if one.code in INNER_REGION]
        frame = {"x": INSET_X, "y": INSET_Y, "width": INSET_SIDE, "height": INSET_SIDE}
        return [
            *(self._shape(one, STROKE) for one in land.metropolitan),
            element("svg", *inner, **frame, viewBox=f"{x} {y} {wide} {high}", overflow="hidden"),
            element("rect", **frame, fill="none", stroke=EDGE_FIELD, stroke_width=12),
            text(INSET_X, INSET_Y + INSET_SIDE + label * 1.1, INSET_NAME, fill=INK_2, size=round(label)),
        ]

    def _shape(self, one: Shape, stroke: int) -> Markup:
        at = self._shade(one.code)
        light = at is None or at <= 1
        return element(
            "path",
            element("title", f"{one.name}{NBSP}: {self._told(one.code)}"),
            d=one.path,
            fill=self._fill(one.code, RAMP),
            stroke=EDGE_BUTTON if light else PAPER,
            stroke_width=stroke,
            stroke_linejoin="round",
        )

    def _fill(self, code: str, colours: tuple[str, ...]) -> str:
        at = self._shade(code)
        if at is not None:
            return colours[at]
        return EDGE if self.value(code) is None else PAPER

    def _keys(self, width: float, y: float) -> tuple[list[Markup], float]:
        legend, y = keys(self._classes(), width, y)
        fit = max(int((width + TILE_GAP) // (TILE_LEAST + TILE_GAP)), 1)
        rows = -(-len(outlines().overseas) // fit)
        columns = -(-len(outlines().overseas) // rows)
        wide = (width - (columns - 1) * TILE_GAP) / columns
        for at, one in enumerate(outlines().overseas):
            row, column = divmod(at, columns)
            legend += self._tile(one, column * (wide + TILE_GAP), y + BLOCK + row * (TILE_HEIGHT + TILE_GAP), wide)
        return legend, y + BLOCK + rows * (TILE_HEIGHT + TILE_GAP) - TILE_GAP + 1

    def _classes(self) -> list[Key]:
        bounds, codes = self.bounds, outlines().names
        known = [self.value(code) for code in codes]
        masked = any(isinstance(value, Masked) for value in known)
        words = class_words(bounds, self.measure)
        if masked and len(bounds) > 1:
            words[0] = _beside_masked(bounds[1] - 1)
        told = [Key(RAMP[shade(at, len(bounds))], one) for at, one in enumerate(words)]
        if masked:
            told.insert(0, Key(PAPER, str(Masked.UNDER_FIVE)))
        return [*told, Key(EDGE, NO_FIGURE)] if None in known else told

    def _tile(self, one: Shape, x: float, y: float, width: float) -> list[Markup]:
        at = self._shade(one.code)
        colour = INK if at is None else ON_TILES[at]
        edge = EDGE_BUTTON if at is None else None
        return [
            box(x + 0.5, y + 0.5, width - 1, TILE_HEIGHT - 1, self._fill(one.code, TILES), 4, stroke=edge),
            text(x + 7, y + LINE, fitted(one.name, width - 10), fill=colour),
            text(x + 7, y + 2 * LINE, self.measure.words(self.value(one.code)), fill=colour, bold=True),
        ]


def _beside_masked(highest: float) -> str:
    """The first class without what is masked: « 0 », « 0 ou 5 à 9 »."""
    if highest < MASKED_BELOW:
        return COUNT.words(0)
    last = COUNT.words(highest)
    return f"0 ou {last}" if highest == MASKED_BELOW else f"0 ou {MASKED_BELOW} à {last}"
