"""The home page, and the pages that explain."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.foundation.config import settings
from portal.foundation.permissions import public
from portal.public.tables import MENTOR, OLDEST_MENTEE, REFERRER, YOUNG
from portal.web.pages import page
from portal.web.public_frame import navigation

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
