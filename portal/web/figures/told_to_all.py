"""The network's figures as anyone may read them: masked and rounded before anything is drawn or said of them."""

from collections.abc import Mapping
from typing import Any

from matching.vocabulary import Side
from portal.queries.figures import Figures, SideFigures
from portal.web.charts import Bar, Bars, Chart, FranceMap, Line, Masked, Pair, Pairs, Trend, Value
from portal.web.charts.outlines import outlines
from portal.web.figures import findings, groups
from portal.web.figures.charts import Told
from portal.web.figures.masks import LEAST, published, published_table
from portal.web.typography import NBSP, number

LINES = {"received": "Reçues", "accepted": "Acceptées"}
NOTE = f"Chiffres arrondis aux 5 inférieurs{NBSP}; de 1 à 4, ils ne sont pas montrés."
TOO_FEW = "Trop peu de demandes pour que rien ne soit reconnaissable."


def known(values: Mapping[str, Value]) -> dict[str, int]:
    """What may be said of: masked ones count for nothing."""
    return {name: 0 if isinstance(value, Masked) else int(value) for name, value in values.items()}


def weeks(figures: SideFigures) -> Told:
    """A line whose weeks would give one away is not drawn."""
    whole, lines = figures.period.whole_weeks, []
    for measure, name in LINES.items():
        counts = {str(at): n for at, n in enumerate(figures.week_by_week(measure))}
        told = published_table(counts)
        lines.append(Line(name, tuple((told or {}).get(at) for at in counts)[whole]))
    seen = [int(value) if isinstance(value, int | float) else 0 for value in lines[0].values]
    chart = Trend(figures.period.weeks[whole], tuple(lines))
    return Told(findings.weeks_finding(seen), chart, "par semaine entière", NOTE)


def france(figures: SideFigures) -> Told:
    counts = figures.now.by("received", "departement")
    told = published_table(counts)
    inside = {code: value for code, value in (told or {}).items() if code in outlines().names}
    note = NOTE if told is not None else TOO_FEW
    return Told(findings.map_finding(known(inside)), FranceMap(inside, "Reçues"), "demandes reçues", note)


def ages(figures: Figures) -> Told:
    return _both(figures, "age", groups.ages, "Âge", "Les âges")


def levels(figures: Figures) -> Told:
    return _both(figures, "level", groups.levels, "Niveau", "Les niveaux d’études")


def channels(figures: Figures) -> Told:
    return _both(figures, "channel", groups.channels, "Qui a rempli", "Qui écrit")


def _both(figures: Figures, dimension: str, grouped: groups.Grouping, name: str, fallback: str) -> Told:
    """Side by side; a side that would give somebody away is left out."""
    counts = {side: grouped(figures.side(side).now.by("received", dimension)) for side in Side}
    told = {side: table for side, own in counts.items() if (table := published_table(own)) is not None}
    note = NOTE if len(told) == len(Side) else TOO_FEW
    if len(told) == len(Side):
        chart: Chart = _pairs(told, name)
    else:
        own = next(iter(told.values()), {})
        chart = Bars(tuple(Bar(one, value) for one, value in own.items() if value != 0), ranked=False, name=name)
    left, right = (known(told.get(side, {})) for side in Side)
    return Told(findings.group_finding(left, right, fallback), chart, fallback.lower(), note)


def _pairs(told: Mapping[Side, Mapping[str, Value]], name: str) -> Pairs:
    left, right = (told[side] for side in Side)
    rows = tuple(Pair(one, left.get(one, 0), right.get(one, 0)) for one in {**left, **right})
    kept = tuple(row for row in rows if row.left != 0 or row.right != 0)
    return Pairs(kept, "Jeunes", "Bénévoles", name)


def told(figures: Figures, side: Side) -> dict[str, Told]:
    """The charts of the public page, by the name their CSV is asked for."""
    own = figures.side(side)
    return {
        "semaines": weeks(own),
        "carte": france(own),
        "ages": ages(figures),
        "niveaux": levels(figures),
        "sources": channels(figures),
    }


def key_figures(figures: SideFigures) -> list[dict[str, Any]]:
    now = figures.now
    answers = sum(now.by("accepted", "wait").values())
    delay = findings.days_said(now.median_days("accepted", "wait")) if answers >= LEAST else "—"
    return [
        _counted("Demandes reçues", now.total("received")),
        _counted("Demandes acceptées", now.total("accepted")),
        _counted("Binômes formés", now.total("paired")),
        {"label": "Délai médian", "figure": delay, "note": "de la demande à l’accord"},
    ]


def _counted(label: str, count: int) -> dict[str, Any]:
    value = published(count)
    return {"label": label, "figure": str(value) if isinstance(value, Masked) else number(value)}


def finding(figures: Figures) -> str:
    """How many of each; who is masked is left out."""
    counts = known({side.value: published(figures.side(side).now.total("received")) for side in Side})
    return findings.people_finding(*(counts[side.value] for side in Side))
