"""What follows a bounce: a table to read aloud, not a chain of ifs.

effect: what becomes of the request once the undo window has passed. advice: what the association is offered.
weight: how much the bounce says about the association's criteria (bounce lessons). source: where it comes from.
"""

from dataclasses import dataclass
from enum import StrEnum

from matching.vocabulary import Side
from portal.models.assignment import BounceReason


class Effect(StrEnum):
    """What becomes of the request."""

    NEXT = "next"
    BACK_TO_APPLICANT = "back_to_applicant"
    CLOSED = "closed"
    MERGED = "merged"
    STAFF = "staff"


class Advice(StrEnum):
    """What the association is offered to do so that it does not happen again."""

    LOWER_CAPACITY = "lower_capacity"
    ADD_CRITERION = "add_criterion"
    NOTHING = "nothing"


class Source(StrEnum):
    """Where the reason comes from."""

    ASSOCIATION = "association"
    APPLICANT = "applicant"
    DATA = "data"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Bounce:
    """One row of the table. label and consequence: French, shown to the coordinator. sides: who may give it."""

    label: str
    consequence: str
    effect: Effect
    advice: Advice
    weight: int
    source: Source
    sides: frozenset[Side] = frozenset(Side)
    needs_note: bool = False


_NEXT = "La demande part vers une autre association."
_MENTEES, _MENTORS = frozenset({Side.MENTEE}), frozenset({Side.MENTOR})

BOUNCES: dict[BounceReason, Bounce] = {
    BounceReason.NO_PLACE: Bounce("Plus de place", _NEXT, Effect.NEXT, Advice.LOWER_CAPACITY, 0, Source.ASSOCIATION),
    BounceReason.AGE_OR_LEVEL: Bounce(
        "Âge ou niveau qui ne convient pas", _NEXT, Effect.NEXT, Advice.ADD_CRITERION, 1, Source.PLATFORM
    ),
    BounceReason.TERRITORY: Bounce(
        "Hors de notre territoire", _NEXT, Effect.NEXT, Advice.ADD_CRITERION, 1, Source.PLATFORM
    ),
    BounceReason.OTHER_NEED: Bounce(
        "Besoin que nous n’accompagnons pas", _NEXT, Effect.NEXT, Advice.ADD_CRITERION, 1, Source.PLATFORM, _MENTEES
    ),
    BounceReason.NEEDS_REFERRER: Bounce(
        "Il faut un prescripteur ou un établissement partenaire",
        _NEXT,
        Effect.NEXT,
        Advice.ADD_CRITERION,
        1,
        Source.PLATFORM,
        _MENTEES,
    ),
    BounceReason.NO_FITTING_MATCH: Bounce(
        "Aucun binôme possible chez nous", _NEXT, Effect.NEXT, Advice.NOTHING, 0, Source.ASSOCIATION
    ),
    BounceReason.CHARTER_NOT_MET: Bounce(
        "Charte ou vérification préalable non remplie",
        "La demande est confiée à l’équipe du Collectif.",
        Effect.STAFF,
        Advice.NOTHING,
        0,
        Source.APPLICANT,
        _MENTORS,
    ),
    BounceReason.TOO_LITTLE_TIME: Bounce(
        "Trop peu de temps, ou une durée trop courte",
        _NEXT,
        Effect.NEXT,
        Advice.ADD_CRITERION,
        1,
        Source.PLATFORM,
        _MENTORS,
    ),
    BounceReason.UNREACHABLE: Bounce(
        "Injoignable après plusieurs essais",
        "La personne est prévenue et peut répondre ; sans nouvelle, la demande est close.",
        Effect.BACK_TO_APPLICANT,
        Advice.NOTHING,
        0,
        Source.APPLICANT,
        needs_note=True,
    ),
    BounceReason.NO_FOLLOW_UP: Bounce(
        "Ne donne pas suite",
        "La demande est close ; la personne peut la rouvrir.",
        Effect.CLOSED,
        Advice.NOTHING,
        0,
        Source.APPLICANT,
    ),
    BounceReason.DUPLICATE: Bounce(
        "Déjà accompagné, ou demande en double",
        "La demande est classée comme doublon.",
        Effect.MERGED,
        Advice.NOTHING,
        0,
        Source.DATA,
    ),
    BounceReason.OTHER: Bounce(
        "Autre motif",
        "L’équipe du Collectif lit votre motif et décide.",
        Effect.STAFF,
        Advice.NOTHING,
        0,
        Source.ASSOCIATION,
        needs_note=True,
    ),
}


def reasons_for(side: Side) -> list[BounceReason]:
    """The closed list a coordinator chooses from, in its order."""
    return [reason for reason, bounce in BOUNCES.items() if side in bounce.sides]
