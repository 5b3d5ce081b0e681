"""Criteria read aloud: one French sentence, nothing lost, nothing said in two senses."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.conditions import AgeTest, ModalityTest, PublicTest, TerritoryTest
from matching.criteria import All, AnyOf, Expression, Not, read_criteria
from matching.criteria import tests_of as leaves_of
from matching.phrases import CHANNELS, NEEDS, PUBLICS, REFERRERS, WAYS, phrase
from matching.profile import Profile
from matching.sentences import clauses, lines, sentence, simplified
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType
from matching.whereabouts import inside, outside
from tests.matching.oracle import fit
from tests.matching.strategies import criteria, leaves, profiles

NAMES = {
    "commune:59512": "Roubaix", "commune:76351": "Le Havre", "commune:80021": "Amiens", "departement:59": "Nord",
    "departement:34": "Hérault", "departement:93": "Seine-Saint-Denis", "region:11": "Île-de-France",
    "epci:1": "Métropole Européenne de Lille", "uai:1": "Lycée Baggio",
}  # fmt: skip
AGED = {"test": "age", "min": 14, "max": 25}
QPV = {"test": "public", "any_of": ["qpv"]}
SENT = {"test": "channel", "any_of": ["professional"]}
HERE = {"all": [{"test": "modality", "any_of": ["in_person"]}, {"test": "territory", "any_of": ["commune:59512"]}]}
FAR = {"test": "modality", "any_of": ["remote"]}
STUDENT = {"test": "situation", "any_of": ["student"]}
GUIDED = {"test": "need", "any_of": ["guidance"]}


def said(written: Any) -> str:
    return sentence(read_criteria(written), NAMES).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"all": [AGED, {"any": [QPV, SENT]}, {"any": [HERE, FAR]}]},
         "De 14 à 25 ans, habitant un quartier prioritaire ou orienté par un professionnel, à Roubaix ou à distance"),
        ({"all": [{"any": [FAR, HERE]}, AGED]}, "De 14 à 25 ans, à distance ou à Roubaix"),
        ({"all": [HERE]}, "En présentiel à Roubaix"),
        ({"all": []}, "Tout le monde, sans condition"),
        ({"any": []}, "Personne"),
        ({"not": {"not": AGED}}, "De 14 à 25 ans"),
        ({"all": [{"all": [AGED]}, AGED]}, "De 14 à 25 ans"),
        ({"all": [AGED, {"not": STUDENT}]}, "De 14 à 25 ans, sauf étudiant"),
        ({"all": [AGED, {"not": {"test": "territory", "any_of": ["commune:59512", "departement:59"]}}]},
         "De 14 à 25 ans, hors du Nord et de Roubaix"),
        ({"not": {"all": [AGED, STUDENT]}}, "Sauf (de 14 à 25 ans, étudiant)"),
        ({"not": {"any": [AGED, STUDENT]}}, "Sauf (de 14 à 25 ans ou étudiant)"),
        ({"any": [{"not": AGED}, STUDENT]}, "(sauf de 14 à 25 ans) ou étudiant"),
        ({"any": [{"all": [AGED, STUDENT]}, {"all": [GUIDED, HERE]}]},
         "Soit de 14 à 25 ans, étudiant ; soit pour l’orientation, en présentiel à Roubaix"),
        ({"all": [AGED, {"any": [{"all": [STUDENT, GUIDED]}, QPV]}]},
         "De 14 à 25 ans, (étudiant, pour l’orientation) ou habitant un quartier prioritaire"),
        ({"all": [AGED, {"test": "need", "any_of": ["guidance", "motivation", "culture"]}]},
         "De 14 à 25 ans ; pour la motivation, l’ouverture culturelle ou l’orientation"),
        ({"test": "level", "from": "6e", "to": "bac+2"}, "De la 6e au Bac+2"),
        ({"test": "level", "to": "cm2"}, "Jusqu’au CM2"),
        ({"test": "level", "from": "tle"}, "À partir de la terminale (Bac−1)"),
        ({"test": "level", "from": "cp", "to": "cp"}, "De niveau CP"),
        ({"test": "age", "min": 18, "max": 18}, "De 18 ans"),
        ({"test": "months", "min": 6}, "S’engageant au moins 6 mois"),
        ({"test": "hours_a_month", "min": 1}, "Donnant au moins 1 heure par mois"),
        ({"test": "available_by", "date": "2027-01-01"}, "Disponible au plus tard le 1er janvier 2027"),
        ({"test": "establishment", "any_of": ["uai:1"]}, "Venant de « Lycée Baggio »"),
        ({"test": "referrer_type", "any_of": ["mission_locale", "college"]},
         "Envoyé par un collège ou une mission locale"),
        ({"test": "modality", "any_of": ["in_person", "hybrid", "remote"]},
         "En présentiel, en partie ou entièrement à distance"),
        ({"any": [{"all": [{"test": "modality", "any_of": ["in_person", "hybrid"]}, HERE["all"][1]]}, FAR]},
         "À Roubaix (au moins en partie) ou à distance"),
    ],
)  # fmt: skip
def test_criteria_are_said_in_one_sentence(written: Any, words: str) -> None:
    assert said(written) == words


@pytest.mark.parametrize(
    ("code", "within", "without"),
    [
        ("commune:59512", "à Roubaix", "de Roubaix"),
        ("commune:76351", "au Havre", "du Havre"),
        ("commune:80021", "à Amiens", "d’Amiens"),
        ("departement:59", "dans le Nord", "du Nord"),
        ("departement:34", "dans l’Hérault", "de l’Hérault"),
        ("departement:93", "en Seine-Saint-Denis", "de Seine-Saint-Denis"),
        ("region:11", "en Île-de-France", "d’Île-de-France"),
        ("epci:1", "dans l’intercommunalité « Métropole Européenne de Lille »",
         "de l’intercommunalité « Métropole Européenne de Lille »"),
    ],
)  # fmt: skip
def test_a_place_takes_its_own_preposition(code: str, within: str, without: str) -> None:
    spoken = inside(code, NAMES[code]), outside(code, NAMES[code])
    assert tuple(one.replace("\u00a0", " ") for one in spoken) == (within, without)


def test_every_word_of_the_closed_lists_has_its_own_phrase() -> None:
    for table, words in (
        (CHANNELS, Channel),
        (REFERRERS, ReferrerType),
        (NEEDS, Need),
        (PUBLICS, Public),
        (WAYS, Modality),
    ):
        assert set(table) == set(words)
        assert len(set(table.values())) == len(words)


def test_a_long_list_of_places_can_be_cut() -> None:
    many = TerritoryTest(frozenset(f"commune:{n}" for n in range(10, 30)))
    assert "autres lieux" not in sentence(many, {})
    assert sentence(many, {}, 3).endswith(" ou 17 autres lieux")


@settings(max_examples=120, deadline=None)
@given(criteria())
def test_nothing_is_lost(expression: Expression) -> None:
    whole = sentence(expression, {})
    low = whole[:1].lower() + whole[1:]
    for test in leaves_of(expression):
        if isinstance(test, TerritoryTest):
            assert all(place in whole for place in test.any_of)
        elif isinstance(test, ModalityTest):
            assert "distance" in whole or Modality.REMOTE not in test.any_of
        else:
            assert phrase(test, {}) in (whole, low) or phrase(test, {}) in low
    assert len(clauses(expression, {})) == len(lines(expression, {}))


def flat() -> st.SearchStrategy[frozenset[Expression]]:
    return st.frozensets(st.one_of(leaves(), leaves().map(Not)), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(flat(), flat())
def test_two_different_lists_of_conditions_are_never_said_alike(
    one: frozenset[Expression], other: frozenset[Expression]
) -> None:
    same = sentence(All(tuple(one)), {}) == sentence(All(tuple(other)), {})
    assert same == (one == other)


def few() -> st.SearchStrategy[Expression]:
    """Criteria over so few tests that many are said alike."""
    known = [AgeTest(14), ModalityTest(frozenset({Modality.REMOTE})), PublicTest(frozenset({Public.QPV, Public.RURAL}))]

    def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        parts = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(parts.map(All), parts.map(AnyOf), inner.map(Not))

    return st.recursive(st.sampled_from(known), grown, max_leaves=4)


@settings(max_examples=120, deadline=None)
@given(st.lists(few(), min_size=2, max_size=8), profiles())
def test_what_is_said_alike_means_the_same(found: list[Expression], profile: Profile) -> None:
    truths: dict[str, object] = {}
    for one in found:
        assert fit(simplified(one), profile) == fit(one, profile)
        assert truths.setdefault(sentence(one, {}), fit(one, profile)) == fit(one, profile)
