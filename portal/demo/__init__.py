"""The demo season: associations, requests and answers that follow from a seed and a day.

Everything exported here is pure: no database, no clock, no network.
"""

from portal.demo.answers import AnswerKind, DemoAnswer, answer_to
from portal.demo.associations import DEMAND, demo_associations
from portal.demo.establishments import Establishment
from portal.demo.identities import FICTIONAL_RANGES, DemoIdentity, DemoReferrer
from portal.demo.rhythm import SEASON_DAYS, season_start
from portal.demo.season import DemoRequest, demo_season
from portal.demo.sheets import DemoAssociation, DemoCapacity, DemoCoordinator, DemoObjective, DemoProgramme

__all__ = [
    "DEMAND",
    "FICTIONAL_RANGES",
    "SEASON_DAYS",
    "AnswerKind",
    "DemoAnswer",
    "DemoAssociation",
    "DemoCapacity",
    "DemoCoordinator",
    "DemoIdentity",
    "DemoObjective",
    "DemoProgramme",
    "DemoReferrer",
    "DemoRequest",
    "Establishment",
    "answer_to",
    "demo_associations",
    "demo_season",
    "season_start",
]
