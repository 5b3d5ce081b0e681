"""Routing facts of people who do not exist, drawn from the stages of life."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import TypeVar

from matching.profile import Profile
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Side, Situation, StudyLevel
from portal.demo.geography import homes
from portal.demo.publics import mentee_answers, mentor_answers
from portal.demo.seeds import Weighted, happens
from portal.demo.stages import VOLUNTEERS, YOUNG, Stage
from portal.places import places_of
from portal.places.atlas import Commune

T = TypeVar("T")

_WAYS: tuple[tuple[frozenset[Modality], float], ...] = (
    (frozenset(Modality), 46),
    (frozenset({Modality.IN_PERSON}), 24),
    (frozenset({Modality.IN_PERSON, Modality.HYBRID}), 12),
    (frozenset({Modality.REMOTE}), 11),
    (frozenset({Modality.HYBRID, Modality.REMOTE}), 7),
)
_MONTHS = ((3, 1.0), (6, 6.0), (9, 2.5), (10, 3.0), (12, 5.0), (18, 0.8), (24, 1.2))
_HOURS = ((1, 0.6), (2, 3.0), (3, 2.0), (4, 4.0), (6, 2.0), (8, 2.5), (10, 0.8), (12, 0.5))
_UNTOLD_NEEDS = 0.04
_UNTOLD_LEVEL = 0.02
_ALONE_FROM = 13
_FAMILY_UNTIL = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """Who writes, drawn before the day is known."""

    side: Side
    stage: Stage
    channel: Channel


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person beside the key: enough for a profile and an identity."""

    draft: Draft
    age: int
    woman: bool
    commune: Commune
    level: StudyLevel | None
    situations: frozenset[Situation]
    needs: tuple[Need, ...]
    referrer_type: ReferrerType | None


def draft(side: Side, random: Random) -> Draft:
    """Draw a stage of life and who fills the form."""
    stage = _stages(side).draw(random)
    return Draft(side, stage, _channels(stage).draw(random))


def facts(written: Draft, random: Random) -> Facts:
    """Draw the person behind a draft."""
    stage = written.stage
    age = _age(written, random)
    professional = written.channel is Channel.PROFESSIONAL
    return Facts(
        draft=written,
        age=age,
        woman=happens(random, 0.56 if written.side is Side.MENTEE else 0.64),
        commune=homes().draw(random),
        level=stage.level_at(age, random) if not happens(random, _UNTOLD_LEVEL) else None,
        situations=stage.situations | {also for also, odds in stage.also if happens(random, odds)},
        needs=_needs(stage, random),
        referrer_type=_of_referrers(stage).draw(random) if professional else None,
    )


def profile(key: str, person: Facts, received: date, establishment: tuple[str, str], random: Random) -> Profile:
    """Make what routing may know; ``establishment`` is the code and name of who refers, or two empty texts."""
    mentor = person.draft.side is Side.MENTOR
    code, name = establishment
    return Profile(
        key=key,
        side=person.draft.side,
        channel=person.draft.channel,
        referrer_type=person.referrer_type,
        establishment=None if mentor else code,
        establishment_name=name or None,
        age=person.age,
        situations=person.situations,
        level=person.level,
        needs=frozenset(person.needs) or None,
        publics=mentor_answers(person.draft.stage, person.woman, person.age, random)
        if mentor
        else _told(person, random),
        places=places_of(person.commune.code),
        home=person.commune.name,
        modalities=_ways().draw(random),
        months=_months().draw(random) if mentor else None,
        hours_a_month=_hours().draw(random) if mentor else None,
        available_from=received + timedelta(days=random.choice((0, 0, 0, 7, 14, 30, 45))) if mentor else None,
    )


def _told(person: Facts, random: Random) -> dict[Public, bool | None]:
    return mentee_answers(
        person.draft.stage, person.woman, person.commune, person.needs, person.referrer_type, person.age, random
    )


def _age(written: Draft, random: Random) -> int:
    ages = _ages(written.stage)
    if written.channel is Channel.SELF and written.side is Side.MENTEE:
        return max(ages.draw(random), min(_ALONE_FROM, written.stage.ages[-1][0]))
    if written.channel is Channel.FAMILY:
        return min(ages.draw(random), max(_FAMILY_UNTIL, written.stage.ages[0][0]))
    return ages.draw(random)


def _needs(stage: Stage, random: Random) -> tuple[Need, ...]:
    if happens(random, _UNTOLD_NEEDS):
        return ()
    wanted = random.choices((1, 2, 3), (3, 4, 2))[0]
    found: dict[Need, None] = {}
    while len(found) < wanted:
        found[_of_needs(stage).draw(random)] = None
    return tuple(found)


@cache
def _stages(side: Side) -> Weighted[Stage]:
    return Weighted((stage, stage.weight) for stage in (YOUNG if side is Side.MENTEE else VOLUNTEERS))


@cache
def _channels(stage: Stage) -> Weighted[Channel]:
    return Weighted(zip((Channel.SELF, Channel.FAMILY, Channel.PROFESSIONAL), stage.senders, strict=True))


@cache
def _ages(stage: Stage) -> Weighted[int]:
    return Weighted(stage.ages)


@cache
def _of_needs(stage: Stage) -> Weighted[Need]:
    return Weighted(stage.needs)


@cache
def _of_referrers(stage: Stage) -> Weighted[ReferrerType]:
    return Weighted(stage.referrers)


@cache
def _ways() -> Weighted[frozenset[Modality]]:
    return Weighted(_WAYS)


@cache
def _months() -> Weighted[int]:
    return Weighted(_MONTHS)


@cache
def _hours() -> Weighted[int]:
    return Weighted(_HOURS)
