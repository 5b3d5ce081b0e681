"""The home page, and the pages that explain."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from matching.ranking import PolicyName
from portal.foundation.config import settings
from portal.foundation.permissions import public
from portal.public.tables import MENTOR, OLDEST_MENTEE, REFERRER, YOUNG
from portal.queries.fair_shares import fair_shares as fair_shares_in_force
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


SHARES = {
    PolicyName.ARM: (
        "La plus loin de son objectif",
        "à celle qui est la plus loin de l’objectif qu’elle a déclaré : la part déjà atteinte est comparée, pas le nombre",
    ),
    PolicyName.PROJECTED: (
        "La plus loin de ce qu’elle devrait avoir atteint",
        "à celle qui est la plus loin de la part qu’elle devrait avoir atteinte, d’après les demandes de l’an dernier",
    ),
    PolicyName.ARM_ABSOLUTE: (
        "Celle à qui il manque le plus de demandes",
        "à celle à qui il manque le plus de demandes pour atteindre l’objectif qu’elle a déclaré",
    ),
    PolicyName.FIRST_MATCH: (
        "Le premier programme qui convient",
        "au premier programme de la liste, toujours dans le même ordre",
    ),
    PolicyName.NEAREST: (
        "La place la plus proche",
        "à celle dont la place déclarée est la plus proche",
    ),
    PolicyName.RANDOM: (
        "Un tirage au sort",
        "à l’une d’elles, par un tirage que l’on peut refaire à l’identique",
    ),
}


@home.get("/repartition")
@public
def fair_shares() -> ResponseReturnValue:
    """The rule of distribution in force, in plain words: it is public."""
    rule = fair_shares_in_force()
    title, words = SHARES[rule.policy]
    days = settings().expiry_days
    return page(
        "public/fair_shares.html", public_nav=navigation(), rule=rule, rule_title=title, rule_words=words, days=days
    )
