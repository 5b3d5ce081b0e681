"""Generated profiles, criteria, programmes and standings: small enough to collide, wide enough to surprise."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from matching.conditions import (
    AgeTest,
    AvailableTest,
    ChannelTest,
    EstablishmentTest,
    HoursTest,
    LevelTest,
    ModalityTest,
    MonthsTest,
    NeedTest,
    PublicTest,
    ReferrerTypeTest,
    SituationTest,
    TerritoryTest,
)
from matching.criteria import EVERYONE, All, AnyOf, Expression, Not, meeting
from matching.decision import Outcome
from matching.profile import Profile
from matching.programme import Period, Programme
from matching.ranking import Policy, PolicyName
from matching.router import route
from matching.standing import AssociationStanding, Places, ProgrammeStanding, Standing
from matching.vocabulary import Channel, Modality, Need, Public, ReferrerType, Side, Situation, StudyLevel

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
TODAY = AT.date()

CHANNELS = list(Channel)
REFERRERS = [ReferrerType.MISSION_LOCALE, ReferrerType.COLLEGE]
ESTABLISHMENTS = ["uai:1", "uai:2"]
SITUATIONS = [Situation.COLLEGE, Situation.STUDENT, Situation.EMPLOYED]
LEVELS = [StudyLevel.SIXIEME, StudyLevel.TERMINALE, StudyLevel.BAC_3]
NEEDS = [Need.GUIDANCE, Need.FIRST_JOB, Need.SCHOOL_SUPPORT]
PUBLICS = [Public.QPV, Public.RURAL, Public.REFUGEE]
PLACES = ["commune:59512", "commune:13055", "departement:59", "country:FR"]
HOMES = [
    frozenset({"commune:59512", "departement:59", "country:FR"}),
    frozenset({"commune:13055", "departement:13", "country:FR"}),
]
DAYS = [date(2026, 3, 1), date(2026, 9, 1)]
ASSOCIATIONS = ["afev", "duo", "nqt", "proxite"]


def some(values: list) -> st.SearchStrategy:
    return st.frozensets(st.sampled_from(values), min_size=1, max_size=2)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), strategy)


def ages() -> st.SearchStrategy:
    bounds = st.tuples(st.integers(5, 30), st.integers(0, 12))
    return st.one_of(
        bounds.map(lambda both: AgeTest(both[0], sum(both))),
        st.integers(5, 30).map(AgeTest),
        st.integers(5, 30).map(lambda most: AgeTest(None, most)),
    )


def levels() -> st.SearchStrategy:
    pair = st.lists(st.sampled_from(LEVELS), min_size=2, max_size=2).map(sorted)
    return st.one_of(pair.map(lambda ends: LevelTest(*ends)), st.sampled_from(LEVELS).map(LevelTest))


def leaves() -> st.SearchStrategy:
    return st.one_of(
        some(CHANNELS).map(ChannelTest),
        some(REFERRERS).map(ReferrerTypeTest),
        some(ESTABLISHMENTS).map(EstablishmentTest),
        ages(),
        some(SITUATIONS).map(SituationTest),
        levels(),
        some(NEEDS).map(NeedTest),
        some(PUBLICS).map(PublicTest),
        some(PLACES).map(TerritoryTest),
        some(list(Modality)).map(ModalityTest),
        st.integers(1, 12).map(MonthsTest),
        st.integers(1, 12).map(HoursTest),
        st.sampled_from(DAYS).map(AvailableTest),
    )


def criteria(least: int = 0) -> st.SearchStrategy[Expression]:
    def grown(inner: st.SearchStrategy) -> st.SearchStrategy:
        parts = st.lists(inner, min_size=least, max_size=4).map(tuple)
        return st.one_of(parts.map(All), parts.map(AnyOf), inner.map(Not))

    return st.recursive(leaves(), grown, max_leaves=8)


def likely_criteria() -> st.SearchStrategy[Expression]:
    """Criteria as associations write them: an age, a need, a way of meeting; they fit often enough."""
    return st.builds(
        lambda age, need, ways, places, strict: All(
            (age, *([NeedTest(need)] if strict else []), meeting(ways, places))
        ),
        ages(),
        some(NEEDS),
        some(list(Modality)),
        some(PLACES),
        st.booleans(),
    )


def profiles(key: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Profile]:
    return st.builds(
        _coherent,
        st.builds(
            Profile,
            key=st.sampled_from(["r1", "r2", "r3"]) if key is None else key,
            side=st.just(Side.MENTEE),
            channel=maybe(st.sampled_from(CHANNELS)),
            referrer_type=maybe(st.sampled_from(REFERRERS)),
            establishment=maybe(st.sampled_from([*ESTABLISHMENTS, ""])),
            age=maybe(st.integers(5, 30)),
            situations=maybe(st.frozensets(st.sampled_from(SITUATIONS))),
            level=maybe(st.sampled_from(LEVELS)),
            needs=maybe(st.frozensets(st.sampled_from(NEEDS))),
            publics=st.dictionaries(st.sampled_from(PUBLICS), maybe(st.booleans())),
            places=maybe(st.sampled_from(HOMES)),
            modalities=maybe(some(list(Modality))),
            months=maybe(st.integers(0, 14)),
            hours_a_month=maybe(st.integers(0, 14)),
            available_from=maybe(st.sampled_from(DAYS)),
        ),
    )


def _coherent(profile: Profile) -> Profile:
    """Whoever nobody refers has neither referrer nor referring establishment."""
    if profile.channel in (Channel.SELF, Channel.FAMILY):
        return replace(profile, referrer_type=None, establishment=None)
    return profile


def programme(key: str, association: str, expression: Expression = EVERYONE, **more: object) -> Programme:
    return Programme(key, association, Side.MENTEE, expression, **more)


def programmes(expressions: st.SearchStrategy[Expression], least: int = 0) -> st.SearchStrategy[list[Programme]]:
    offered = st.tuples(st.sampled_from(ASSOCIATIONS), expressions, st.sampled_from([(), (), (Period(TODAY, None),)]))
    return st.lists(offered, min_size=least, max_size=8).map(
        lambda found: [
            programme(f"p{number}", association, expression, pauses=pauses)
            for number, (association, expression, pauses) in enumerate(found)
        ]
    )


def rows() -> st.SearchStrategy:
    row = st.builds(Places, st.integers(0, 4), st.integers(0, 4), st.booleans())
    return st.dictionaries(st.sampled_from([*PLACES, "remote"]), row, max_size=3)


def moments() -> st.SearchStrategy:
    return maybe(st.integers(0, 3).map(lambda days: AT - timedelta(days=days)))


def associations() -> st.SearchStrategy[AssociationStanding]:
    return st.builds(
        AssociationStanding,
        committed=st.integers(0, 5),
        objective=st.integers(0, 5),
        virtual_start=st.fractions(0, 4, max_denominator=20),
        reach=st.integers(0, 2),
        last_served=moments(),
        stop_at_objective=st.booleans(),
        places=st.one_of(st.just({"country:FR": Places(0, 0, or_more=True), "remote": Places(9)}), rows()),
    )


def standings() -> st.SearchStrategy[Standing]:
    own = st.builds(
        ProgrammeStanding,
        committed=st.integers(0, 5),
        weight=st.integers(1, 3),
        last_served=moments(),
        places=st.one_of(st.just({}), rows()),
    )
    return st.builds(
        Standing,
        st.fixed_dictionaries({each: associations() for each in ASSOCIATIONS}),
        st.dictionaries(st.sampled_from([f"p{number}" for number in range(8)]), own),
    )


def policies() -> st.SearchStrategy[Policy]:
    return st.builds(Policy, name=st.sampled_from(list(PolicyName)), seed=st.integers(0, 3))


def tried() -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(ASSOCIATIONS), max_size=4)


def wide_open(objective: int = 10, committed: int = 0, **more: object) -> AssociationStanding:
    """An association with room for anyone anywhere."""
    places = {"country:FR": Places(0, 0, or_more=True), "remote": Places(0, 0, or_more=True)}
    return AssociationStanding(committed=committed, objective=objective, places=places, **more)


@dataclass(frozen=True)
class Case:
    """Everything route() is given."""

    found: list[Programme]
    profile: Profile
    standing: Standing
    gone: frozenset[str]
    policy: Policy

    def decided(self) -> Outcome:
        return route(self.profile, self.found, self.standing, self.gone, self.policy, AT)


def cases() -> st.SearchStrategy[Case]:
    """Associations with programmes that fit often enough for something to happen."""
    return st.builds(Case, programmes(likely_criteria(), least=1), profiles(), standings(), tried(), policies())


def welcomed(case: Case) -> Case:
    """The same with one association that takes anyone: somebody is always served."""
    return replace(
        case,
        found=[*case.found, programme("p9", "duo")],
        standing=Standing({**case.standing.associations, "duo": wide_open(4, 3)}, case.standing.programmes),
        gone=frozenset(sorted(case.gone - {"duo"})[:2]),
    )
