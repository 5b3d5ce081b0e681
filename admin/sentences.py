"""Criteria read aloud: one sentence a condition, in the words of the routing engine."""

from matching.criteria import Expression
from portal.web.criteria_said import clauses_said

EVERYBODY = "Tout le monde"
MOST_PLACES = 12


def sentences(criteria: Expression) -> list[str]:
    """« De 18 à 33 ans », « Habitant un quartier prioritaire ou de milieu modeste ». Everyone, when there is none."""
    return clauses_said(criteria, MOST_PLACES) or [EVERYBODY]
