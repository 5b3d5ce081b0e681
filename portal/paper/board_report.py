"""The board's report: the whole network over a period, mentees and mentors side by side."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from matching.vocabulary import Side
from portal.models.company import LeadState
from portal.paper.association_report import PEOPLE, Figure
from portal.paper.brochure import Publisher
from portal.paper.pages import rendered
from portal.places import UnknownPlaceError, label
from portal.queries.figures import SideFigures
from portal.queries.leads import STATE_LABELS
from portal.queries.objectives import ObjectiveLine
from portal.queries.reports import BoardPeriod, Stuck
from portal.web.charts import COUNT, Bar, Bars, FranceMap, Progress, Value
from portal.web.charts.bars import weight
from portal.web.charts.outlines import outlines
from portal.web.figures import charts, findings
from portal.web.figures.charts import Told
from portal.web.figures.masks import published, published_table
from portal.web.figures.told_to_all import TOO_FEW, known
from portal.web.typography import NBSP, day, listed, number, percent, period, plural

LINES = {"received": "Reçues", "accepted": "Acceptées", "paired": "En binôme"}
WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}
MOST_DEPARTEMENTS, FIRST = 30, 12
ON_TRACK = 1.0


@dataclass(frozen=True)
class Half:
    """One side, in one of two columns."""

    who: str
    figures: tuple[Figure, ...]
    weeks: Told
    journey: Told
    reasons: Told


@dataclass(frozen=True)
class Own:
    """One side of an association in the table of objectives."""

    bar: Progress
    attained: str
    committed: str
    objective: str


@dataclass(frozen=True)
class Line:
    """An association in the table of objectives; None for a side it has nothing on."""

    name: str
    sides: tuple[Own | None, ...]


@dataclass(frozen=True)
class Map:
    """Where one side asks: the map, and the first départements in columns of (name, received, paired)."""

    who: str
    told: Told
    first: tuple[tuple[tuple[str, str, str], ...], ...]


def board_report(of: BoardPeriod, publisher: Publisher, drawn_on: date) -> str:
    """The HTML of the report; sums only."""
    said = period(of.period.first, of.period.last)
    return rendered(
        "board_report.html",
        title=f"Rapport pour le conseil, {said}",
        subject=f"Rapport pour le conseil, {said}",
        brand=publisher.brand,
        edition=f"Chiffres arrêtés le {day(drawn_on)}",
        period=said,
        cover=list(_cover(of)),
        findings=list(_findings(of)),
        halves=[_half(of, side) for side in Side],
        people=[
            charts.ages(of.figures),
            charts.levels(of.figures),
            charts.channels(of.figures),
            charts.needs(of.figures),
        ],
        maps=[_map(of.figures.side(side)) for side in Side],
        campaign=of.campaign,
        objectives=_objectives(of),
        objectives_title=_objectives_title(of),
        objectives_aside=_medians(of),
        waits=charts.waits(of.waiting),
        stuck=[
            (PEOPLE[side], _stuck_said(rows), _stuck(rows), max(0, len(rows) - MOST_DEPARTEMENTS))
            for side, rows in of.stuck.items()
            if rows
        ],
        leads=_leads(of),
        leads_title=_leads_title(of),
        volunteers=[(name, _told(n)) for name, n in of.volunteers],
    )


def _cover(of: BoardPeriod) -> Iterator[tuple[str, str]]:
    for side in Side:
        now = of.figures.side(side).now
        yield number(now.total("received")), f"demandes de {WHO[side]}"
    paired = sum(of.figures.side(side).now.total("paired") for side in Side)
    yield number(paired), "binômes formés, des deux côtés"


def _findings(of: BoardPeriod) -> Iterator[str]:
    for side in Side:
        its = of.figures.side(side)
        yield f"{PEOPLE[side]}{NBSP}: {_journey(its)}"
    for side in Side:
        waiting = of.waiting[side]
        if waiting.no_place or waiting.nowhere:
            yield (
                f"{plural(waiting.no_place, 'demande')} de {WHO[side]} sans place et"
                f" {plural(waiting.nowhere, 'demande')} sans solution, à ce jour."
            )
    for side, found in of.standings.items():
        if found.median is not None:
            yield f"Objectifs côté {WHO[side]}{NBSP}: la médiane des associations est à {percent(found.median)}, {_reached(found.lines)}."
    yield _leads_title(of) + "."


def _journey(its: SideFigures) -> str:
    now = its.now
    received, accepted = now.total("received"), now.total("accepted")
    change = findings.change_said(received, its.before.total("received") if its.before else None)
    days = now.median_days("accepted", "wait")
    told = f"{plural(received, 'demande reçue', 'demandes reçues')}{f' ({change} que la période d’avant)' if change else ''}, {plural(accepted, 'acceptée')}, {plural(now.total('paired'), 'binôme formé', 'binômes formés')}."
    return told + (
        f" La moitié des accords tombent en moins de {findings.days_said(days, long=True)}." if days is not None else ""
    )


def _reached(lines: Iterable[ObjectiveLine]) -> str:
    reached = sum(1 for line in lines if line.attainment is not None and line.attainment >= ON_TRACK)
    return (
        f"{plural(reached, 'association a atteint', 'associations ont atteint')} {'le sien' if reached == 1 else 'le leur'}"
        if reached
        else "aucune ne l’a encore atteint"
    )


def _half(of: BoardPeriod, side: Side) -> Half:
    its = of.figures.side(side)
    return Half(
        who=PEOPLE[side],
        figures=tuple(_figures(its)),
        weeks=charts.weeks(its, LINES),
        journey=charts.network_journey(its),
        reasons=charts.bounce_reasons(its.now),
    )


def _figures(its: SideFigures) -> Iterator[Figure]:
    now = its.now
    received = now.total("received")
    first = now.by("accepted", "hop").get("0", 0)
    yield {
        "label": "Reçues",
        "figure": number(received),
        "note": findings.change_said(received, its.before.total("received") if its.before else None),
    }
    yield {
        "label": "Acceptées",
        "figure": findings.share_said(now.total("accepted"), received),
        "note": f"dont {findings.share_said(first, now.total('accepted'))} du premier coup",
    }
    yield {"label": "Binômes", "figure": number(now.total("paired")), "note": ""}
    yield {
        "label": "Délai médian",
        "figure": findings.days_said(now.median_days("accepted", "wait")),
        "note": "jusqu’à l’accord",
    }


def _objectives(of: BoardPeriod) -> list[Line]:
    """In the order of the first side that has objectives, the furthest on first."""
    found = {side: {line.id: line for line in standings.lines} for side, standings in of.standings.items()}
    order = dict.fromkeys(line.id for standings in of.standings.values() for line in standings.lines)
    return [_line([(found[side].get(one), of.standings[side].median) for side in found]) for one in order]


def _line(sides: list[tuple[ObjectiveLine | None, float | None]]) -> Line:
    name = next(line.name for line, _ in sides if line)
    return Line(name, tuple(_own(line, median) if line else None for line, median in sides))


def _own(line: ObjectiveLine, median: float | None) -> Own:
    marked = None if median is None else min(median, 1.0)
    bar = Progress(line.committed, line.objective, median=marked)
    return Own(bar, percent(line.attainment), number(line.committed), number(line.objective) if line.objective else "—")


def _objectives_title(of: BoardPeriod) -> str:
    told = [f"{WHO[side]}{NBSP}: {_reached(found.lines)}" for side, found in of.standings.items() if found.lines]
    return "Objectifs" if not told else f"Objectifs, {f'{NBSP}; '.join(told)}"


def _medians(of: BoardPeriod) -> str:
    told = [
        f"{percent(found.median)} côté {WHO[side]}" for side, found in of.standings.items() if found.median is not None
    ]
    return f"trait{NBSP}: médiane, {listed(told)}" if told else ""


def _told(count: int) -> str:
    """A count by place or by company as paper may carry it anywhere: « moins de 5 », else rounded down to five."""
    return COUNT.words(published(count))


def _map(its: SideFigures) -> Map:
    told = charts.france(its)
    received, paired = (_by_departement(its, measure) for measure in ("received", "paired"))
    inside = {code: n for code, n in (received or {}).items() if code in outlines().names}
    ranked = _ranked({code: (n,) for code, n in (received or {}).items() if code})[:FIRST]
    rows = [
        (_departement(code), COUNT.words(n), COUNT.words(paired.get(code, 0) if paired is not None else None))
        for code, (n,) in ranked
    ]
    half = -(-len(rows) // 2)
    return Map(
        PEOPLE[its.side],
        replace(
            told,
            title=findings.map_finding(known(inside)) if received is not None else "Les départements",
            chart=FranceMap(inside, "Reçues"),
            note=told.note if received is not None else TOO_FEW,
        ),
        tuple(tuple(part) for part in (rows[:half], rows[half:]) if part),
    )


def _by_departement(its: SideFigures, measure: str) -> dict[str, Value] | None:
    """As they may be told: their total is on another page, as it is. Those that no map has are one, told beside it."""
    counts = its.now.by(measure, "departement")
    apart = {code: n for code, n in counts.items() if code in outlines().names}
    told = published_table(apart, exact_total=True)
    return None if told is None else {**told, **{code: published(n) for code, n in counts.items() if code not in apart}}


def _ranked(counts: Mapping[str, tuple[Value, ...]]) -> list[tuple[str, tuple[Value, ...]]]:
    """Most first, by what is told: the order says nothing that the figures do not."""
    return sorted(counts.items(), key=lambda one: (-sum(map(weight, one[1])), one[0]))


def _stuck_said(rows: tuple[Stuck, ...]) -> str:
    waitlisted, unroutable = sum(row.waitlisted for row in rows), sum(row.unroutable for row in rows)
    return f"{number(waitlisted)} sans place, {number(unroutable)} sans solution"


def _stuck(rows: tuple[Stuck, ...]) -> list[tuple[str, str, str]] | None:
    """Département, without a place, without a solution; None when their totals would give one of them away."""
    waitlisted = published_table({row.departement: row.waitlisted for row in rows}, exact_total=True)
    unroutable = published_table({row.departement: row.unroutable for row in rows}, exact_total=True)
    if waitlisted is None or unroutable is None:
        return None
    told = _ranked({code: (waitlisted[code], unroutable[code]) for code in waitlisted})[:MOST_DEPARTEMENTS]
    return [(_departement(code), COUNT.words(both[0]), COUNT.words(both[1])) for code, both in told]


def _departement(code: str) -> str:
    try:
        return f"{label(f'departement:{code}')} ({code})"
    except UnknownPlaceError:
        return "Ailleurs, ou lieu inconnu"


def _leads(of: BoardPeriod) -> Bars:
    rows = tuple(Bar(STATE_LABELS[state], n) for state, n in of.leads.items())
    return Bars(rows if any(of.leads.values()) else (), ranked=False, name="Où elles en sont", value="Entreprises")


def _leads_title(of: BoardPeriod) -> str:
    engaged = of.leads.get(LeadState.ENGAGED, 0)
    received = f"{plural(of.leads_received, 'entreprise a écrit', 'entreprises ont écrit')} dans la période"
    return (
        f"{received}, {plural(engaged, 'est engagée', 'sont engagées')} en tout"
        if any(of.leads.values())
        else "Aucune entreprise n’a encore écrit"
    )
