"""What the maintainer gets when rebuilding the places or importing an official list of zones."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from portal.places import UnknownPlaceError
from portal.places.atlas import Zone, atlas
from portal.places.build import build
from portal.places.zones import FILE, Columns, Origin, as_csv, merged, read_official_list

COLUMNS = Columns("code_qp", "lib_qp", "insee_com")
ORIGIN = Origin("QPV", "ANCT", "2024")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A tiny package of the published shape."""
    files: dict[str, Any] = {
        "communes": [
            {"code": "75111", "nom": "Paris 11e Arrondissement", "type": "arrondissement-municipal", "commune": "75056",
             "departement": "75", "codesPostaux": ["75011"], "population": 2},
            {"code": "75056", "nom": "Paris", "type": "commune-actuelle", "departement": "75", "codesPostaux": ["75011"]},
            {"code": "75999", "nom": "Old", "type": "commune-deleguee", "departement": "75"},
        ],
        "regions": [{"code": "11", "nom": "Île-de-France"}],
        "departements": [{"code": "75", "nom": "Val d'Essai", "region": "11"}],
        "epci": [{"code": "200054781", "nom": "Grand Paris", "membres": [{"code": "75056"}]}],
    }  # fmt: skip
    (tmp_path / "data").mkdir()
    (tmp_path / "package.json").write_text(json.dumps({"name": "@etalab/decoupage-administratif", "version": "9.9.9"}))
    for name, content in files.items():
        (tmp_path / "data" / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def test_the_maintainer_gets_communes_arrondissements_and_their_epci(package: Path, tmp_path: Path) -> None:
    manifest = build(package, tmp_path)
    lines = gzip.decompress((tmp_path / "communes.csv.gz").read_bytes()).decode().splitlines()
    assert lines[1:] == [
        "75056;Paris;75011;75;200054781;0;",
        "75111;Paris 11e arrondissement;75011;75;200054781;2;75056",
    ]
    assert "departement;75;Val d’Essai;11" in (tmp_path / "territories.csv").read_text(encoding="utf-8")
    assert (manifest["version"], manifest["rows"]) == ("9.9.9", {"communes": 2, "territories": 3})


def test_building_twice_gives_the_same_bytes(package: Path, tmp_path: Path) -> None:
    assert build(package, tmp_path)["sha256"] == build(package, tmp_path)["sha256"]


def test_another_package_is_refused(package: Path) -> None:
    (package / "package.json").write_text(json.dumps({"name": "left-pad", "version": "1"}))
    with pytest.raises(ValueError, match="left-pad"):
        build(package, package)


def test_an_official_list_gives_one_zone_for_the_rows_of_one_code() -> None:
    text = "code_qp;lib_qp;insee_com\nQN05901M;Alma-Épeule;59512\nQN05901M;Alma-Épeule;59599\nQN2;Autre;59350, 59009\n"
    assert read_official_list(text, COLUMNS, ORIGIN) == [
        Zone("qpv-qn05901m", "Alma-Épeule", "QPV", ("59512", "59599"), "ANCT", "2024"),
        Zone("qpv-qn2", "Autre", "QPV", ("59009", "59350"), "ANCT", "2024"),
    ]


def test_a_list_without_the_expected_column_is_refused() -> None:
    with pytest.raises(ValueError, match="insee_com"):
        read_official_list("code_qp;lib_qp\n1;a\n", COLUMNS, ORIGIN)


def test_a_list_naming_a_commune_that_no_longer_exists_is_refused() -> None:
    with pytest.raises(UnknownPlaceError, match="59999"):
        read_official_list("code_qp;lib_qp;insee_com\nQ;a;59999\n", COLUMNS, ORIGIN)


def test_importing_a_kind_again_replaces_it_and_keeps_the_others() -> None:
    def zone(code: str, kind: str) -> Zone:
        return Zone(code, code, kind, ("59512",), "s", "2024")

    kept = merged([zone("a", "QPV"), zone("b", "Cité")], [zone("c", "QPV")])
    assert [found.code for found in kept] == ["b", "c"]


def test_the_shipped_zones_are_written_as_the_importer_writes_them() -> None:
    assert as_csv(atlas().zones.values()) == FILE.read_text(encoding="utf-8")
