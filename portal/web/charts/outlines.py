"""The outlines of the départements, read once; made by map_build."""

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

DATA = files("portal.web.charts") / "data" / "departements.json"
PARIS_AROUND = (2970, 1273, 340, 340)
INNER_REGION = ("75", "77", "78", "91", "92", "93", "94", "95")


class Shape(NamedTuple):
    """One département; overseas ones have no path and are drawn as tiles."""

    code: str
    name: str
    path: str = ""


class Outlines(NamedTuple):
    """Everything to draw, in tenths of the source's units."""

    width: int
    height: int
    credit: str
    metropolitan: tuple[Shape, ...]
    overseas: tuple[Shape, ...]

    @property
    def names(self) -> dict[str, str]:
        """The name of each of the 101, by code."""
        return {shape.code: shape.name for shape in (*self.metropolitan, *self.overseas)}


@cache
def outlines() -> Outlines:
    """The shipped outlines."""
    raw = json.loads(DATA.read_text(encoding="utf-8"))
    return Outlines(
        width=raw["width"],
        height=raw["height"],
        credit=raw["credit"],
        metropolitan=tuple(Shape(**shape) for shape in raw["departements"]),
        overseas=tuple(Shape(**shape) for shape in raw["overseas"]),
    )
