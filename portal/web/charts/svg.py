"""Writing SVG: elements with escaped attributes, texts whose width is known beforehand, the sizes drawings come in."""

from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup, escape

from portal.web.charts.palette import INK, INK_2

FONT = "Atkinson Hyperlegible Next, Segoe UI, sans-serif"
TEXT: Final = 14
LINE: Final = 19
NO_DATA = "Aucune donnée sur cette période."
NARROW_SIGNS = frozenset("iljtfrI.,:;’'!|()[]- \u00a0")
BROAD_SIGNS = frozenset("mwMWŒœ%@—")
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Size:
    """One width a drawing is made for, in pixels; figures.css shows the one that keeps its text over 12 px."""

    name: str
    width: int
    height: int

    @property
    def roomy(self) -> bool:
        """Whether names stand beside their bars rather than above."""
        return self.width >= WIDE.width


NARROW = Size("narrow", 288, 240)
MEDIUM = Size("medium", 400, 260)
WIDE = Size("wide", 560, 300)
BROAD = Size("broad", 800, 320)
SIZES = {size.name: size for size in (NARROW, MEDIUM, WIDE, BROAD)}


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """An SVG element. An attribute's underscores are hyphens, one at the end is dropped, None leaves it out.

    Children are escaped unless they are markup; numbers are rounded to a tenth.
    """
    written = "".join(f' {_name(k)}="{escape(_plain(v))}"' for k, v in attributes.items() if v is not None)
    inside = Markup("").join(children)
    return Markup(f"<{tag}{written}>{inside}</{tag}>" if children else f"<{tag}{written}/>")  # noqa: S704 - escaped just above


def _name(attribute: str) -> str:
    return attribute.rstrip("_").replace("_", "-")


def _plain(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def drawing(size: Size, height: float, words: str, *children: str) -> Markup:
    """The root of a drawing, as wide as its size; words are read out in its place."""
    return element(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        class_=f"chart chart--{size.name}",
        viewBox=f"0 0 {size.width} {_plain(float(height))}",
        width=size.width,
        height=float(height),
        role="img",
        aria_label=words,
        focusable="false",
        font_family=FONT,
        font_size=TEXT,
        fill=INK_2,
    )


def text(
    x: float, y: float, words: str, *, fill: str = INK_2, bold: bool = False, anchor: Anchor = "start", size: int = TEXT
) -> Markup:
    """One line of text; y is its baseline."""
    return element(
        "text",
        words,
        x=float(x),
        y=float(y),
        fill=fill,
        font_size=size,
        font_weight=700 if bold else None,
        text_anchor=None if anchor == "start" else anchor,
    )


def box(x: float, y: float, width: float, height: float, fill: str, radius: float = 2, **more: object) -> Markup:
    """A rectangle with slightly round corners."""
    return element(
        "rect", x=float(x), y=float(y), width=float(max(width, 0)), height=float(height), rx=radius, fill=fill, **more
    )


def text_width(words: str, *, bold: bool = False, size: int = TEXT) -> float:
    """About how wide the words are, in pixels: on the safe side for the fonts we ship."""
    return sum(_sign_width(sign) for sign in words) * size * (1.06 if bold else 1)


def _sign_width(sign: str) -> float:
    if sign in NARROW_SIGNS:
        return 0.34
    if sign in BROAD_SIGNS:
        return 0.9
    return 0.68 if sign.isupper() else 0.61 if sign.isdigit() else 0.56


def fitted(words: str, width: float, *, bold: bool = False) -> str:
    """The words, cut with « … » when they are wider than that."""
    if text_width(words, bold=bold) <= width:
        return words
    cut = words
    while cut and text_width(cut + "…", bold=bold) > width:
        cut = cut[:-1]
    return cut.rstrip() + "…"


def wrapped(words: str, width: float, *, bold: bool = False) -> list[str]:
    """The words on one line, or on two; each cut when it is still wider than that."""
    if text_width(words, bold=bold) <= width:
        return [words]
    first, _, rest = words.partition(" ")
    while rest and text_width(f"{first} {rest.partition(' ')[0]}", bold=bold) <= width:
        word, _, rest = rest.partition(" ")
        first = f"{first} {word}"
    return [fitted(line, width, bold=bold) for line in (first, rest) if line]


def name_of_row(x: float, y: float, words: str, width: float) -> Markup:
    """A row's name in ink, cut to the width, whole when pointed at."""
    cut = fitted(words, width)
    label = text(x, y, cut, fill=INK)
    return label if cut == words else element("g", element("title", words), label)


def names_of_row(x: float, y: float, words: str, width: float) -> Markup:
    """A row's name in ink on one line, or on two; whole when pointed at if even that cuts it."""
    lines = wrapped(words, width)
    label = Markup("").join(text(x, y + at * LINE, line, fill=INK) for at, line in enumerate(lines))
    return label if " ".join(lines) == words else element("g", element("title", words), label)


def nothing(size: Size, why: str = NO_DATA) -> Markup:
    """What stands where there is nothing to draw."""
    lines = wrapped(why, size.width)
    told = [text(size.width / 2, (2 + at) * LINE, line, anchor="middle") for at, line in enumerate(lines)]
    return drawing(size, (2 + len(lines)) * LINE, why, *told)
