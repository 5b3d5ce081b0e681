"""Whom a company would mentor, and who would mentor: the typical people its answers stand for.

An association's criteria speak of persons, a company's wishes of groups: each wish is tried on a few typical persons of
the group, everything the company says nothing of left unknown. Unknown is never no.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from matching.profile import Profile
from matching.vocabulary import Channel, Public, Side, Situation, StudyLevel
from portal.places import commune_codes_of, label, places_of
from portal.queries.orienter_words import MODALITIES, PUBLICS, Ages, Group, Stage, Wishes

Step = tuple[StudyLevel | None, int]
TYPICAL: dict[Stage, tuple[frozenset[Situation], tuple[Step, ...]]] = {
    Stage.PRIMARY: (
        frozenset({Situation.PUPIL}),
        ((StudyLevel.CE2, 8), (StudyLevel.CP, 6), (StudyLevel.CM2, 10)),
    ),
    Stage.COLLEGE: (
        frozenset({Situation.COLLEGE}),
        ((StudyLevel.QUATRIEME, 13), (StudyLevel.SIXIEME, 11), (StudyLevel.TROISIEME, 14)),
    ),
    Stage.LYCEE: (
        frozenset({Situation.GENERAL_LYCEE, Situation.TECHNOLOGICAL_LYCEE, Situation.VOCATIONAL_LYCEE}),
        ((StudyLevel.PREMIERE, 16), (StudyLevel.SECONDE, 15), (StudyLevel.TERMINALE, 17)),
    ),
    Stage.APPRENTICES: (
        frozenset({Situation.APPRENTICE, Situation.FUTURE_APPRENTICE, Situation.SEEKING_WORK_STUDY}),
        ((None, 18), (None, 16), (None, 24)),
    ),
    Stage.STUDENTS: (
        frozenset({Situation.STUDENT, Situation.WORK_STUDY}),
        ((StudyLevel.BAC_2, 20), (StudyLevel.BAC_1, 18), (StudyLevel.BAC_4, 23)),
    ),
    Stage.SEEKERS: (
        frozenset({Situation.SEEKING_JOB, Situation.SEEKING_TRAINING, Situation.GRADUATE, Situation.NONE}),
        ((None, 22), (None, 18), (None, 29)),
    ),
}
AGES: dict[Ages, tuple[int, ...]] = {Ages.UNDER_30: (25, 22, 29), Ages.MIDDLE: (40, 30, 49), Ages.OVER_50: (55, 50, 64)}


@dataclass(frozen=True)
class Site:
    """One place of the company's, and every place that contains a part of it. place "": the whole country."""

    place: str
    name: str
    inside: frozenset[str] | None

    def wholly_in(self, place: str) -> bool:
        """Whether that place contains this one entirely."""
        return self.place == place or (bool(self.place) and set(_codes(self.place)) <= set(_codes(place)))


ANYWHERE = Site("", "France", None)


@lru_cache(maxsize=512)
def _codes(place: str) -> tuple[str, ...]:
    return commune_codes_of(place)


@lru_cache(maxsize=512)
def site_of(place: str) -> Site:
    """Raises UnknownPlaceError for a place that is not one of ours."""
    name = label(place)
    return Site(place, name, frozenset(code for one in _codes(place) for code in places_of(one)))


def sites_of(wishes: Wishes) -> tuple[Site, ...]:
    return tuple(site_of(place) for place in wishes.places) or (ANYWHERE,)


@dataclass(frozen=True)
class Typical:
    """One typical person, and the wish each of its facts comes from."""

    profile: Profile
    site: Site
    stage: Stage | None = None
    group: Group | None = None


def young_people(wishes: Wishes, site: Site, named: frozenset[str]) -> Iterator[Typical]:
    """The young people meant, at one site. named: the places that criteria speak of; others change nothing."""
    for (stage, (level, age)), group in product(_stages(wishes), wishes.groups or (None,)):
        profile = Profile(
            key="orienter",
            side=Side.MENTEE,
            age=age,
            situations=TYPICAL[stage][0] if stage else None,
            level=level,
            needs=wishes.needs or None,
            publics=dict.fromkeys(PUBLICS[group], True) if group else {},
            places=_among(site, named),
            home=site.name,
            modalities=MODALITIES[wishes.meeting],
        )
        yield Typical(profile, site, stage, group)


def _stages(wishes: Wishes) -> list[tuple[Stage | None, tuple[StudyLevel | None, int | None]]]:
    if not wishes.stages:
        return [(None, (None, None))]
    return [(stage, step) for stage in wishes.stages for step in TYPICAL[stage][1]]


def employees(wishes: Wishes, site: Site, named: frozenset[str]) -> Iterator[Typical]:
    """The employees who would mentor, at one site: in work, in a company, giving what their employer says."""
    ages: list[int | None] = [age for band in wishes.ages for age in AGES[band]]
    for age in ages or [None]:
        profile = Profile(
            key="orienter",
            side=Side.MENTOR,
            channel=Channel.SELF,
            age=age,
            situations=frozenset({Situation.EMPLOYED}),
            needs=wishes.needs or None,
            publics={Public.BUSINESS_BACKGROUND: True},
            places=_among(site, named),
            home=site.name,
            modalities=MODALITIES[wishes.meeting],
            months=int(wishes.length) if wishes.length else None,
            hours_a_month=int(wishes.rhythm) if wishes.rhythm else None,
        )
        yield Typical(profile, site)


def _among(site: Site, named: frozenset[str]) -> frozenset[str] | None:
    return None if site.inside is None else site.inside & named
