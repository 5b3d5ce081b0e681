"""Squares of colour with their words, on as many lines as they take."""

from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts.palette import EDGE_FIELD, INK
from portal.web.charts.svg import LINE, box, fitted, text, text_width

SQUARE = 13
AFTER_SQUARE, BETWEEN, LEADING = 6, 16, 6


@dataclass(frozen=True)
class Key:
    """A colour and what it means; an open one has an edge."""

    colour: str
    words: str


def keys(entries: list[Key], width: float, y: float = 0) -> tuple[list[Markup], float]:
    """The drawn entries from y down, and where they end."""
    parts, x = [], 0.0
    for entry in entries:
        words = fitted(entry.words, width - SQUARE - AFTER_SQUARE)
        wide = SQUARE + AFTER_SQUARE + text_width(words)
        if x and x + wide > width:
            x, y = 0.0, y + LINE + LEADING
        parts.append(box(x + 0.5, y + 3, SQUARE, SQUARE, entry.colour, stroke=EDGE_FIELD, stroke_width=0.75))
        parts.append(text(x + SQUARE + AFTER_SQUARE, y + 14, words, fill=INK))
        x += wide + BETWEEN
    return parts, y + LINE
