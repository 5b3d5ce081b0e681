"""Figures as charts, each with the finding that is its title; the same on a page, in a document and as CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from matching.vocabulary import Side
from portal.models.referral import ReferralState
from portal.queries.figures import Figures, SideFigures, Tally
from portal.queries.figures_live import Waiting
from portal.web.charts import (
    Bar,
    Bars,
    Chart,
    DataTable,
    FranceMap,
    Funnel,
    Highlight,
    Line,
    Measure,
    Pair,
    Pairs,
    Spark,
    Stage,
    Trend,
)
from portal.web.charts.measure import Cell
from portal.web.charts.outlines import outlines
from portal.web.figures import findings, groups
from portal.web.typography import NBSP, percent, plural

DAYS = Measure(decimals=1, unit="j")
MEASURES = {
    "received": "Reçues",
    "offered": "Proposées",
    "accepted": "Acceptées",
    "bounced": "Réorientées",
    "expired": "Sans réponse",
    "contacted": "Contactées",
    "unreachable": "Injoignables",
    "paired": "En binôme",
    "ended": "Terminées",
    "given_up": "Abandonnées",
    "waitlisted": "Sans place",
    "unroutable": "Nulle part",
}
WAITS = {
    ReferralState.AWAITING_CONSENT: "Accord attendu",
    ReferralState.AWAITING_APPLICANT: "Réponse de la personne attendue",
    ReferralState.TO_ROUTE: "À orienter",
    ReferralState.WAITLISTED: "Sans place",
    ReferralState.UNROUTABLE: "Nulle part",
}
MAPS = {"recues": "received", "acceptees": "accepted", "binomes": "paired", "nulle-part": "unroutable"}
MOST_REFERRERS = 10


@dataclass(frozen=True)
class Told:
    """A chart under its finding. aside: a few words of context; note: under the drawing; sheet: its CSV when longer."""

    title: str
    chart: Chart
    aside: str = ""
    note: str = ""
    sheet: DataTable | None = None

    @property
    def table(self) -> DataTable:
        return self.sheet or self.chart.table


def weeks(figures: SideFigures, lines: Mapping[str, str]) -> Told:
    """Whole weeks only, the busiest one marked. lines: measures and their names, the first one tells."""
    whole = figures.period.whole_weeks
    days = figures.period.weeks[whole]
    values = {measure: figures.week_by_week(measure)[whole] for measure in lines}
    leading = next(iter(values.values()))
    chart = Trend(days, tuple(Line(lines[name], own) for name, own in values.items()), _peak(days, leading))
    return Told(
        _weeks_title(figures, next(iter(lines)), leading),
        chart,
        "par semaine entière",
        sheet=week_sheet(figures, lines),
    )


def _weeks_title(figures: SideFigures, measure: str, values: Sequence[int]) -> str:
    """What the page's title says of the whole period, if it moved; else what the weeks say."""
    moved = findings.moved(figures.now.total(measure), figures.total_before(measure))
    return moved or findings.weeks_finding(values)


def _peak(days: Sequence[date], values: Sequence[int]) -> Highlight | None:
    """The busiest week, when there is one to tell."""
    if len(days) < findings.WEEKS_COMPARED or max(values) < findings.FEW:
        return None
    at = values.index(max(values))
    return Highlight(at, *findings.peak_said(days[at], values[at]))


def week_sheet(figures: SideFigures, names: Mapping[str, str]) -> DataTable:
    """Every measure, every week; the first and last one may be cut short. names: those that replace the usual ones."""
    own = {name: figures.week_by_week(name) for name in MEASURES if any(figures.week_by_week(name))}
    rows: list[tuple[Cell, ...]] = [
        (monday.isoformat(), *(values[at] for values in own.values())) for at, monday in enumerate(figures.period.weeks)
    ]
    return DataTable(("Semaine du", *({**MEASURES, **names}[name] for name in own)), tuple(rows))


def spark(values: Sequence[float | None]) -> Spark:
    return Spark(tuple(value for value in values if value is not None))


def journey(steps: Mapping[str, tuple[str, int]]) -> Told:
    """steps: name and number by step, in order; where most are lost is marked."""
    counts = {step: n for step, (_, n) in steps.items()}
    worst = findings.weakest_step(counts)
    chart = Funnel(tuple(Stage(name, n, highlighted=step == worst) for step, (name, n) in steps.items()))
    return Told(findings.funnel_finding(counts), chart, note="Chaque étape compte ce qui s’est passé dans la période.")


def network_journey(figures: SideFigures) -> Told:
    now = figures.now
    return journey(
        {
            "received": ("Reçues", now.total("received")),
            "placed": ("Confiées", figures.placed),
            **{name: (MEASURES[name], now.total(name)) for name in ("accepted", "contacted", "paired")},
        }
    )


def own_journey(figures: SideFigures) -> Told:
    names = {"offered": "Reçues", "accepted": "Acceptées", "contacted": "Contactées", "paired": "En binôme"}
    return journey({step: (name, figures.now.total(step)) for step, name in names.items()})


