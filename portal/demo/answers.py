"""How associations behave: what they answer, why, and after how long.

Everything follows from the keys of the request and of the association, so the same
offer always gets the same answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from random import Random

from matching.vocabulary import Side
from portal.demo.calendar import next_working_moment, working_hours_after
from portal.demo.seeds import Weighted, chance, happens
from portal.models.assignment import BounceReason


class AnswerKind(StrEnum):
    """What an association does with an offer."""

    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """One association's answer to one offer, and what follows.

    Instants are UTC and may lie after the present: they have not happened yet. ``left_at`` is
    a bounce after acceptance, for ``left_reason``; ``tries`` are the calls nobody answered.
    """

    kind: AnswerKind
    seen_at: datetime | None = None
    answered_at: datetime | None = None
    reason: BounceReason | None = None
    note: str = ""
    contacted_at: datetime | None = None
    tries: tuple[datetime, ...] = ()
    paired_at: datetime | None = None
    given_up_at: datetime | None = None
    left_at: datetime | None = None
    left_reason: BounceReason | None = None
    left_note: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """One association's ways: odds of accepting, of silence, usual hours before answering, its reasons."""

    accepts: float
    silent: float
    hours: float
    reasons: Weighted[BounceReason]


_MENTEE_REASONS = (
    (BounceReason.NO_PLACE, 5.0),
    (BounceReason.AGE_OR_LEVEL, 3.0),
    (BounceReason.TERRITORY, 2.5),
    (BounceReason.OTHER_NEED, 3.5),
    (BounceReason.NEEDS_REFERRER, 1.2),
    (BounceReason.NO_FITTING_MATCH, 3.0),
    (BounceReason.DUPLICATE, 1.2),
    (BounceReason.OTHER, 0.8),
)
_MENTOR_REASONS = (
    (BounceReason.NO_PLACE, 2.0),
    (BounceReason.TERRITORY, 3.0),
    (BounceReason.AGE_OR_LEVEL, 1.0),
    (BounceReason.NO_FITTING_MATCH, 4.0),
    (BounceReason.CHARTER_NOT_MET, 0.8),
    (BounceReason.TOO_LITTLE_TIME, 3.5),
    (BounceReason.DUPLICATE, 1.2),
    (BounceReason.OTHER, 0.8),
)
_NOTES = {
    BounceReason.NO_PLACE: (
        "Groupe complet jusqu’à la rentrée.",
        "Toutes nos places du trimestre sont prises.",
        "",
        "",
    ),
    BounceReason.AGE_OR_LEVEL: ("Trop jeune pour ce programme.", "Nous ne suivons pas ce niveau cette année.", ""),
    BounceReason.TERRITORY: ("Trop loin de notre antenne.", "Pas de bénévole de ce côté de l’agglomération.", ""),
    BounceReason.OTHER_NEED: ("Cherche surtout une aide aux devoirs.", "Le besoin est d’abord un logement.", ""),
    BounceReason.NEEDS_REFERRER: ("Nous passons par nos établissements partenaires.", ""),
    BounceReason.NO_FITTING_MATCH: (
        "Personne de disponible le mercredi.",
        "Pas de binôme dans ce domaine pour l’instant.",
        "",
    ),
    BounceReason.DUPLICATE: ("Déjà suivi chez nous depuis septembre.", "Deuxième demande de la même personne."),
    BounceReason.OTHER: ("La famille a demandé d’attendre l’été.", "Situation à voir avec le Collectif."),
    BounceReason.CHARTER_NOT_MET: ("Attestation d’honorabilité non remise.", ""),
    BounceReason.TOO_LITTLE_TIME: ("Disponible une heure par mois seulement.", "Part à l’étranger dans trois mois."),
}
_LONGEST = timedelta(days=6, hours=20)  # a little before the offer goes on by itself
_UNREACHABLE, _NO_FOLLOW_UP, _GIVEN_UP = 0.055, 0.035, 0.05
_UNWRITTEN, _YOUNGEST_IN_PRACTICE, _ACCEPTS_TOO_YOUNG = 0.4, (8, 15), 0.1
_PAIRED = {Side.MENTEE: 0.8, Side.MENTOR: 0.72}


