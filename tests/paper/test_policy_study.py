"""The study of the policies: what a board reads first, and what is said when there is little to say."""

from datetime import date

from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.paper.policy_study import policy_study
from portal.queries.figures import Period
from portal.queries.policy_study import Expected, ForecastError, PolicyResult, PolicyStudy, SideStudy
from tests.paper.reading import sheets_of
from tests.paper.territory import PUBLISHER

TODAY = date(2026, 11, 22)
PERIOD = Period(date(2026, 3, 27), date(2026, 11, 21))


def result(name: PolicyName, served: int, gini: float) -> PolicyResult:
    return PolicyResult(name, served, served / 1000, gini, 0.3, served - 10, 40, 5, 7)


def side(*results: PolicyResult, expected: tuple[Expected, ...] = (), faithful: float | None = 0.65) -> SideStudy:
    errors = (ForecastError(120, 0.12, 0.94),) if expected else ()
    return SideStudy(Side.MENTEE, 1010, 1000, 0.057, faithful, 14, results, expected, errors)


def read(*sides: SideStudy) -> str:
    study = PolicyStudy(PERIOD, PolicyName.ARM, sides)
    return " ".join(sheets_of(policy_study(study, PUBLISHER, TODAY)))


ARM, CHANCE = result(PolicyName.ARM, 996, 0.058), result(PolicyName.RANDOM, 929, 0.09)


def test_a_board_reads_what_the_policy_in_force_does_beside_chance_and_the_best() -> None:
    said = read(side(ARM, CHANCE))
    for words in (
        "la règle en vigueur (ARM) fait accueillir 996 demandes, soit 99,6 % du meilleur possible ; un tirage au sort, 92,9 %",
        "est de 0,058 ; un tirage au sort, 0,090",
        "Jeunes : ARM sert 99,6 % de ce qui pouvait l’être, avec le plus petit écart entre associations",
        "retrouve l’association vraiment choisie dans 65 % des cas",
        "la règle en vigueur varie de 14 demandes servies",
        "Niveaux projetés : pas de campagne précédente pour les calculer",
    ):
        assert words in said


def test_a_fairer_policy_is_named() -> None:
    said = read(side(ARM, result(PolicyName.PROJECTED, 999, 0.05)))
    assert "Niveaux projetés laisse un plus petit écart" in said
    assert "pas de campagne précédente" not in said


def test_where_each_association_would_finish_and_how_wrong_such_words_have_been() -> None:
    ends = (Expected("Proxité", 20, 100, 30, 40, 55), Expected("Afev", 60, 80, 80, 80, 80))
    said = read(side(ARM, CHANCE, expected=ends))
    for words in (
        "1 association finirait la campagne sous la moitié de son objectif, sur 2",
        "Proxité 40 % 30 à 55 sur 100",
        "Afev 100 % 80 sur 80",
        "refaite au jour 120, la prévision s’est trompée de 12 % en moyenne, et 94 % des associations",
    ):
        assert words in said
    assert said.index("Proxité 40 %") < said.index("Afev 100 %")


def test_a_side_nobody_asked_on_has_no_page() -> None:
    said = read(side(ARM), SideStudy(Side.MENTOR, 0, 0, 0.0, None, 0, ()))
    assert "Bénévoles" not in said
    assert "Ce que la règle ARM garantit" in said
