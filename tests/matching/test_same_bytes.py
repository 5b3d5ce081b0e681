"""What is stored of a decision never changes by a byte: the digest here was taken before the index was made faster."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256

from matching.criteria import read_criteria
from matching.decision import Outcome
from matching.excerpt import excerpt
from matching.explanation import explain
from matching.profile import Profile
from matching.programme import Catalogue, Period, Programme
from matching.ranking import Policy, PolicyName
from matching.router import Router
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Side, Situation, StudyLevel
from portal.demo.associations import demo_associations

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
REQUESTS = 150
RECORDS = "ecbce8d3ea71986085f16ca28c1c87e38a60b07e9dcb509e2c6ab0583f0845d0"
TOLD = "4c2fb1e5cbc61f81fd1d09cb0eef897f711afa404799b02366862b65a02805bc"


def catalogue(side: Side) -> Catalogue:
    found = [
        Programme(
            programme.key,
            association.key,
            side,
            read_criteria(criteria),
            pauses=(Period(AT.date(), None),) if len(programme.key) % 7 == 0 else (),
        )
        for association in demo_associations(2021)
        for programme in association.programmes
        if (criteria := programme.criteria(side)) is not None
    ]
    return Catalogue.of(side, found)


def standing(rng: random.Random, its: Catalogue) -> Standing:
    spots = ["departement:59", "region:11", "country:FR", "remote"]
    associations = {
        key: AssociationStanding(
            committed=rng.randint(0, 60),
            objective=rng.choice([0, 40, 80]),
            virtual_start=Fraction(rng.randint(0, 30), rng.randint(1, 7)),
            reach=rng.randint(0, 9),
            last_served=AT - timedelta(microseconds=rng.randint(0, 10**10)),
            stop_at_objective=rng.random() < 0.2,
            places={spot: Places(rng.randint(0, 9), rng.randint(0, 9)) for spot in rng.sample(spots, 3)},
        )
        for key in its.associations
    }
    programmes = {
        each.id: ProgrammeStanding(
            rng.randint(0, 9), rng.randint(1, 3), None, {"departement:59": Places(4, 1)} if rng.random() < 0.2 else {}
        )
        for each in its.programmes
    }
    return Standing(associations, programmes)


def applicant(rng: random.Random, number: int, side: Side) -> Profile:
    channel = rng.choice([None, *Channel]) if side is Side.MENTEE else None
    referred = channel is Channel.PROFESSIONAL and rng.random() < 0.8
    commune, departement, region = rng.choice([("59512", "59", "32"), ("13055", "13", "93"), ("75118", "75", "11")])
    places = frozenset({f"commune:{commune}", f"departement:{departement}", f"region:{region}", "country:FR"})
    asked = rng.sample([each for each in Public if side in each.sides], 4)
    return Profile(
        key=f"{number:032x}",
        side=side,
        channel=channel,
        referrer_type=rng.choice(list(ReferrerType)) if referred else None,
        age=rng.choice([None, *range(6, 31)]) if side is Side.MENTEE else rng.randint(18, 70),
        situations=rng.choice([None, frozenset(rng.sample(list(Situation), 2))]),
        level=rng.choice([None, *StudyLevel]),
        needs=rng.choice([None, frozenset(rng.sample(list(Need), 3))]),
        publics={public: rng.choice([True, False, None]) for public in asked},
        places=rng.choice([None, places, places]),
        modalities=rng.choice([None, frozenset(Modality), frozenset(rng.sample(list(Modality), 1))]),
        months=rng.choice([None, 3, 6, 12]),
        hours_a_month=rng.choice([None, 2, 8]),
    )


def decisions() -> list[tuple[Outcome, Profile]]:
    found = []
    for side in Side:
        rng = random.Random(side.value)
        its = catalogue(side)
        router, now = Router(its), standing(rng, its)
        for number in range(REQUESTS):
            policy = Policy(rng.choice([PolicyName.ARM, PolicyName.ARM, *OLD]))
            tried = rng.sample(its.associations, rng.choice([0, 0, 1, 2]))
            profile = applicant(rng, number, side)
            found.append((router.under(policy).route(profile, now, tried, AT), profile))
    return found


OLD = (PolicyName.ARM_ABSOLUTE, PolicyName.FIRST_MATCH, PolicyName.NEAREST, PolicyName.RANDOM)


def test_decisions_are_stored_byte_for_byte_as_they_always_were() -> None:
    taken = [decision for decision, _ in decisions()]
    assert {each.kind for each in taken} == {"placed", "waitlisted", "unroutable"}
    assert sha256(b"".join(decision.record for decision in taken)).hexdigest() == RECORDS


def test_explanations_say_word_for_word_what_they_always_said() -> None:
    told = sha256()
    for decision, profile in decisions()[::6]:
        told.update(repr(explain(decision, replace(profile, home="Roubaix")).to_json()).encode())
        told.update(repr(excerpt(decision, profile, decision.catalogue.programmes[0].id).to_json()).encode())
    assert told.hexdigest() == TOLD