def bounce_reasons(now: Tally) -> Told:
    counts = groups.reasons(now.by("bounced", "reason"))
    whole = sum(counts.values())
    chart = Bars(
        tuple(Bar(name, n, percent(n / whole)) for name, n in counts.items()), name="Motif", value="Réorientations"
    )
    several = "Pourquoi elles sont réorientées" if whole else "Aucune réorientation"
    title = findings.first_of(counts, whole, several)
    return Told(title, chart, plural(whole, "réorientation"))


def delays(now: Tally, network: Tally | None) -> Told:
    """An association's medians beside the network's; network None: not enough others to be told."""
    rows = {
        "Réponse": (now.answering_days(), network and network.answering_days()),
        "Premier contact": (now.median_days("contacted"), network and network.median_days("contacted")),
    }
    known = {name: own for name, own in rows.items() if own[0] is not None}
    if network is None or any(theirs is None for _, theirs in known.values()):
        chart: Chart = Bars(
            tuple(Bar(name, own or 0) for name, (own, _) in known.items()), DAYS, False, "Délai", "Médiane"
        )
        return Told("Vos délais", chart, "médianes", "Trop peu de réponses ailleurs pour montrer la médiane du réseau.")
    pairs = tuple(Pair(name, own or 0, theirs or 0) for name, (own, theirs) in known.items())
    chart = Pairs(pairs, "Votre association", "Réseau", "Délai", DAYS)
    return Told("Vos délais, à côté du réseau", chart, "médianes")


def ages(figures: Figures) -> Told:
    return _both(figures, "age", groups.ages, "Âge", "Les âges")


def levels(figures: Figures) -> Told:
    return _both(figures, "level", groups.levels, "Niveau", "Les niveaux d’études")


def channels(figures: Figures) -> Told:
    return _both(figures, "channel", groups.channels, "Qui a rempli", "Qui écrit")


def needs(figures: Figures) -> Told:
    return _both(figures, "need", groups.needs, "Besoin", "Les besoins", ranked=True)


def _both(
    figures: Figures, dimension: str, grouped: groups.Grouping, name: str, fallback: str, *, ranked: bool = False
) -> Told:
    """Mentees and mentors side by side; rows that nobody is in are left out."""
    left, right = (grouped(figures.side(side).now.by("received", dimension)) for side in Side)
    rows = tuple(Pair(one, left.get(one, 0), right.get(one, 0)) for one in {**left, **right})
    kept = tuple(row for row in rows if row.left or row.right)
    chart = Pairs(kept, "Jeunes", "Bénévoles", name, ranked=ranked)
    return Told(findings.group_finding(left, right, fallback), chart, fallback.lower())


def publics(figures: SideFigures) -> Told:
    """Staff only: some of them are sensitive, and they are never crossed with a place."""
    counts, whole = groups.publics(figures.now.by("received", "public")), figures.now.total("received")
    rows = tuple(Bar(name, n, percent(n / whole) if whole else "") for name, n in counts.items())
    chart = Bars(rows, name="Public", value="Demandes")
    who = "Jeunes" if figures.side is Side.MENTEE else "Bénévoles"
    return Told(
        f"{who}{NBSP}: {findings.first_of(counts, whole, 'aucun public signalé')}",
        chart,
        "plusieurs réponses possibles",
    )


def referrers(figures: SideFigures) -> Told:
    counts = groups.referrers(figures.now.by("received", "referrer"))
    whole = sum(counts.values())
    told = dict(list(counts.items())[:MOST_REFERRERS])
    rows = [Bar(name, n, percent(n / whole)) for name, n in told.items()]
    others = whole - sum(told.values())
    if others:
        rows.append(Bar("Autres structures", others, percent(others / whole)))
    sheet = DataTable(("Prescripteur", "Demandes"), tuple(counts.items()))
    title = findings.first_of(counts, whole, "Les prescripteurs" if whole else "Aucun prescripteur")
    return Told(
        title, Bars(tuple(rows), ranked=False, name="Prescripteur"), "demandes faites par un professionnel", sheet=sheet
    )


def france(figures: SideFigures, measure: str = "received") -> Told:
    """By département, the five overseas ones included; what lies elsewhere is told in words."""
    counts = figures.now.by(measure, "departement")
    inside = {code: n for code, n in counts.items() if code in outlines().names}
    elsewhere = sum(counts.values()) - sum(inside.values())
    what = {"received": "des demandes", "accepted": "des accords", "paired": "des binômes"}.get(measure, "des impasses")
    note = f"{plural(elsewhere, 'demande')} d’ailleurs ou de lieu inconnu." if elsewhere else ""
    return Told(
        findings.map_finding(inside, what), FranceMap(inside, MEASURES[measure]), MEASURES[measure].lower(), note
    )


def waits(waiting: Mapping[Side, Waiting]) -> Told:
    """Where requests wait at this moment, on both sides."""
    left, right = (waiting[side] for side in Side)
    rows = tuple(Pair(name, left.of(state), right.of(state)) for state, name in WAITS.items())
    whole = sum(one.of(state) for one in (left, right) for state in WAITS)
    title = plural(whole, "demande attend", "demandes attendent") if whole else "Aucune demande n’attend"
    return Told(title, Pairs(rows, "Jeunes", "Bénévoles", "Attente"), "à cet instant")
