"""The brochure: a cover, what mentoring is, a table, one page per association, how to ask; nothing cut."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.paper.brochure import brochure
from portal.queries.brochure import Places, Sheet, Territory
from tests.paper.reading import sheets_of
from tests.paper.territory import PUBLISHER, TEN, make_programme, make_sheet, make_territory

TODAY = date(2026, 11, 22)
LONG = "Un accompagnement régulier, avec des mots nombreux pour que la phrase passe à la ligne plusieurs fois. " * 4


def pages(of: Territory) -> list[str]:
    return sheets_of(brochure(of, PUBLISHER, TODAY))


@pytest.fixture(scope="module")
def ten() -> list[str]:
    around = (make_sheet("Voix d’équerre", places=Places(0)),)
    return pages(make_territory(tuple(make_sheet(name) for name in TEN), around))


def test_ten_associations_make_ten_sheets_each_on_a_page_of_its_own(ten: list[str]) -> None:
    assert len(ten) == 3 + 10 + 1 + 1
    for number, (name, page) in enumerate(zip(TEN, ten[3:13], strict=True), start=1):
        assert f"Fiche {number} sur 10" in page
        assert name in page
        assert [other for other in TEN if other != name and f"{other} accompagne" in page] == []


def test_the_cover_says_where_and_how_many(ten: list[str]) -> None:
    assert "Cité éducative de Roubaix : trouver un mentor" in ten[0]
    assert "10 associations présentes" in ten[0]
    assert "300 places, côté jeunes" in ten[0]
    assert "2 / 15" not in ten[0]


def test_what_mentoring_is_comes_before_anybody(ten: list[str]) -> None:
    assert "Le mentorat, en une page" in ten[1]
    assert "Comment une demande trouve sa place" in ten[1]
    assert "2 / 15" in ten[1]


def test_the_table_tells_who_accepts_whom_and_where_its_sheet_is(ten: list[str]) -> None:
    table = ten[2]
    assert "10 associations, chacune sa manière" in table
    assert "Campagne 2026" in table
    for page, name in enumerate(TEN, start=4):
        assert f"{name} De 14 à 25 ans Au lycée 30 {page}" in table


def test_a_sheet_says_criteria_of_both_sides_facts_and_contact(ten: list[str]) -> None:
    page = ten[3]
    for said in (
        "30 places",
        "Qui peut être accompagné Âge De 14 à 25 ans",
        "Qui peut devenir mentor Durée d’engagement Au moins 6 mois",
        "Durée Une année scolaire",
        "Partenaires Lycées professionnels, Missions locales",
        "contact@association.example.org",
        "Siège Roubaix",
        "Source : Fiche de 2022",
    ):
        assert said in page
    assert "Non publiée" not in page


def test_those_who_come_from_further_are_told_apart(ten: list[str]) -> None:
    assert "1 association vient aussi de plus loin" in ten[13]
    assert "Voix d’équerre" in ten[13]
    assert not any("Voix d’équerre" in page for page in ten[:13])


def test_programmes_that_take_others_are_told_by_name() -> None:
    two = replace(
        make_sheet("Voix d’équerre"),
        programmes=(make_programme("Cap bac"), make_programme("Tremplin", {"test": "age", "min": 18, "max": 30})),
    )
    (page,) = [one for one in pages(make_territory((make_sheet(),), (two,))) if "vient aussi de plus loin" in one]
    assert "Cap bac : de 14 à 25 ans" in page
    assert "Tremplin : de 18 à 30 ans" in page


def test_the_last_page_says_how_to_ask(ten: list[str]) -> None:
    assert "Comment demander" in ten[-1]
    for path in ("je-cherche-un-mentor", "j-inscris-un-jeune", "je-deviens-mentor"):
        assert f"portail.example.org/{path}" in ten[-1]
    assert "contact@collectif.example.org" in ten[-1]


def test_places_without_end_say_so_everywhere() -> None:
    found = pages(make_territory((make_sheet(places=Places(200, or_more=True)),)))
    assert "200 places ou plus, côté jeunes" in found[0]
    assert "200 ou plus" in found[2]
    assert "200 places ou plus" in found[3]


def test_where_nobody_declared_places_the_brochure_says_so_and_shows_who_reaches_it() -> None:
    found = pages(make_territory((), (make_sheet("Proxité"), make_sheet("Afev"))))
    assert len(found) == 4
    assert "2 associations viennent de plus loin" in found[0]
    assert "Pas encore de places déclarées ici" in found[2]
    assert "Proxité" in found[2]


def test_where_there_is_nobody_at_all_it_still_says_how_to_ask() -> None:
    found = pages(make_territory())
    assert "est gardée" in found[2]
    assert "Comment demander" in found[-1]


def test_many_programmes_and_long_words_take_more_pages_and_lose_nothing() -> None:
    sheet = make_sheet("Le Beffroi", programmes=7, summary=LONG, published=[])
    found = pages(make_territory((sheet,)))
    whole = " ".join(found[3:-1])
    assert len(found) > 5
    for number in range(1, 8):
        assert whole.count(f"Programme {number} ") == 1
    assert LONG.strip() in whole


def test_no_title_stands_alone_at_the_foot_of_a_page() -> None:
    """A programme's name is on the page of its criteria, whatever comes before it."""
    found = pages(make_territory((make_sheet("Le Beffroi", programmes=9),)))
    for page in found[3:-1]:
        assert page.count("Programme ") == page.count("Qui peut être accompagné")


def hostile(**facts: Any) -> Sheet:
    return make_sheet("<script>alert(1)</script>", **facts)


def test_what_associations_type_is_text_and_nothing_else() -> None:
    html = brochure(make_territory((hostile(summary="<img src=http://example.org/a.png>"),)), PUBLISHER, TODAY)
    assert "<script" not in html
    assert "<img" not in html


def test_facts_that_are_unknown_leave_no_hole() -> None:
    bare = Sheet("Afev", False, False, "", {}, (make_programme("Seul", {"all": []}),), {})
    found = pages(make_territory((bare,)))
    assert "places à demander" in found[3]
    assert "Tout le monde, sans condition." in found[3]
    assert "None" not in " ".join(found)
