"""A decision is kept in a few hundred bytes, read back whole, and run again to the same digest."""

import random
import zlib
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given, settings

from matching.conditions import AgeTest, NeedTest, PublicTest, SituationTest
from matching.criteria import All, meeting
from matching.decision import Outcome
from matching.explanation import explain
from matching.profile import Profile
from matching.programme import Catalogue
from matching.router import Router
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.storing import ReplayError, catalogue_digest, pack, rerun, unpack
from matching.vocabulary import Channel, Modality, Need, Public, Side, Situation, StudyLevel
from tests.matching.strategies import AT, Case, cases, programme, wide_open

CATALOGUE = Catalogue.of(Side.MENTEE, [programme("p1", "afev"), programme("p2", "duo")])
PERSON = Profile(key="r1", side=Side.MENTEE, age=16, modalities=frozenset(Modality))


def decision() -> Outcome:
    return Router(CATALOGUE).route(PERSON, Standing({"afev": wide_open(), "duo": wide_open()}), (), AT)


@given(cases())
@settings(max_examples=150, deadline=None)
def test_a_stored_decision_replays_to_the_same_digest(case: Case) -> None:
    first = case.decided()
    stored = pack(first)
    catalogue = Catalogue.from_json(first.catalogue.to_json())
    again = rerun(stored, catalogue, Profile.from_json(case.profile.to_json()))
    assert unpack(stored, catalogue) == first
    assert (again, again.digest) == (first, first.digest)
    assert catalogue_digest(stored) == catalogue.digest


@given(cases())
@settings(max_examples=30, deadline=None)
def test_a_decision_read_back_explains_itself_in_the_same_words(case: Case) -> None:
    first = case.decided()
    read_back = unpack(pack(first), first.catalogue)
    assert explain(read_back, case.profile) == explain(first, case.profile)


@given(cases())
@settings(max_examples=50, deadline=None)
def test_only_the_standing_that_mattered_is_kept(case: Case) -> None:
    first = case.decided()
    fitting = {
        each.association for n, each in enumerate(first.catalogue.programmes) if first.outcomes.possible >> n & 1
    }
    assert set(first.standing.associations) == fitting - case.gone


def test_a_digest_changes_with_every_input() -> None:
    standing = Standing({"afev": wide_open(), "duo": wide_open(committed=3)})
    route = Router(CATALOGUE).route
    seen = [
        route(PERSON, standing, (), AT),
        route(replace(PERSON, key="r2"), standing, (), AT),
        route(replace(PERSON, age=17), standing, (), AT),
        route(PERSON, standing, ("duo",), AT),
        route(PERSON, standing, (), AT + timedelta(seconds=1)),
        route(PERSON, Standing({"afev": wide_open(committed=1), "duo": wide_open(committed=3)}), (), AT),
    ]
    assert len({each.digest for each in seen}) == len(seen)


def test_an_erased_request_says_it_can_no_longer_be_replayed() -> None:
    with pytest.raises(ReplayError, match="erased"):
        rerun(pack(decision()), CATALOGUE, None)


def test_another_person_or_another_catalogue_is_refused() -> None:
    stored = pack(decision())
    with pytest.raises(ReplayError, match="facts"):
        rerun(stored, CATALOGUE, replace(PERSON, age=17))
    with pytest.raises(ReplayError, match="catalogue"):
        unpack(stored, Catalogue.of(Side.MENTEE, [programme("p1", "afev")]))


def test_altered_bytes_are_refused() -> None:
    stored = pack(decision())
    record = zlib.decompress(stored[33:]).replace(b'"placed"', b'"zzzzzz"')
    with pytest.raises(ReplayError, match="altered"):
        unpack(stored[:33] + zlib.compress(record), CATALOGUE)
    with pytest.raises(ReplayError, match="kind"):
        unpack(stored[:1] + sha256(record).digest() + zlib.compress(record), CATALOGUE)
    with pytest.raises(ReplayError, match="unreadable"):
        unpack(stored[:40], CATALOGUE)
    with pytest.raises(ReplayError, match="format"):
        unpack(b"", CATALOGUE)


def season(rng: random.Random) -> tuple[Catalogue, Standing]:
    """150 programmes of 60 associations."""
    associations = [f"{rng.getrandbits(128):032x}" for _ in range(60)]
    departements = [f"departement:{number:02}" for number in range(1, 96)]
    found = []
    for number in range(150):
        least = rng.randint(5, 18)
        parts = [
            AgeTest(least, least + rng.randint(5, 14)),
            meeting(frozenset(rng.sample(list(Modality), 2)), frozenset(rng.sample(departements, rng.randint(1, 40)))),
        ]
        if number % 2:
            parts.append(SituationTest(frozenset(rng.sample(list(Situation), 8))))
        if number % 3 == 0:
            parts.append(NeedTest(frozenset(rng.sample(list(Need), 6))))
        if number % 5 == 0:
            parts.append(PublicTest(frozenset(rng.sample(list(Public), 2))))
        key = f"{rng.getrandbits(128):032x}"
        found.append(programme(key, associations[number % 60], All(tuple(parts))))
    catalogue = Catalogue.of(Side.MENTEE, found)
    places = {"country:FR": Places(9999, 137), "remote": Places(200, 12, or_more=True)}
    return catalogue, Standing(
        {
            each: AssociationStanding(
                committed=rng.randint(0, 300),
                objective=rng.randint(50, 800),
                virtual_start=Fraction(rng.randint(0, 5000), rng.randint(1, 999)),
                reach=rng.randint(0, 90),
                last_served=AT - timedelta(microseconds=rng.randint(0, 10**10)),
                places=places,
            )
            for each in associations
        },
        {
            each.id: ProgrammeStanding(rng.randint(0, 90), 1, AT - timedelta(microseconds=rng.randint(0, 10**10)))
            for each in found
        },
    )


def applicant(rng: random.Random, number: int) -> Profile:
    departement = f"departement:{rng.randint(1, 95):02}"
    return Profile(
        key=f"{number:032x}",
        side=Side.MENTEE,
        channel=rng.choice(list(Channel)),
        age=rng.randint(8, 26),
        situations=frozenset({rng.choice(list(Situation))}),
        level=rng.choice(list(StudyLevel)),
        needs=frozenset(rng.sample(list(Need), 3)),
        publics={public: rng.random() < 0.5 for public in rng.sample(list(Public), 6)},
        places=frozenset({departement, "country:FR"}),
        modalities=frozenset(Modality),
    )


def test_a_stored_decision_weighs_under_two_kilobytes_on_average() -> None:
    rng = random.Random(2026)
    catalogue, standing = season(rng)
    router = Router(catalogue)
    decisions = [router.route(applicant(rng, number), standing, (), AT) for number in range(200)]
    assert sum(each.outcomes.possible.bit_count() for each in decisions) / len(decisions) > 10
    sizes = [len(pack(each)) for each in decisions]
    assert sum(sizes) / len(sizes) < 2000


def test_a_compiled_router_can_be_shared_to_replay_a_season() -> None:
    rng = random.Random(7)
    catalogue, standing = season(rng)
    router = Router(catalogue)
    for number in range(50):
        profile = applicant(rng, number)
        first = router.route(profile, standing, (), AT)
        assert rerun(pack(first), catalogue, profile, router).digest == first.digest
