"""An association's monthly report: what came, what became of it, how fast, and how far the objective is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from matching.vocabulary import Side
from portal.paper.brochure import Publisher
from portal.paper.pages import rendered
from portal.queries.figures import SideFigures, Tally
from portal.queries.reports import AssociationMonth
from portal.web.charts import Progress
from portal.web.figures import charts, findings, groups
from portal.web.figures.charts import Told
from portal.web.figures.masks import elsewhere_enough
from portal.web.typography import MONTHS, NBSP, day, number, percent, plural

LINES = {"offered": "Reçues", "accepted": "Acceptées", "paired": "En binôme"}
PEOPLE = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}
Figure = dict[str, str]


@dataclass(frozen=True)
class Chapter:
    """One side of the month, on a page of its own."""

    who: str
    finding: str
    figures: tuple[Figure, ...]
    weeks: Told
    journey: Told
    reasons: Told | None
    delays: Told | None


@dataclass(frozen=True)
class Objective:
    """How far one side's objective is, today."""

    who: str
    committed: str
    objective: str
    attained: str
    bar: Progress


def association_report(of: AssociationMonth, publisher: Publisher, drawn_on: date) -> str:
    """The HTML of the report; only sums are in it, nobody's name."""
    month = f"{MONTHS[of.month.month - 1]} {of.month.year}"
    sides = [side for side in Side if _busy(of.figures.side(side)) or _busy(of.trend.side(side))]
    return rendered(
        "association_report.html",
        title=f"{of.name}{NBSP}: {month}",
        subject=f"{of.name}{NBSP}: {month}",
        brand=publisher.brand,
        edition=f"Chiffres arrêtés le {day(drawn_on)}",
        name=of.name,
        month=month,
        begun=of.period.last >= drawn_on,
        last=of.period.last,
        findings=list(_findings(of)),
        chapters=[_chapter(of, side) for side in sides],
        campaign=of.campaign,
        objectives=[_objective(of, side) for side in Side if _has_objective(of, side)],
        programmes=[(PEOPLE[line.side], line) for line in of.programmes],
        publisher=publisher,
    )


def _busy(its: SideFigures) -> bool:
    return any(its.now.amounts.values())


def beside(own: Tally, network: Tally) -> Tally | None:
    """The network's delays, when enough others make them that theirs cannot be worked out from one's own."""
    answers = elsewhere_enough(sum(network.answering_hours.values()), sum(own.answering_hours.values()))
    contacts = [sum(one.by("contacted", "hours").values()) for one in (network, own)]
    return network if answers and (not contacts[1] or elsewhere_enough(*contacts)) else None


def _findings(of: AssociationMonth) -> Iterator[str]:
    """What is worth saying first, a sentence each."""
    for side in Side:
        its = of.figures.side(side)
        if _busy(its):
            yield f"{PEOPLE[side]}{NBSP}: {_came(its.now)}"
            network = beside(its.now, of.network[side])
            yield from _told_of(its, network)
    for side in Side:
        if _has_objective(of, side):
            line = of.objectives[side]
            yield (
                f"{PEOPLE[side]}{NBSP}: {number(line.committed)} engagements à ce jour pour un objectif de"
                f" {number(line.objective)}, soit {percent(line.attainment)}."
            )


def _days(network: Tally | None) -> float | None:
    return network.answering_days() if network else None


def _came(now: Tally) -> str:
    offered, accepted, paired = (now.total(measure) for measure in ("offered", "accepted", "paired"))
    return (
        f"{plural(offered, 'demande reçue', 'demandes reçues')}, {plural(accepted, 'acceptée')},"
        f" {plural(paired, 'binôme formé', 'binômes formés')}."
    )


def _told_of(its: SideFigures, network: Tally | None) -> Iterator[str]:
    own, theirs, who = its.now.answering_days(), _days(network), PEOPLE[its.side]
    if own is not None and theirs is not None:
        yield f"{who}{NBSP}: la moitié des réponses arrivent en {findings.days_said(own, long=True)}{NBSP}; dans le réseau, en {findings.days_said(theirs, long=True)}."
    if reason := _leading_reason(its.now):
        yield f"{who}{NBSP}: premier motif de réorientation, {_first(reason)}."
    if its.now.total("expired"):
        silent = its.now.total("expired")
        yield f"{who}{NBSP}: {plural(silent, 'demande est repartie', 'demandes sont reparties')} sans réponse au bout du délai."


def _leading_reason(now: Tally) -> str:
    """« Plus de place : 75 % »; nothing when no reason leads."""
    counts = groups.reasons(now.by("bounced", "reason"))
    return findings.first_of(counts, sum(counts.values()), "")


def _first(title: str) -> str:
    return title[:1].lower() + title[1:]


def _chapter(of: AssociationMonth, side: Side) -> Chapter:
    its = of.figures.side(side)
    network = beside(its.now, of.network[side])
    answered = its.now.answering_days() is not None
    return Chapter(
        who=PEOPLE[side],
        finding=_first(findings.association_finding(its, _days(network))),
        figures=tuple(_figures(its, network)),
        weeks=charts.weeks(of.trend.side(side), LINES),
        journey=charts.own_journey(its),
        reasons=charts.bounce_reasons(its.now) if its.now.total("bounced") else None,
        delays=charts.delays(its.now, network) if answered else None,
    )


def _figures(its: SideFigures, network: Tally | None) -> Iterator[Figure]:
    now, before = its.now, its.before
    offered = now.total("offered")
    yield {
        "label": "Demandes reçues",
        "figure": number(offered),
        "note": findings.change_said(offered, before.total("offered") if before else None),
    }
    yield {
        "label": "Acceptées",
        "figure": findings.share_said(now.total("accepted"), offered),
        "note": plural(now.total("accepted"), "demande"),
    }
    yield {
        "label": "Réorientées",
        "figure": findings.share_said(now.total("bounced"), offered),
        "note": plural(now.total("bounced"), "demande"),
    }
    yield {"label": "Binômes", "figure": number(now.total("paired")), "note": "formés dans le mois"}
    yield {
        "label": "Délai médian",
        "figure": findings.days_said(now.answering_days()),
        "note": f"réseau{NBSP}: {findings.days_said(network.answering_days())}" if network else "de réponse",
    }


def _has_objective(of: AssociationMonth, side: Side) -> bool:
    return side in of.objectives and of.objectives[side].objective > 0


def _objective(of: AssociationMonth, side: Side) -> Objective:
    line: Any = of.objectives[side]
    return Objective(
        PEOPLE[side],
        number(line.committed),
        number(line.objective),
        percent(line.attainment),
        Progress(line.committed, line.objective),
    )
