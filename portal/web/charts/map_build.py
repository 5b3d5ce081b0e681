"""How data/departements.json was made: `python -m portal.web.charts.map_build france.departments.svg departements.json`.

The outlines are those of the package named in static/VENDOR.md, rounded to tenths and multiplied by ten; every shape is
rounded on the same grid, so that neighbours still touch.
"""

import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

SCALE = 10
OVERSEAS = (("971", "Guadeloupe"), ("972", "Martinique"), ("973", "Guyane"), ("974", "La Réunion"), ("976", "Mayotte"))
NAMES = {"75": "Paris"}
PAIR = re.compile(r"(-?[\d.]+),(-?[\d.]+)")
Point = tuple[int, int]


def rounded(path: str) -> str:
    """The path of relative points (« m x,y dx,dy … z ») in whole tenths, without those that no longer move."""
    x = y = 0.0
    pieces = []
    for outline in path.split("z"):
        points: list[Point] = []
        start = (x, y)
        for dx, dy in PAIR.findall(outline):
            x, y = x + float(dx), y + float(dy)
            start = start if points else (x, y)
            points.append((round(x * SCALE), round(y * SCALE)))
        x, y = start
        pieces.append(_written(points))
    return "".join(pieces)


def _written(points: list[Point]) -> str:
    if not points:
        return ""
    moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    line = " ".join(f"{dx} {dy}" for dx, dy in moves if dx or dy)
    return f"M{points[0][0]} {points[0][1]}l{line.replace(' -', '-')}z" if line else ""


def converted(svg: str) -> dict[str, object]:
    """The data file's content, from the package's own SVG."""
    root = ET.fromstring(svg)  # noqa: S314 - a file we have chosen and whose digest is declared
    _, _, width, height = (int(part) for part in root.attrib["viewBox"].split())
    shapes = [
        {
            "code": one.attrib["id"],
            "name": NAMES.get(one.attrib["id"], one.attrib["aria-label"].replace("'", "’")),
            "path": rounded(one.attrib["d"]),
        }
        for one in root.iter("{http://www.w3.org/2000/svg}path")
    ]
    return {
        "credit": "Victor Cazanave, svg-maps, CC-BY-4.0",
        "width": width * SCALE,
        "height": height * SCALE,
        "departements": sorted(shapes, key=lambda shape: shape["code"]),
        "overseas": [{"code": code, "name": name} for code, name in OVERSEAS],
    }


def main(source: Path, target: Path) -> None:
    """Write the data file from the package's SVG."""
    content = json.dumps(converted(source.read_text()), ensure_ascii=False, indent=0, separators=(",", ":"))
    target.write_text(content + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
