"""The network's figures for everyone: masked, rounded, and up to the last whole week.

So two readings of the page do not tell one request from another.
"""

from datetime import timedelta

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.foundation import clock
from portal.foundation.permissions import public
from portal.queries.associations import current_campaign
from portal.queries.figures import DAY, Figures
from portal.queries.figures_public import figures_told
from portal.web.figures.periods import Asked, asked_by
from portal.web.figures.sheets import table_answer
from portal.web.figures.told_to_all import finding, key_figures, told
from portal.web.limits import ANSWERS, refuse_too_many
from portal.web.pages import page
from portal.web.public_frame import navigation

public_figures = Blueprint("public_figures", __name__, url_prefix="/chiffres-du-mentorat")


def asked_here() -> Asked:
    """The side of the address, over the campaign so far (without one, a year); no period of one's own.

    Up to the last Sunday that is over: on a Sunday, the one before.
    """
    today = clock.today()
    last_sunday = today - timedelta(days=today.isoweekday())
    campaign = current_campaign()
    begun = campaign if campaign and campaign.starts_on < last_sunday - 2 * 7 * DAY else None
    return asked_by({"cote": request.args.get("cote", "")}, last_sunday, begun)


def figures_here() -> tuple[Asked, Figures]:
    refuse_too_many(ANSWERS, "figures")
    asked = asked_here()
    return asked, figures_told(asked.period)


@public_figures.get("")
@public
def index() -> ResponseReturnValue:
    asked, figures = figures_here()
    return page(
        "public/figures.html",
        public_nav=navigation("figures"),
        asked=asked,
        heading=finding(figures),
        nothing=figures.since is None or figures.since > asked.period.last,
        key_figures=key_figures(figures.side(asked.side)),
        charts=told(figures, asked.side),
        sides=asked.sides("public_figures.index"),
        data_url=lambda name: url_for("public_figures.data", graphique=name, **asked.arguments()),
    )


@public_figures.get("/donnees")
@public
def data() -> ResponseReturnValue:
    """One chart as CSV, masked like the page."""
    asked, figures = figures_here()
    found = told(figures, asked.side).get(request.args.get("graphique", ""))
    if found is None:
        abort(404)
    return table_answer(f"mentorat-{request.args['graphique']}", found.table)
