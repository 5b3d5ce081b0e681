"""The study of the policies: what each would have made of the same requests, and where the season is going."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from matching.ranking import PolicyName
from matching.vocabulary import Side
from portal.paper.association_report import PEOPLE
from portal.paper.brochure import Publisher
from portal.paper.pages import rendered
from portal.queries.policy_study import Expected, PolicyResult, PolicyStudy, SideStudy
from portal.web.charts import Bar, Bars, Measure, Progress
from portal.web.typography import NBSP, day, listed, number, percent, period, plural

INDEX = Measure(decimals=3)
WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}
HALF = 0.5
SAME = 0.0005
SHORT = {
    PolicyName.ARM: "ARM",
    PolicyName.ARM_ABSOLUTE: "Écart absolu",
    PolicyName.FIRST_MATCH: "Premier qui convient",
    PolicyName.NEAREST: "Place la plus proche",
    PolicyName.RANDOM: "Tirage au sort",
    PolicyName.PROJECTED: "Niveaux projetés",
}


@dataclass(frozen=True)
class Row:
    """A policy in the table, in words."""

    name: str
    in_force: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """One side: what the policies would have made of it."""

    who: str
    finding: str
    lost: Bars
    unfair: Bars
    rows: tuple[Row, ...]
    best: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class End:
    """Where an association is expected to finish."""

    name: str
    bar: Progress
    said: str
    attained: str


@dataclass(frozen=True)
class Season:
    """One side's expected ends, the lowest first, and how far such forecasts were wrong."""

    who: str
    ends: tuple[End, ...]
    error: str


def policy_study(of: PolicyStudy, publisher: Publisher, drawn_on: date) -> str:
    """The HTML of the study; counts only, nobody's name."""
    said = period(of.period.first, of.period.last)
    title = f"Étude des règles de répartition, {said}"
    told = [side for side in of.sides if side.requests]
    return rendered(
        "policy_study.html",
        title=title,
        subject=title,
        brand=publisher.brand,
        edition=f"Étude faite le {day(drawn_on)}",
        period=said,
        cover=list(_cover(told)) if told else [],
        findings=[found for side in told for found in _findings(side, of.in_force)],
        chapters=[_chapter(side, of.in_force) for side in told],
        seasons=[season for side in told if (season := _season(side)).ends],
    )


def _cover(sides: Sequence[SideStudy]) -> Iterator[tuple[str, str]]:
    for side in sides:
        yield number(side.requests), f"demandes de {WHO[side.side]} rejouées"
    yield number(max(len(side.results) for side in sides)), "règles comparées au meilleur possible"


def _findings(side: SideStudy, in_force: PolicyName) -> Iterator[str]:
    ours, chance = side.result(in_force), side.result(PolicyName.RANDOM)
    if ours and chance:
        yield (
            f"{PEOPLE[side.side]}{NBSP}: la règle en vigueur ({SHORT[in_force]}) fait accueillir {number(ours.served)} demandes,"
            f" soit {percent(ours.of_best, 1)} du meilleur possible{NBSP}; un tirage au sort, {percent(chance.of_best, 1)}."
        )
        yield (
            f"{PEOPLE[side.side]}{NBSP}: l’écart entre associations (indice de Gini, 0 quand toutes en sont au même point)"
            f" est de {number(ours.gini, 3)}{NBSP}; un tirage au sort, {number(chance.gini, 3)}."
        )
    behind = sum(1 for one in side.expected if one.objective and one.expected < HALF * one.objective)
    if side.expected:
        yield (
            f"{PEOPLE[side.side]}{NBSP}: à ce rythme, {plural(behind, 'association finirait', 'associations finiraient')}"
            f" la campagne sous la moitié de son objectif, sur {number(len(side.expected))}."
            if behind
            else f"{PEOPLE[side.side]}{NBSP}: à ce rythme, toutes les associations dépasseraient la moitié de leur objectif."
        )


def _chapter(side: SideStudy, in_force: PolicyName) -> Chapter:
    return Chapter(
        who=PEOPLE[side.side],
        finding=_finding(side, in_force),
        lost=Bars(
            tuple(
                Bar(SHORT[one.name], max(side.best - one.served, 0), highlighted=one.name is in_force)
                for one in side.results
            ),
            name="Règle",
            value="Demandes perdues",
        ),
        unfair=Bars(
            tuple(Bar(SHORT[one.name], one.gini, highlighted=one.name is in_force) for one in side.results),
            INDEX,
            name="Règle",
            value="Indice de Gini",
        ),
        rows=tuple(_row(one, in_force) for one in side.results),
        best=(number(side.best), percent(1, 1), number(side.best_gini, 3), "—", "—", "—", "—"),
        notes=tuple(_notes(side)),
    )


def _finding(side: SideStudy, in_force: PolicyName) -> str:
    """What the policy in force does, and whether another is fairer."""
    ours = side.result(in_force) or side.results[0]
    fairest = min(side.results, key=lambda one: one.gini)
    said = f"{SHORT[ours.name]} sert {percent(ours.of_best, 1)} de ce qui pouvait l’être"
    if fairest.gini >= ours.gini - SAME:
        return f"{said}, avec le plus petit écart entre associations"
    return f"{said}{NBSP}; {SHORT[fairest.name]} laisse un plus petit écart"


def _row(one: PolicyResult, in_force: PolicyName) -> Row:
    cells = (
        number(one.served),
        percent(one.of_best, 1),
        number(one.gini, 3),
        percent(one.lowest),
        number(one.at_once),
        number(one.hops),
        number(one.waitlisted + one.unroutable),
    )
    return Row(SHORT[one.name], one.name is in_force, cells)


def _notes(side: SideStudy) -> Iterator[str]:
    if side.faithful is not None:
        yield (
            "Rejouée telle quelle, avec les réglages d’aujourd’hui, la règle en vigueur retrouve l’association vraiment"
            f" choisie dans {percent(side.faithful)} des cas{NBSP}: le reste tient à ce qui a changé depuis, et aux"
            " demandes suivantes que chaque choix différent entraîne."
        )
    yield (
        f"Avec d’autres tirages des réponses que personne n’a données, la règle en vigueur varie de {number(side.margin)}"
        f" demandes servies{NBSP}: entre deux règles, un écart plus petit ne veut rien dire."
    )
    if side.result(PolicyName.PROJECTED) is None:
        yield f"{SHORT[PolicyName.PROJECTED]}{NBSP}: pas de campagne précédente pour les calculer."


def _season(side: SideStudy) -> Season:
    ordered = sorted((one for one in side.expected if one.objective), key=lambda one: (_share(one), one.name))
    return Season(PEOPLE[side.side], tuple(_end(one) for one in ordered), _error(side))


def _share(one: Expected) -> float:
    return one.expected / one.objective


def _end(one: Expected) -> End:
    said = number(one.low) if one.low == one.high else f"{number(one.low)} à {number(one.high)}"
    return End(
        one.name, Progress(one.expected, one.objective), f"{said} sur {number(one.objective)}", percent(_share(one))
    )


def _error(side: SideStudy) -> str:
    if not side.errors:
        return "Trop peu de passé pour mesurer l’erreur de cette prévision."
    told = [
        f"refaite au jour {one.day}, la prévision s’est trompée de {percent(one.error)} en moyenne, et"
        f" {percent(one.coverage)} des associations sont restées dans leur fourchette"
        for one in side.errors
    ]
    return f"Éprouvée sur le passé{NBSP}: {listed(told)}."
