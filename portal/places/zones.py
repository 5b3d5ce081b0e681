"""Bringing an official list of zones (QPV, Cités éducatives ...) into ``zones.csv``.

The official lists are published as CSV files of changing shape: say which column holds
what. ``python -m portal.places.zones FILE --kind QPV --source "ANCT" --vintage 2024 --code-column code_qp
--name-column lib_qp --communes-column insee_com`` replaces the zones of that kind.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from portal.places.atlas import UnknownPlaceError, Zone, atlas
from portal.places.folding import fold

FILE = Path(__file__).parent / "data" / "zones.csv"


class Columns(NamedTuple):
    """Names of the columns of an official list; several communes are parted by spaces or commas."""

    code: str
    name: str
    communes: str


class Origin(NamedTuple):
    """What the imported zones are, who publishes them, and their year."""

    kind: str
    source: str
    vintage: str


def read_official_list(text: str, columns: Columns, origin: Origin) -> list[Zone]:
    """Read a published CSV; rows of one code are one zone.

    ValueError names a missing column; UnknownPlaceError a commune that is not in our vintage.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), dialect=csv.Sniffer().sniff(text, ";,\t"))
    missing = set(columns) - set(rows.fieldnames or ())
    if missing:
        raise ValueError(f"missing columns: {', '.join(sorted(missing))}")
    zones: dict[str, Zone] = {}
    for row in rows:
        zone = _zone(row, columns, origin)
        known = zones.get(zone.code, zone)
        zones[zone.code] = zone._replace(communes=tuple(sorted({*known.communes, *zone.communes})))
    return list(zones.values())


def _zone(row: dict[str, str], columns: Columns, origin: Origin) -> Zone:
    communes = tuple(row[columns.communes].replace(",", " ").split())
    for code in communes:
        if code not in atlas().communes:
            raise UnknownPlaceError(code)
    slug = fold(f"{origin.kind} {row[columns.code]}").replace(" ", "-")
    return Zone(slug, row[columns.name].strip(), origin.kind, communes, origin.source, origin.vintage)


def merged(known: Iterable[Zone], imported: list[Zone]) -> list[Zone]:
    """Replace the known zones of the imported kinds, keeping the others first."""
    kinds = {zone.kind for zone in imported}
    return [zone for zone in known if zone.kind not in kinds] + imported


def as_csv(zones: Iterable[Zone]) -> str:
    """Write zones as the shipped file holds them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(Zone._fields)
    writer.writerows((*zone[:3], " ".join(zone.communes), *zone[4:]) for zone in zones)
    return text.getvalue()


def main() -> None:
    """Read the command line, import, and rewrite ``zones.csv``."""
    parser = argparse.ArgumentParser(prog="python -m portal.places.zones", description="Import zones.")
    parser.add_argument("file", type=Path)
    for name in ("kind", "source", "vintage", "code-column", "name-column", "communes-column"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    columns = Columns(given.code_column, given.name_column, given.communes_column)
    origin = Origin(given.kind, given.source, given.vintage)
    imported = read_official_list(given.file.read_text(encoding="utf-8"), columns, origin)
    FILE.write_text(as_csv(merged(atlas().zones.values(), imported)), encoding="utf-8")
    sys.stdout.write(f"{len(imported)} zones\n")


if __name__ == "__main__":
    main()
