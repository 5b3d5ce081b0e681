"""Make the data files again from an unpacked folder of the published package.

By hand, once a year: ``python -m portal.places.build FOLDER`` where FOLDER holds the
``package.json`` and ``data/`` of ``@etalab/decoupage-administratif``.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

DATA = Path(__file__).parent / "data"
PACKAGE = "@etalab/decoupage-administratif"
CURRENT = "commune-actuelle"
DISTRICT = "arrondissement-municipal"

Record: TypeAlias = dict[str, Any]


def build(package: Path, into: Path = DATA) -> Record:
    """Write the data files and their manifest; return the manifest."""
    about = _read(package / "package.json")
    if about["name"] != PACKAGE:
        raise ValueError(f"{package}: expected {PACKAGE}, found {about['name']}")
    communes = [list(row) for row in _communes(package)]
    territories = [list(row) for row in _territories(package)]
    contents = {
        "communes.csv.gz": gzip.compress(_csv(_COMMUNE_COLUMNS, communes), mtime=0),
        "territories.csv": _csv(_TERRITORY_COLUMNS, territories),
    }
    manifest = _manifest(about, contents, {"communes": len(communes), "territories": len(territories)})
    for name, content in contents.items():
        (into / name).write_bytes(content)
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (into / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


_COMMUNE_COLUMNS = ("code", "name", "postal_codes", "departement", "epci", "population", "parent")
_TERRITORY_COLUMNS = ("kind", "code", "name", "region")


def _communes(package: Path) -> Iterator[Sequence[str]]:
    epci = _epci_of(package)
    records = _read(package / "data" / "communes.json")
    kept = [record for record in records if record["type"] in (CURRENT, DISTRICT)]
    for record in sorted(kept, key=lambda record: str(record["code"])):
        parent = record.get("commune", "")
        yield (
            record["code"],
            _typeset(record["nom"]),
            " ".join(record.get("codesPostaux", [])),
            record["departement"],
            epci.get(parent or record["code"], ""),
            str(record.get("population", 0)),
            parent,
        )


def _epci_of(package: Path) -> dict[str, str]:
    groups = _read(package / "data" / "epci.json")
    return {member["code"]: group["code"] for group in groups for member in group["membres"]}


def _territories(package: Path) -> Iterator[Sequence[str]]:
    for kind, name in (("region", "regions"), ("departement", "departements"), ("epci", "epci")):
        for record in sorted(_read(package / "data" / f"{name}.json"), key=lambda found: str(found["code"])):
            region = record["region"] if kind == "departement" else ""
            yield kind, record["code"], _typeset(record["nom"]), region


def _typeset(name: str) -> str:
    return name.replace("'", "’").replace("Arrondissement", "arrondissement")


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _manifest(about: Record, contents: dict[str, bytes], rows: dict[str, int]) -> Record:
    return {
        "package": about["name"],
        "version": about["version"],
        "vintage": "2026",
        "licence": "MIT (code), Licence Ouverte / Open Licence (données)",
        "sources": [
            "INSEE, Code officiel géographique et populations légales",
            "DGCL, liste et composition des EPCI à fiscalité propre",
            "La Poste, base officielle des codes postaux",
        ],
        "rows": rows,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="python -m portal.places.build", description="Rebuild the data files.")
    parser.add_argument("folder", type=Path, help="the unpacked package, holding package.json and data/")
    rows = build(parser.parse_args().folder)["rows"]
    sys.stdout.write(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
