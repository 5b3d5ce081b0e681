"""One drawing of each kind with invented figures, for the gallery and the tests."""

from datetime import date, timedelta

from portal.web.charts.bars import Bar, Bars
from portal.web.charts.base import Chart
from portal.web.charts.france import FranceMap
from portal.web.charts.funnel import Funnel, Stage
from portal.web.charts.measure import MASKED, SHARE, Value
from portal.web.charts.outlines import outlines
from portal.web.charts.pairs import Pair, Pairs
from portal.web.charts.progress import Progress
from portal.web.charts.spark import Spark
from portal.web.charts.stacks import Stack, Stacks
from portal.web.charts.trend import Highlight, Line, Trend

RECEIVED = (210, 199, 204, 186, 170, 160, 148, 140, 132, 128, 131, 140, 168)
RECEIVED_SINCE = (400, 489, 462, 447, 433, 428, 419, 440, 447, 433, 420, 401)
ACCEPTED = (160, 158, 160, 150, 143, 131, 120, 116, 112, 109, 108, 113, 121)
ACCEPTED_SINCE = (236, 358, 392, 388, 382, 376, 371, 371, 380, 384, 371, 361)
WEEKS = tuple(date(2026, 6, 8) + timedelta(weeks=week) for week in range(25))
BACK_TO_SCHOOL = WEEKS.index(date(2026, 9, 14))
SPREAD = 97
LARGEST = {"59": 812, "75": 640, "13": 320, "69": 210, "93": 180, "974": 64, "976": 41, "971": 23, "972": 18}


def trend() -> Trend:
    """Requests received and accepted, with the start of the school year marked."""
    lines = Line("Reçues", RECEIVED + RECEIVED_SINCE), Line("Acceptées", ACCEPTED + ACCEPTED_SINCE)
    return Trend(WEEKS, lines, Highlight(BACK_TO_SCHOOL, "rentrée : 489 en une semaine", "rentrée : 489"))


def placed() -> Trend:
    """A share over the last weeks, one of them masked, beside the year before."""
    now = Line("Placées du premier coup", (0.61, 0.63, 0.7, MASKED, 0.68, 0.72))
    return Trend(WEEKS[-6:], (now, Line("Un an avant", (0.5, 0.52, 0.55, 0.6, 0.58, 0.57))), measure=SHARE)


def alone() -> Trend:
    """One week only."""
    return Trend(WEEKS[:1], (Line("Reçues", (1_200_000,)),))


def funnel() -> Funnel:
    """From a request to two people who meet."""
    stages = (Stage("Reçues", 5214), Stage("Confiées", 5011), Stage("Acceptées", 4312), Stage("Contactées", 3906))
    return Funnel((*stages, Stage("En binôme", 3127, highlighted=True)))


def levels() -> Bars:
    """Ranked rows: a long name, a masked one and none."""
    school = Bar("Collège", 812, "41 %"), Bar("Lycée général et technologique", 640, "32 %"), Bar("CFA", MASKED)
    long = Bar("Enseignement supérieur, écoles d’ingénieurs et de commerce comprises", 486, highlighted=True)
    return Bars((*school, long, Bar("Sans diplôme", 0)), name="Niveau")


def ages() -> Pairs:
    """Mentees and mentors by age."""
    young = Pair("11 à 14 ans", 210, 0), Pair("15 à 17 ans", 640, MASKED)
    return Pairs((*young, Pair("18 à 25 ans", 320, 150), Pair("26 ans et plus", 48, 980)), name="Âge")


def answers() -> Stacks:
    """What became of the requests of each place."""
    rows = Stack("Roubaix", (120, 40, 8)), Stack("Lille", (300, 90, 33)), Stack("Tourcoing", (64, MASKED, 12))
    return Stacks(rows, ("Acceptées", "Réorientées", "Sans réponse"), name="Lieu")


def france() -> FranceMap:
    """Requests by département, few here and many there."""
    values: dict[str, Value] = {code: 5 + (at * at) % SPREAD for at, code in enumerate(outlines().names)}
    return FranceMap({**values, **LARGEST, "48": MASKED, "2A": MASKED, "973": MASKED})


def empty() -> Bars:
    """Nothing to draw."""
    return Bars(())


def charts() -> dict[str, Chart]:
    """Every kind that has a table."""
    kinds = (trend, placed, alone, funnel, levels, ages, answers, france, empty)
    return {kind.__name__: kind() for kind in kinds}


def sparks() -> list[Spark]:
    """Four small lines for key figures."""
    return [Spark((9, 8, 8, 6, 5, 4)), Spark((3, 4, 4, 6, 7, 9)), Spark((5, 6, 5, 7, 8, 9)), Spark((2, 3, 3, 4, 4, 6))]


def objectives() -> list[tuple[str, Progress]]:
    """Associations and how far they are."""
    found = (
        ("Télémaque", 1215, 1642),
        ("C’Possible", 274, 381),
        ("Proxité", 1386, 2100),
        ("La Cravate Solidaire", 21, 35),
    )
    return [(name, Progress(value, whole, median=0.7)) for name, value, whole in found]
