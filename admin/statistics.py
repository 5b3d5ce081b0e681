"""The network's figures, for staff: everything in one page, each chart as CSV, and all the sums as one file.

The CSV of a chart holds what the page already shows. The file of all sums, association by association, is written
down in the journal: it is made by a POST.
"""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from admin.navigation import frame, navigation
from admin.statistics_forecast import prospect
from admin.statistics_page import MAP_WORDS, network
from portal.foundation import clock
from portal.foundation.permissions import Permission, requires
from portal.models.campaign import Campaign
from portal.models.event import JournalAct
from portal.operations.history import journal
from portal.queries.associations import current_campaign
from portal.queries.figures_export import sums_of
from portal.web.figures.periods import Asked, asked_by
from portal.web.figures.sheets import csv_answer, table_answer
from portal.web.pages import page

statistics = Blueprint("statistics", __name__, url_prefix="/collectif/chiffres")
statistics.context_processor(frame)
COLUMNS = ("Association", "Côté", "Mesure", "Détail", "Valeur", "Nombre")
NETWORK = "Tout le réseau"
FORECAST = "prevision"
VIEWS = {"parcours": "Parcours et délais", "personnes": "Qui demande", FORECAST: "Prévision"}


def asked_here() -> tuple[Asked, Campaign | None]:
    campaign = current_campaign()
    return asked_by(request.args, clock.today(), campaign), campaign


@statistics.get("")
@requires(Permission.STATISTICS_READ)
def index() -> ResponseReturnValue:
    asked, campaign = asked_here()
    if view_asked(asked) == FORECAST:
        return forecast_page(asked, campaign)
    found = network(asked, campaign)
    return page(
        "admin/statistics.html",
        asked=asked,
        heading=found.heading(view_asked(asked)),
        nothing=found.figures.since is None,
        key_figures=found.key_figures(),
        charts=found.charts(),
        objectives=found.objectives(),
        maps=map_options(asked, found.map_name),
        map_words=MAP_WORDS[found.map_name],
        view=view_asked(asked),
        tabs=views(asked),
        data_url=lambda name: url_for("statistics.data", graphique=name, **asked.arguments()),
        app_nav=navigation("statistics"),
    )


def forecast_page(asked: Asked, campaign: Campaign | None) -> tuple[str, int]:
    found = prospect(campaign, asked.side)
    return page(
        "admin/statistics_forecast.html",
        asked=asked,
        prospect=found,
        drawing=found.drawing(),
        csv_url=url_for("statistics.data", graphique=FORECAST, **asked.arguments(vue=None)),
        tabs=views(asked),
        app_nav=navigation("statistics"),
    )


def views(asked: Asked) -> list[dict[str, Any]]:
    """The tabs."""
    return [
        {
            "label": words,
            "url": url_for("statistics.index", **asked.arguments(vue=name)),
            "active": name == view_asked(asked),
        }
        for name, words in VIEWS.items()
    ]


@statistics.get("/donnees")
@requires(Permission.STATISTICS_READ)
def data() -> ResponseReturnValue:
    """One chart as CSV: what the page shows, and no more."""
    asked, campaign = asked_here()
    if request.args.get("graphique") == FORECAST:
        return table_answer(FORECAST, prospect(campaign, asked.side).sheet)
    told = network(asked, campaign).charts().get(request.args.get("graphique", ""))
    if told is None:
        abort(404)
    return table_answer(f"chiffres-{request.args['graphique']}", told.table)


@statistics.post("/exporter")
@requires(Permission.STATISTICS_READ)
def export() -> ResponseReturnValue:
    """Every sum of the period, association by association; the journal says who took it."""
    asked, _ = asked_here()
    own = asked.period
    rows = [(row[0] or NETWORK, *row[1:]) for row in sums_of(own)]
    journal(JournalAct.FIGURES_EXPORTED, detail=f"{own.first} {own.last}")
    return csv_answer(f"chiffres-{own.first}-{own.last}", COLUMNS, rows)


def view_asked(asked: Asked) -> str:
    name = asked.values.get("vue", "")
    return name if name in VIEWS else "parcours"


def map_options(asked: Asked, chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "label": words[:1].upper() + words[1:],
            "url": f"{url_for('statistics.index', **asked.arguments(carte=name))}#carte",
            "active": name == chosen,
        }
        for name, words in MAP_WORDS.items()
    ]
