"""The home page, and what surrounds every public page."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.foundation.config import settings
from portal.foundation.permissions import public
from portal.public.tables import MENTOR, OLDEST_MENTEE, REFERRER, YOUNG
from portal.web.pages import page

home = Blueprint("home", __name__)


@home.get("/")
@public
def index() -> ResponseReturnValue:
    return page(
        "public/home.html",
        public_nav=navigation(),
        young=YOUNG.key,
        referrer=REFERRER.key,
        mentor=MENTOR.key,
        oldest=OLDEST_MENTEE,
        late_days=settings().late_working_days,
        expiry_days=settings().expiry_days,
    )


@home.get("/suivi")
@public
def find_request() -> ResponseReturnValue:
    """How to find one's link again: a number alone opens nothing."""
    return page("public/find.html", public_nav=navigation(active="find"))


@home.get("/donnees-personnelles")
@public
def privacy() -> ResponseReturnValue:
    return page("public/privacy.html", public_nav=navigation(), known=settings())


@home.get("/accessibilite")
@public
def accessibility() -> ResponseReturnValue:
    return page("public/accessibility.html", public_nav=navigation())


@home.get("/mentions-legales")
@public
def legal_notice() -> ResponseReturnValue:
    return page("public/legal.html", public_nav=navigation(), known=settings())


@home.get("/repartition")
@public
def fair_shares() -> ResponseReturnValue:
    """The rule of distribution, in plain words: it is public."""
    return page("public/fair_shares.html", public_nav=navigation(), known=settings())


def navigation(active: str = "") -> list[dict[str, Any]]:
    top = url_for("home.index")
    return [
        {"label": _("Le mentorat"), "url": f"{top}#le-mentorat"},
        {"label": _("Et après ?"), "url": f"{top}#et-apres"},
        {"label": _("Entreprises"), "url": f"{top}#entreprises"},
        {"label": _("Suivre une demande"), "url": url_for("home.find_request"), "active": active == "find"},
    ]


def surroundings() -> dict[str, Any]:
    """What every page of this door shows around itself."""
    links = (
        (_("Accessibilité : pas encore auditée"), "home.accessibility"),
        (_("Données personnelles"), "home.privacy"),
        (_("Règles de répartition"), "home.fair_shares"),
        (_("Mentions légales"), "home.legal_notice"),
    )
    return {
        "footer_links": [{"label": label, "url": url_for(endpoint)} for label, endpoint in links],
        "help_url": f"{url_for('home.find_request')}#aide",
        "home_url": url_for("home.index"),
    }
