"""What an applicant, a coordinator and the router find when they ask where a place is."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.places import (
    PlaceKind,
    UnknownPlaceError,
    commune,
    commune_codes_of,
    communes_of_postal_code,
    kind_of,
    label,
    places_of,
    population_of,
    search_places,
)
from portal.places.atlas import atlas
from portal.places.folding import fold

DATA = Path("portal/places/data")


def test_an_applicant_of_51300_is_asked_which_of_46_communes() -> None:
    found = communes_of_postal_code("51300")
    assert len(found) == 46
    assert [place.name for place in found] == sorted((place.name for place in found), key=fold)
    assert {place.departement for place in found} == {"51"}


def test_an_applicant_of_59100_finds_roubaix_alone() -> None:
    assert [place.code for place in communes_of_postal_code("59100")] == ["59512"]


@pytest.mark.parametrize(
    ("postal_code", "code", "parent"),
    [
        ("75011", "75111", "75056"),
        ("75116", "75116", "75056"),
        ("69003", "69383", "69123"),
        ("13014", "13214", "13055"),
    ],
)
def test_an_applicant_of_a_large_city_finds_the_arrondissement_and_not_the_city(
    postal_code: str, code: str, parent: str
) -> None:
    [found] = communes_of_postal_code(postal_code)
    assert (found.code, found.parent) == (code, parent)


def test_a_postal_code_typed_with_a_space_is_understood() -> None:
    assert communes_of_postal_code("59 100") == communes_of_postal_code("59100")


@pytest.mark.parametrize("nonsense", ["", "00000", "abcde", "5910"])
def test_an_unknown_postal_code_serves_no_commune(nonsense: str) -> None:
    assert communes_of_postal_code(nonsense) == []


def test_an_insee_code_is_not_mistaken_for_a_postal_code() -> None:
    assert commune("51300").name == "Isle-sur-Marne"
    assert commune("51300") not in communes_of_postal_code("51300")


def test_the_router_is_told_every_place_that_holds_roubaix() -> None:
    assert places_of("59512") == {
        "country:FR",
        "region:32",
        "departement:59",
        "epci:200093201",
        "commune:59512",
        "zone:cite-educative-roubaix",
    }


def test_someone_in_paris_11_is_in_paris_too() -> None:
    assert {"commune:75111", "commune:75056", "departement:75", "region:11"} <= places_of("75111")


@pytest.mark.parametrize(
    ("code", "departement", "region"),
    [
        ("97411", "974", "04"),
        ("97105", "971", "01"),
        ("97611", "976", "06"),
        ("98818", "988", "988"),
        ("2A004", "2A", "94"),
    ],
)
def test_overseas_and_corsica_have_their_departement_and_region(code: str, departement: str, region: str) -> None:
    assert {f"departement:{departement}", f"region:{region}", "country:FR"} <= places_of(code)


def test_every_place_of_every_commune_has_a_name() -> None:
    places = {place for code in atlas().communes for place in places_of(code)}
    assert all(label(place) for place in places)
    assert len(places) > 36_000


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("departement:59", "Nord"),
        ("region:32", "Hauts-de-France"),
        ("epci:200093201", "Métropole Européenne de Lille"),
        ("commune:59512", "Roubaix"),
        ("zone:cite-educative-roubaix", "Cité éducative de Roubaix"),
        ("country:FR", "France"),
        ("remote", "À distance"),
        ("region:93", "Provence-Alpes-Côte d’Azur"),
    ],
)
def test_a_place_is_named_in_french(place: str, name: str) -> None:
    assert label(place) == name


@pytest.mark.parametrize("place", ["commune:00000", "departement:999", "zone:nowhere", "planet:earth", "59512", ""])
def test_an_unknown_place_is_refused(place: str) -> None:
    with pytest.raises(UnknownPlaceError):
        label(place)


def test_an_unknown_commune_is_refused() -> None:
    with pytest.raises(UnknownPlaceError):
        places_of("99999")


def test_names_carry_curly_apostrophes_only() -> None:
    names = [place.name for place in atlas().communes.values()] + list(atlas().names.values())
    assert not [name for name in names if "'" in name]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("roub", "commune:59512"),
        ("ROUBAIX", "commune:59512"),
        ("nord", "departement:59"),
        ("59", "departement:59"),
        ("2a", "departement:2A"),
        ("59100", "commune:59512"),
        ("ile de fr", "region:11"),
        ("metropole europeenne", "epci:200093201"),
        ("cité éducative", "zone:cite-educative-roubaix"),
        ("saint denis", "commune:97411"),
        ("st denis", "commune:97411"),
        ("ste marie aux m", "commune:68298"),
        ("l'hay", "commune:94038"),
    ],
)
def test_typing_the_beginning_finds_the_place(typed: str, first: str) -> None:
    assert search_places(typed)[0].code == first


def test_a_later_word_is_found_too() -> None:
    assert "epci:200093201" in [place.code for place in search_places("lille", 20)]


def test_a_part_inside_a_word_is_not_a_match() -> None:
    assert not [place for place in search_places("oubaix", 20) if place.code == "commune:59512"]


@pytest.mark.parametrize("nothing", ["", "   ", "'-'", "zzzzzz"])
def test_typing_nothing_findable_finds_nothing(nothing: str) -> None:
    assert search_places(nothing) == []


def test_a_search_is_kept_to_its_limit() -> None:
    assert len(search_places("saint", 7)) == 7
    assert search_places("saint", 0) == []


def test_namesakes_are_told_apart_by_departement() -> None:
    details = [place.detail for place in search_places("saint-denis", 2)]
    assert details == ["La Réunion (974)", "Seine-Saint-Denis (93)"]


def test_a_place_knows_its_communes_and_its_people_once() -> None:
    assert commune_codes_of("zone:cite-educative-roubaix") == ("59512",)
    assert len(commune_codes_of("departement:75")) == 21
    assert population_of("departement:75") == population_of("commune:75056") == commune("75056").population
    assert commune_codes_of("remote") == commune_codes_of("country:FR")


def test_kinds_are_read_from_the_written_place() -> None:
    assert kind_of("departement:59") is PlaceKind.DEPARTEMENT
    assert kind_of("remote") is PlaceKind.REMOTE
    with pytest.raises(ValueError, match="planet"):
        kind_of("planet:earth")


def test_every_zone_is_made_of_known_communes_and_says_where_it_comes_from() -> None:
    for zone in atlas().zones.values():
        assert all(code in atlas().communes for code in zone.communes)
        assert zone.source
        assert zone.vintage


def test_invented_zones_say_so() -> None:
    demo = [zone for zone in atlas().zones.values() if zone.code != "cite-educative-roubaix"]
    assert demo
    assert all("démonstration" in zone.name and "inventée" in zone.source for zone in demo)


def test_the_data_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest
    assert manifest["rows"]["communes"] == len(atlas().communes)
    assert manifest["version"] == "6.0.0"


def test_a_process_has_its_places_within_a_second() -> None:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from portal.places import communes_of_postal_code as c; assert len(c('51300')) == 46"],
        check=True,
    )
    assert time.perf_counter() - started < 1.5


@pytest.mark.parametrize(("typed", "kept"), [("D’Angelo", "D'Angelo"), ("LEFÈVRE", "lefevre"), ("Lecœur", "Lecoeur")])
def test_a_name_is_found_however_it_is_typed(typed: str, kept: str) -> None:
    assert fold(typed) == fold(kept)