@lru_cache(maxsize=1_000)
def habits_of(association_key: str, side: Side) -> Habits:
    """Draw an association's ways, for ever."""
    random = chance("habits", association_key, side.value)
    reasons = _MENTEE_REASONS if side is Side.MENTEE else _MENTOR_REASONS
    slow = happens(random, 0.15)
    return Habits(
        accepts=random.uniform(0.72, 0.93),
        silent=random.uniform(0.06, 0.14) if slow else random.uniform(0.005, 0.04),
        hours=random.uniform(14, 24) if slow else random.uniform(2.5, 12),
        reasons=Weighted((reason, weight * random.uniform(0.2, 2.2)) for reason, weight in reasons),
    )


@lru_cache(maxsize=1_000)
def youngest_in_practice(association_key: str) -> int | None:
    """The age under which an association sends nearly everybody back, although its criteria do not say so."""
    random = chance("in practice", association_key)
    return random.randint(*_YOUNGEST_IN_PRACTICE) if happens(random, _UNWRITTEN) else None


def answer_to(
    request_key: str,
    association_key: str,
    offered_at: datetime,
    side: Side = Side.MENTEE,
    age: int | None = None,
) -> DemoAnswer:
    """Answer an offer made at ``offered_at`` (timezone-aware) for somebody of that age."""
    random = chance("answer", request_key, association_key)
    habits = habits_of(association_key, side)
    seen = next_working_moment(offered_at + timedelta(minutes=random.randint(20, 900)))
    answered = working_hours_after(seen, random.lognormvariate(0, 0.7) * habits.hours)
    if happens(random, habits.silent) or answered - offered_at > _LONGEST:
        return DemoAnswer(AnswerKind.SILENT, seen_at=seen if happens(random, 0.5) else None)
    too_young = side is Side.MENTEE and age is not None and age < (youngest_in_practice(association_key) or 0)
    if not happens(random, _ACCEPTS_TOO_YOUNG if too_young else habits.accepts):
        reason = BounceReason.AGE_OR_LEVEL if too_young else habits.reasons.draw(random)
        return DemoAnswer(AnswerKind.BOUNCED, seen, answered, reason, random.choice(_NOTES[reason]))
    return _accepted(seen, answered, side, random)


def _accepted(seen: datetime, answered: datetime, side: Side, random: Random) -> DemoAnswer:
    first_try = working_hours_after(answered, random.lognormvariate(0, 0.6) * 9)
    fate = random.random()
    if fate < _UNREACHABLE:
        return _never_reached(seen, answered, first_try, random)
    contacted = first_try if happens(random, 0.75) else working_hours_after(first_try, random.uniform(6, 20))
    reached = DemoAnswer(AnswerKind.ACCEPTED, seen, answered, contacted_at=contacted)
    later = working_hours_after(contacted, random.uniform(20, 90))
    if fate < _UNREACHABLE + _NO_FOLLOW_UP:
        return replace(reached, left_at=later, left_reason=BounceReason.NO_FOLLOW_UP)
    if fate < _UNREACHABLE + _NO_FOLLOW_UP + _GIVEN_UP:
        return replace(reached, given_up_at=later)
    if happens(random, _PAIRED[side]):
        return replace(reached, paired_at=working_hours_after(contacted, random.lognormvariate(0, 0.5) * 120))
    return reached


def _never_reached(seen: datetime, answered: datetime, first_try: datetime, random: Random) -> DemoAnswer:
    second = working_hours_after(first_try, random.uniform(8, 20))
    third = working_hours_after(second, random.uniform(10, 30))
    return DemoAnswer(
        AnswerKind.ACCEPTED,
        seen,
        answered,
        tries=(first_try, second, third),
        left_at=working_hours_after(third, random.uniform(1, 10)),
        left_reason=BounceReason.UNREACHABLE,
        left_note="Deux appels et un message, sans réponse.",
    )
