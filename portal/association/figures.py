"""An association's figures: what it received and what became of it, its delays beside the network's, its objective."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from matching.vocabulary import Side
from portal.association.frame import association_page, signed_in
from portal.foundation import clock
from portal.foundation.permissions import Permission, requires
from portal.models.campaign import Campaign
from portal.queries.capacity import current_campaign
from portal.queries.figures import (
    Figures,
    SideFigures,
    Tally,
    association_figures,
    network_delays,
    weekly_median_days,
)
from portal.queries.figures_live import lapsed_since
from portal.queries.objectives import ObjectiveLine, objective_lines
from portal.web.figures import charts, findings
from portal.web.figures.charts import Told
from portal.web.figures.masks import elsewhere_enough
from portal.web.figures.periods import Asked, asked_by
from portal.web.figures.sheets import table_answer
from portal.web.typography import NBSP, number, percent, plural

figures = Blueprint("figures", __name__, url_prefix="/chiffres")
LINES = {"offered": "Reçues", "accepted": "Acceptées"}
AFTERWARDS = {"unreachable": "Injoignables", "given_up": "Abandonnées avant le binôme", "ended": "Mentorats terminés"}


@dataclass(frozen=True)
class Own:
    """What the page of a period is made of. network: the delays of all, its own included."""

    asked: Asked
    figures: Figures
    network: dict[Side, Tally]

    @cached_property
    def side(self) -> Side:
        """As asked; without a word, the side where something happened."""
        other = Side.MENTOR if self.asked.side is Side.MENTEE else Side.MENTEE
        silent = not any(self.figures.side(self.asked.side).now.amounts.values())
        busy = any(self.figures.side(other).now.amounts.values())
        return other if "cote" not in self.asked.values and silent and busy else self.asked.side

    @property
    def its(self) -> SideFigures:
        return self.figures.side(self.side)

    @property
    def beside(self) -> Tally | None:
        """The network's delays, when enough others make them."""
        own, network = self.its.now, self.network[self.side]
        answers = elsewhere_enough(sum(network.answering_hours.values()), sum(own.answering_hours.values()))
        contacts = [sum(one.by("contacted", "hours").values()) for one in (network, own)]
        return network if answers and (not contacts[1] or elsewhere_enough(*contacts)) else None

    def charts(self) -> dict[str, Told]:
        """By the name their CSV is asked for."""
        return {
            "semaines": charts.weeks(self.its, LINES),
            "parcours": charts.own_journey(self.its),
            "motifs": charts.bounce_reasons(self.its.now),
            "delais": charts.delays(self.its.now, self.beside),
        }


def own_figures(asked: Asked) -> Own:
    association_id = signed_in().association_id
    assert association_id is not None
    return Own(asked, association_figures(association_id, asked.period), network_delays(asked.period))


def asked_here() -> tuple[Asked, Campaign | None]:
    campaign = current_campaign()
    return asked_by(request.args, clock.today(), campaign), campaign


@figures.get("")
@requires(Permission.FIGURES_READ)
def index() -> ResponseReturnValue:
    asked, campaign = asked_here()
    own = own_figures(asked)
    line = objective_line(campaign, own.side)
    medians = weekly_median_days(asked.period, "accepted", "hours", signed_in().association_id)
    network_days = own.beside.answering_days() if own.beside else None
    return association_page(
        "figures.html",
        "figures.index",
        asked=asked.on(own.side),
        beside_objective=beside_objective(own, line),
        heading=findings.association_finding(own.its, network_days),
        nothing=own.figures.since is None,
        key_figures=[*key_figures(own, medians[own.side]), attained(line)],
        charts=own.charts(),
        afterwards=[(name, number(own.its.now.total(measure))) for measure, name in AFTERWARDS.items()],
        silent=own.its.now.total("expired"),
    )


@figures.get("/donnees")
@requires(Permission.FIGURES_READ)
def data() -> ResponseReturnValue:
    """One chart as CSV: what the page shows, and no more."""
    asked, _ = asked_here()
    told = own_figures(asked).charts().get(request.args.get("graphique", ""))
    if told is None:
        abort(404)
    return table_answer(f"chiffres-{request.args['graphique']}", told.table)


def beside_objective(own: Own, line: ObjectiveLine | None) -> str:
    """What tells accepted requests, those of the period, from committed ones, those of today."""
    if line is None or line.attainment is None:
        return ""
    lapsed = lapsed_since(line.id, own.side, own.asked.period)
    since = plural(lapsed, "rendu, abandonné ou retiré", "rendus, abandonnés ou retirés") if lapsed else "aucun rendu"
    return (
        f"«{NBSP}Acceptées{NBSP}» compte les accords donnés dans la période, dont {since} depuis{NBSP};"
        f" «{NBSP}engagées{NBSP}», ce qui tient aujourd’hui dans la campagne{NBSP}: demandes proposées ou acceptées, et celles déclarées hors portail."
    )


def objective_line(campaign: Campaign | None, side: Side) -> ObjectiveLine | None:
    if campaign is None:
        return None
    return next(iter(objective_lines(campaign.id, side, signed_in().association_id)), None)


def key_figures(own: Own, medians: tuple[float | None, ...]) -> list[dict[str, Any]]:
    return [_delay(own, medians), _received(own), _accepted(own)]


def _delay(own: Own, medians: tuple[float | None, ...]) -> dict[str, Any]:
    days, before = own.its.now.answering_days(), own.its.before
    answered = before.answering_days() if before else None
    network = own.beside.answering_days() if own.beside else None
    return {
        "label": "Délai médian de réponse",
        "figure": findings.days_said(days),
        "spark": charts.spark(medians[own.asked.period.whole_weeks]),
        "change": findings.delay_change_said(days, answered),
        "tone": findings.tone(days, answered, less_is_better=True),
        "note": f"réseau{NBSP}: {findings.days_said(network)}" if network is not None else "",
    }


def _received(own: Own) -> dict[str, Any]:
    offered = own.its.now.total("offered")
    changed = findings.change_said(offered, own.its.total_before("offered"))
    return {
        "label": "Demandes reçues",
        "figure": number(offered),
        "spark": charts.spark(own.its.week_by_week("offered")[own.asked.period.whole_weeks]),
        "change": changed,
        "note": own.asked.before if changed else "",
    }


def _accepted(own: Own) -> dict[str, Any]:
    accepted, offered = own.its.now.total("accepted"), own.its.now.total("offered")
    return {
        "label": "Acceptées",
        "figure": findings.share_said(accepted, offered),
        "spark": charts.spark(own.its.week_by_week("accepted")[own.asked.period.whole_weeks]),
        "note": f"{number(accepted)} sur {number(offered)}",
    }


def attained(line: ObjectiveLine | None) -> dict[str, Any]:
    """The objective of the campaign, whatever the period."""
    if line is None or line.attainment is None:
        return {"label": "Objectif de campagne", "figure": "—", "note": "aucun objectif déclaré"}
    note = f"{plural(line.committed, 'engagée', 'engagées')} sur {number(line.objective)}"
    return {"label": "Objectif de campagne", "figure": percent(line.attainment), "note": note}


def data_url(asked: Asked, name: str) -> str:
    return url_for("figures.data", graphique=name, **asked.arguments())


figures.add_app_template_global(data_url, "own_figures_url")
