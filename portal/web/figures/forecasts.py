"""Forecasts in words and drawings: the same for an association and, all of them added up, for the Collectif."""

from collections.abc import Sequence

from matching.vocabulary import Side
from portal.models.campaign import Campaign
from portal.queries.forecasts import Worth
from portal.queries.foreseen import Committed, ForecastLine
from portal.web.charts import DataTable
from portal.web.charts.fan import Fan
from portal.web.figures.charts import Told
from portal.web.typography import NBSP, day, french, number, percent, plural

WHO = {Side.MENTEE: "jeune", Side.MENTOR: "bénévole"}
SIDES = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}
COLUMNS = ("Association", "Côté", "Engagées", "Au moins", "Prévu", "Au plus", "Objectif", "Avancement prévu", "Au")
NONE_YET = (
    "Il faut au moins deux semaines de campagne et vingt demandes proposées dans le réseau. "
    "D’ici là, rien ne permet de prévoir."
)


def own_sentence(line: ForecastLine, side: Side) -> str:
    """« À ce rythme, vous finirez entre 83 et 130 jeunes (objectif 73) », in a whole sentence."""
    aim = f" (objectif {number(line.objective)})" if line.objective else ""
    if line.low == line.high:
        return french(f"À ce rythme, vous finirez autour de {plural(line.expected, WHO[side])}{aim}.")
    return french(f"À ce rythme, vous finirez entre {number(line.low)} et {plural(line.high, WHO[side])}{aim}.")


def own_finding(line: ForecastLine, side: Side) -> str:
    """The title of an association's chart: where the objective lies in what is foreseen."""
    if not line.objective:
        found = f"autour de {number(line.expected)} à la fin"
    elif line.committed >= line.objective <= line.low:
        found = "l’objectif est atteint"
    elif line.low >= line.objective:
        found = "l’objectif devrait être atteint"
    elif line.high < line.objective:
        found = "l’objectif serait manqué"
    else:
        found = "objectif plutôt atteint" if line.expected >= line.objective else "objectif plutôt manqué"
    return f"{SIDES[side]}{NBSP}: {found}"


def own_chart(line: ForecastLine, before: Committed, campaign: Campaign, side: Side) -> Told:
    chart = Fan(before.days, before.amounts, campaign.ends_on, line.low, line.expected, line.high, line.objective)
    note = (
        "Ce n’est pas un engagement : le nombre vient des demandes déjà proposées, de celles qui n’ont pas de suite, "
        "du rythme des arrivées et de vos places."
    )
    if line.low < line.high:
        note += " La zone claire est faite pour contenir le résultat neuf fois sur dix."
    else:
        note += " Tous les tirages donnent ce nombre, le plus souvent parce que vos places seraient toutes prises."
    return Told(own_finding(line, side), chart, f"prévision du {day(line.made_on)}", french(note))


def network_chart(
    lines: Sequence[ForecastLine], before: Committed, campaign: Campaign, side: Side, worth: Worth | None
) -> Told:
    """All the associations added up; its sheet is the table of them all. lines: not empty."""
    low, expected, high, goal = (
        sum(getattr(line, name) for line in lines) for name in ("low", "expected", "high", "objective")
    )
    chart = Fan(before.days, before.amounts, campaign.ends_on, low, expected, high, goal)
    title = (
        f"{number(expected)} engagées prévues pour un objectif de {number(goal)}"
        if goal
        else f"{number(expected)} prévues"
    )
    note = "La fourchette additionne celles des associations : un retard ou une avance du réseau les touche ensemble. "
    return Told(
        title, chart, f"prévision du {day(lines[0].made_on)}", french(note) + worth_said(worth), sheet(lines, side)
    )


def sheet(lines: Sequence[ForecastLine], side: Side) -> DataTable:
    """Every association, the lowest attainment first; shares stay between 0 and 1."""
    rows = tuple(
        (
            line.name,
            SIDES[side],
            line.committed,
            line.low,
            line.expected,
            line.high,
            line.objective or None,
            None if line.attained is None else round(float(line.attained), 4),
            line.made_on.isoformat(),
        )
        for line in lines
    )
    return DataTable(COLUMNS, rows)


def network_finding(lines: Sequence[ForecastLine]) -> str:
    """The title of the staff's tab: how many would miss their objective."""
    aimed = [line for line in lines if line.objective]
    if not aimed:
        return "Aucune prévision pour l’instant" if not lines else "Aucun objectif à comparer"
    short = [line for line in aimed if line.expected < line.objective]
    if not short:
        return "Toutes les associations devraient atteindre leur objectif"
    return f"{plural(len(short), 'association finirait', 'associations finiraient')} sous leur objectif".replace(
        "finirait sous leur", "finirait sous son"
    )


def worth_said(worth: Worth | None) -> str:
    """What the forecast is worth, in words: never more than was seen."""
    if worth is None:
        return french("Trop peu d’histoire pour dire de combien cette prévision se trompe.")
    own = worth.trial
    when = (
        "À mi-saison de la dernière campagne" if worth.whole else f"Refaite au milieu des {worth.lived} jours écoulés"
    )
    way = "trop haute" if own.bias > 0 else "trop basse"
    lean = f", le plus souvent {way}" if abs(own.bias) > own.error / 2 and percent(own.error) != percent(0) else ""
    held = f"{percent(own.coverage)} des associations sont arrivées dans leur fourchette, qui en vise 90 %."
    return french(f"{when}, l’erreur moyenne est de {percent(own.error)}{lean}. {held}")
