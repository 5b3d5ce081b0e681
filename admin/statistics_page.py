"""What the staff's page of figures is made of: the network over a period, its charts and its key figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.vocabulary import Side
from portal.models.campaign import Campaign
from portal.queries.figures import Figures, SideFigures, network_figures, weekly_median_days
from portal.queries.figures_live import Waiting, waiting_now
from portal.queries.objectives import ObjectiveLine, median_attainment, objective_lines
from portal.web.charts import Progress
from portal.web.figures import charts, findings
from portal.web.figures.charts import MAPS, Told
from portal.web.figures.periods import Asked
from portal.web.typography import NBSP, number, percent, plural, share

LINES = {"received": "Reçues", "accepted": "Acceptées", "paired": "En binôme"}
MAP_WORDS = {
    "recues": "demandes reçues",
    "acceptees": "demandes acceptées",
    "binomes": "binômes formés",
    "nulle-part": "sans solution",
}
MOST_LINES = 10


@dataclass(frozen=True)
class Network:
    """One reading of everything. medians: of each week, in days. lines: the objectives of today's campaign."""

    asked: Asked
    figures: Figures
    waiting: Mapping[Side, Waiting]
    medians: tuple[float | None, ...]
    lines: Sequence[ObjectiveLine]

    @property
    def map_name(self) -> str:
        name = self.asked.values.get("carte", "")
        return name if name in MAPS else "recues"

    @property
    def its(self) -> SideFigures:
        return self.figures.side(self.asked.side)

    def heading(self, view: str) -> str:
        if view == "personnes":
            return findings.people_finding(*(self.figures.side(side).now.total("received") for side in Side))
        return findings.network_finding(self.its, self.waiting[self.asked.side].no_place, self.asked.side_words)

    def charts(self) -> dict[str, Told]:
        """By the name their CSV is asked for."""
        return {
            "semaines": charts.weeks(self.its, LINES),
            "parcours": charts.network_journey(self.its),
            "carte": charts.france(self.its, MAPS[self.map_name]),
            "motifs": charts.bounce_reasons(self.its.now),
            "attente": charts.waits(self.waiting),
            "ages": charts.ages(self.figures),
            "niveaux": charts.levels(self.figures),
            "besoins": charts.needs(self.figures),
            "sources": charts.channels(self.figures),
            "prescripteurs": charts.referrers(self.figures.side(Side.MENTEE)),
            "publics-jeunes": charts.publics(self.figures.side(Side.MENTEE)),
            "publics-benevoles": charts.publics(self.figures.side(Side.MENTOR)),
        }

    def key_figures(self) -> list[dict[str, Any]]:
        return [self._delay(), self._received(), self._first_time(), self._no_place()]

    def _delay(self) -> dict[str, Any]:
        now, before = self.its.now.median_days("accepted", "wait"), None
        if self.its.before:
            before = self.its.before.median_days("accepted", "wait")
        return self._compared(
            "Délai médian d’acceptation",
            findings.days_said(now),
            self.medians,
            findings.delay_change_said(now, before),
            findings.tone(now, before, less_is_better=True),
        )

    def _received(self) -> dict[str, Any]:
        now, before = self.its.now.total("received"), self.its.total_before("received")
        changed = findings.change_said(now, before)
        return self._compared(
            "Demandes reçues", number(now), self.its.week_by_week("received"), changed, findings.tone(now, before)
        )

    def _first_time(self) -> dict[str, Any]:
        first, whole = self.its.week_by_week("accepted_first"), self.its.week_by_week("accepted")
        now = self.its.now
        shares = tuple(one / every if every else None for one, every in zip(first, whole, strict=True))
        figure = share(now.by("accepted", "hop").get("0", 0), now.total("accepted"))
        return self._compared("Accords du premier coup", figure, shares, "", "") | {
            "note": "la première association demandée"
        }

    def _no_place(self) -> dict[str, Any]:
        own = self.waiting[self.asked.side]
        nowhere = f"et {plural(own.nowhere, 'sans solution', 'sans solution')}" if own.nowhere else "à cet instant"
        return {"label": "Sans place aujourd’hui", "figure": number(own.no_place), "note": nowhere}

    def _compared(
        self, label: str, figure: str, values: Sequence[float | None], changed: str, tone: str
    ) -> dict[str, Any]:
        drawn = charts.spark(values[self.asked.period.whole_weeks])
        note = self.asked.before if changed else ""
        return {"label": label, "figure": figure, "spark": drawn, "change": changed, "tone": tone, "note": note}

    def objectives(self) -> dict[str, Any]:
        """The furthest along, with the median; their title is what half of them lies between."""
        ranked = sorted(
            (line for line in self.lines if line.attainment is not None), key=lambda line: -(line.attainment or 0)
        )
        median = median_attainment(ranked)
        rows = [
            {"line": line, "bar": Progress(line.committed, line.objective, float(median or 0))}
            for line in ranked[:MOST_LINES]
        ]
        return {"rows": rows, "whole": len(ranked), "median": median, "title": objectives_title(ranked)}


def objectives_title(ranked: Sequence[ObjectiveLine]) -> str:
    """« Objectifs : de 60 à 80 % », from the last to the first."""
    if not ranked:
        return "Objectifs"
    last, first = (percent(line.attainment) for line in (ranked[-1], ranked[0]))
    return f"Objectifs{NBSP}: {first}" if first == last else f"Objectifs{NBSP}: de {last[:-2]} à {first}"


def network(asked: Asked, campaign: Campaign | None) -> Network:
    """Six statements, whatever the period."""
    return Network(
        asked,
        network_figures(asked.period),
        waiting_now(),
        weekly_median_days(asked.period)[asked.side],
        objective_lines(campaign.id, asked.side) if campaign else (),
    )
