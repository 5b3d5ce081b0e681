"""The map of France and its classes: every département, every value in one class, nothing masked that shows."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.charts import MASKED, SHARE, FranceMap, Value, class_bounds, palette
from portal.web.charts.classes import class_of, class_words
from portal.web.charts.map_build import converted
from portal.web.charts.measure import round_down, shown
from portal.web.charts.outlines import outlines
from portal.web.charts.svg import NARROW, text_width

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def read(markup: str) -> ET.Element:
    return ET.fromstring(str(markup))


# ---- map -------------------------------------------------------------------------------------------------------------


def test_the_101_departements_are_all_there() -> None:
    root = read(FranceMap({"59": 812, "974": 64}).svg("wide"))
    titles = [one.text or "" for one in root.iter(f"{SVG}title")]
    names = outlines().names
    assert len(names) == 101
    assert {"2A", "2B", "75", "971", "976"} <= set(names)
    for shape in outlines().metropolitan:
        assert any(title.startswith(f"{shape.name}\u00a0: ") for title in titles), shape.name
    assert {"Guadeloupe", "Martinique", "Guyane", "La Réunion", "Mayotte"} <= set(texts(root))
    assert len(FranceMap({"59": 1}).table.rows) == 101


def test_the_map_names_paris_and_draws_it_larger_too() -> None:
    root = read(FranceMap({"75": 640}).shapes())
    assert [one.text for one in root.iter(f"{SVG}title")].count("Paris\u00a0: 640") == 2
    assert texts(root) == ["Île-de-France"]


def test_a_map_knows_unknown_masked_and_missing() -> None:
    with pytest.raises(ValueError, match="no such département"):
        FranceMap({"20": 3})
    legend = texts(read(FranceMap({"59": 0.4, "48": MASKED}, measure=SHARE, absent=None).legend(NARROW)))
    assert {"moins de\u00a05", "pas de donnée"} <= set(legend)
    masked = read(FranceMap({"59": 40, "48": MASKED}).shapes())
    lozere = next(one for one in masked.iter(f"{SVG}path") if (one[0].text or "").startswith("Lozère"))
    assert (lozere.get("fill"), lozere[0].text) == (palette.PAPER, "Lozère\u00a0: moins de\u00a05")


def test_the_outlines_are_made_from_the_package_as_published() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 613 585">'
        '<path id="21" aria-label="Côte-d\'Or" d="m 10.04,20 1.01,0 0,0 0.02,-2.5 z m 5,5 1,1 z"/></svg>'
    )
    found = converted(svg)
    assert (found["width"], found["height"]) == (6130, 5850)
    assert found["departements"] == [{"code": "21", "name": "Côte-d’Or", "path": "M100 200l10 0 1-25zM150 250l10 10z"}]


# ---- classes ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.one_of(st.integers(0, 10**7), st.just(MASKED)), max_size=101))
def test_classes_cover_every_value_once_and_read_well(values: list[Value]) -> None:
    bounds = class_bounds(values)
    assert bounds[0] == 0
    assert list(bounds) == sorted(set(bounds))
    assert len(bounds) <= 5
    places = [class_of(value, bounds) for value in shown(values)]
    assert all(0 <= place < len(bounds) for place in places)
    assert set(range(1, len(bounds))) <= set(places)
    assert all(len(str(int(bound)).rstrip("0")) <= 2 for bound in bounds)


@given(st.lists(st.floats(0, 1), max_size=101))
def test_shares_are_classed_as_they_are_read(values: list[float]) -> None:
    bounds = class_bounds(values, SHARE)
    for value in values:
        place = class_of(value, bounds, SHARE)
        assert round(value * 100) >= round(bounds[place] * 100)
        assert place + 1 == len(bounds) or round(value * 100) < round(bounds[place + 1] * 100)


def test_classes_are_said_in_words() -> None:
    assert class_words((0.0, 5.0, 20.0, 1500.0)) == ["0 à 4", "5 à 19", "20 à 1\u00a0499", "1\u00a0500 et plus"]
    assert class_words((0.0, 1.0)) == ["0", "1 et plus"]
    assert class_words((0.0, 0.1, 0.4), SHARE) == ["0 à 9\u00a0%", "10 à 39\u00a0%", "40\u00a0% et plus"]


@given(st.floats(0.01, 10**9), st.sampled_from([1.0, 0.1, 0.01]))
def test_a_rounded_figure_is_near_and_never_above(value: float, grain: float) -> None:
    found = round_down(value, grain)
    assert found <= value * (1 + 1e-8)
    assert found >= value / 2 - 1e-8 or value < grain


def test_the_words_of_a_tile_stay_in_it() -> None:
    known = FranceMap({"59": 12, "972": MASKED, "974": 1_200_000}, absent=None)
    tiles = [one for one in read(known.legend(NARROW)).iter(f"{SVG}text") if one.get("font-weight") == "700"]
    assert ["".join(one.itertext()) for one in tiles] == ["—", "moins de\u00a05", "—", "1\u00a0200\u00a0000", "—"]
    assert all(text_width(one.text or "", bold=True) <= 92 - 8 for one in tiles)
