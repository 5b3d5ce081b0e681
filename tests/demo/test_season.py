"""What the season looks like to those who explore it."""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, timedelta

import pytest

from matching.vocabulary import Channel, Public, Side, Situation, StudyLevel
from portal.demo import DEMAND, FICTIONAL_RANGES, SEASON_DAYS, DemoRequest, demo_season, season_start
from portal.demo.rhythm import PARIS
from portal.demo.season import age_on
from portal.places import communes_of_postal_code, places_of

END = date(2026, 11, 21)


@pytest.fixture(scope="module")
def season() -> list[DemoRequest]:
    return list(demo_season(2021, END))


@pytest.fixture(scope="module")
def mentees(season: list[DemoRequest]) -> list[DemoRequest]:
    return [each for each in season if each.profile.side is Side.MENTEE]


@pytest.fixture(scope="module")
def mentors(season: list[DemoRequest]) -> list[DemoRequest]:
    return [each for each in season if each.profile.side is Side.MENTOR]


def by_day(season: list[DemoRequest]) -> Counter[int]:
    start = season_start(END)
    return Counter((each.received_at.astimezone(PARIS).date() - start).days for each in season)


def mean(days: Counter[int], first: int, last: int) -> float:
    return sum(days[day] for day in range(first, last)) / (last - first)


def test_sixteen_thousand_requests_in_the_proportions_of_2021(season: list[DemoRequest]) -> None:
    sides = Counter(each.profile.side for each in season)
    assert len(season) == 16_000
    assert sides == DEMAND
    assert sides[Side.MENTEE] / 16_000 == pytest.approx(9_796 / (9_796 + 5_813), abs=1e-4)


def test_the_season_ends_on_the_day_asked_and_lasts_240_days(season: list[DemoRequest]) -> None:
    days = [each.received_at.astimezone(PARIS).date() for each in season]
    assert (date(2021, 12, 31) - date(2021, 5, 6)).days + 1 == SEASON_DAYS
    assert (days[0], days[-1]) == (END - timedelta(days=239), END)


def test_requests_come_in_order_with_keys_in_order(season: list[DemoRequest]) -> None:
    assert [each.received_at for each in season] == sorted(each.received_at for each in season)
    assert [each.key for each in season] == [f"demo-{number:05d}" for number in range(1, 16_001)]
    assert all(each.profile.key == each.key and each.received_at.tzinfo is UTC for each in season)


def test_there_is_a_launch_a_summer_dip_a_new_school_year_and_a_quiet_end(season: list[DemoRequest]) -> None:
    days = by_day(season)
    launch, june = mean(days, 0, 14), mean(days, 35, 60)
    summer, september, december = mean(days, 68, 110), mean(days, 125, 153), mean(days, 226, 240)
    assert launch > 1.5 * june
    assert summer < 0.6 * june
    assert september > 1.5 * june
    assert december < 0.7 * june


def test_weekends_are_quieter_and_professionals_write_on_working_days(season: list[DemoRequest]) -> None:
    everyone = Counter(each.received_at.astimezone(PARIS).weekday() for each in season)
    assert max(everyone[5], everyone[6]) < min(everyone[day] for day in range(5))
    local = [each.received_at.astimezone(PARIS) for each in season if each.profile.channel is Channel.PROFESSIONAL]
    assert sum(moment.weekday() >= 5 for moment in local) < 0.03 * len(local)
    assert all(8 <= moment.hour < 19 for moment in local)


def test_nobody_writes_in_the_dead_of_night(season: list[DemoRequest]) -> None:
    assert {each.received_at.astimezone(PARIS).hour for each in season} == set(range(7, 24))


def test_the_young_are_5_to_33_and_volunteers_16_or_more(
    mentees: list[DemoRequest], mentors: list[DemoRequest]
) -> None:
    ages = {each.profile.age for each in mentees}
    assert ages == set(range(5, 34))
    assert min(each.profile.age or 0 for each in mentors) == 16
    assert max(each.profile.age or 0 for each in mentors) > 65
    assert sum((each.profile.age or 0) > 30 for each in mentees) < 0.01 * len(mentees)


def test_levels_follow_ages(mentees: list[DemoRequest]) -> None:
    for each in mentees:
        age, level = each.profile.age or 0, each.profile.level
        if level is not None:
            assert level.rank <= age - 5 or each.repeat_of, each
        if age == 5:
            assert level is None


@pytest.mark.parametrize(
    ("situation", "ages", "lowest", "highest"),
    [
        (Situation.PUPIL, (5, 12), StudyLevel.CP, StudyLevel.CM2),
        (Situation.COLLEGE, (11, 16), StudyLevel.SIXIEME, StudyLevel.TROISIEME),
        (Situation.GENERAL_LYCEE, (15, 19), StudyLevel.SECONDE, StudyLevel.TERMINALE),
        (Situation.VOCATIONAL_LYCEE, (15, 20), StudyLevel.SECONDE, StudyLevel.TERMINALE),
        (Situation.STUDENT, (18, 27), StudyLevel.BAC_1, StudyLevel.BAC_5),
    ],
)
def test_situations_fit_ages_and_levels(
    mentees: list[DemoRequest],
    situation: Situation,
    ages: tuple[int, int],
    lowest: StudyLevel,
    highest: StudyLevel,
) -> None:
    found = [each.profile for each in mentees if situation in (each.profile.situations or ())]
    assert len(found) > 300
    assert all(ages[0] <= (profile.age or 0) <= ages[1] for profile in found)
    assert all(lowest <= profile.level <= highest for profile in found if profile.level)


def test_small_children_never_write_themselves(mentees: list[DemoRequest]) -> None:
    alone = [each for each in mentees if each.profile.channel is Channel.SELF]
    assert min(each.profile.age or 0 for each in alone) == 13


def test_birth_dates_give_the_age_at_submission(season: list[DemoRequest]) -> None:
    for each in season:
        assert age_on(each.birth_date, each.received_at.astimezone(PARIS).date()) == each.profile.age


def test_minors_have_a_guardian_and_adults_none(season: list[DemoRequest]) -> None:
    for each in season:
        if not each.repeat_of:
            assert (each.guardian is not None) is ((each.profile.age or 0) < 18)


def test_whoever_a_professional_registers_has_a_referrer(season: list[DemoRequest]) -> None:
    for each in season:
        assert (each.referrer is not None) is (each.profile.channel is Channel.PROFESSIONAL)
        if each.referrer:
            assert each.referrer.kind is each.profile.referrer_type is each.referrer.establishment.kind
            assert each.referrer.establishment.code == each.profile.establishment


def test_every_mailbox_is_at_example_org_and_belongs_to_one_person(season: list[DemoRequest]) -> None:
    first = [each for each in season if not each.repeat_of]
    people = [each.identity for each in first] + [each.guardian for each in first if each.guardian]
    mails = [person.email for person in people]
    assert all(re.fullmatch(r"[a-z0-9.]+@example\.org", mail) for mail in mails)
    assert len(mails) == len(set(mails))


def test_every_telephone_is_in_a_range_kept_for_fiction_and_given_once(season: list[DemoRequest]) -> None:
    first = [each for each in season if not each.repeat_of]
    people = [each.identity for each in first] + [each.guardian for each in first if each.guardian]
    referrers = {each.referrer.identity.email: each.referrer.identity for each in season if each.referrer}
    phones = [person.phone for person in (*people, *referrers.values()) if person.phone]
    assert set(FICTIONAL_RANGES) == {"019900", "026191", "035301", "046571", "053649", "063998"}
    assert all(re.fullmatch(r"\d{10}", phone) and phone.startswith(FICTIONAL_RANGES) for phone in phones)
    assert len(phones) == len(set(phones)) > 8_000


def test_people_live_in_real_places(season: list[DemoRequest]) -> None:
    for each in season:
        assert each.profile.places == places_of(each.commune)
    for each in season[::50]:
        assert each.commune in [found.code for found in communes_of_postal_code(each.postal_code)]


def test_roubaix_and_its_metropole_are_well_represented(season: list[DemoRequest]) -> None:
    places = Counter(place for each in season for place in each.profile.places or ())
    assert 500 < places["commune:59512"] < 1_000
    assert 1_500 < places["epci:200093201"] < 3_000
    assert len([place for place in places if place.startswith("departement:")]) > 95


def test_unknown_is_common_and_sensitive_answers_rare(mentees: list[DemoRequest]) -> None:
    told = Counter(public for each in mentees for public, _ in each.profile.answers)
    assert 0.7 * len(mentees) < told[Public.QPV] < 0.9 * len(mentees)
    for public in (Public.DISABILITY, Public.REFUGEE, Public.ASE, Public.YOUNG_CARER):
        assert told[public] < 0.4 * len(mentees)
    assert {public for each in mentees for public, _ in each.profile.answers} <= {
        public for public in Public if Side.MENTEE in public.sides
    }


def test_sensitive_answers_come_with_consent(season: list[DemoRequest]) -> None:
    for each in season:
        assert each.sensitive_consent is any(public.sensitive for public, _ in each.profile.answers)


def test_answers_stay_within_what_each_form_offers(season: list[DemoRequest]) -> None:
    for each in season:
        side = each.profile.side
        assert all(side in situation.sides for situation in each.profile.situations or ())
        assert all(side in public.sides for public, _ in each.profile.answers)


def test_only_volunteers_commit_months_and_hours(season: list[DemoRequest]) -> None:
    for each in season:
        mentor = each.profile.side is Side.MENTOR
        assert (each.profile.months is not None) is mentor
        assert (each.profile.available_from is not None) is mentor


def test_a_guardian_confirms_below_15_unless_the_family_wrote(season: list[DemoRequest]) -> None:
    needing = [each for each in season if each.needs_guardian]
    assert needing
    assert all((each.profile.age or 0) < 15 and each.profile.channel is not Channel.FAMILY for each in needing)
    never = [each for each in needing if each.guardian_confirmed_at is None]
    assert 0.04 < len(never) / len(needing) < 0.18
    assert all(each.ready_at is None for each in never)


def test_confirmations_follow_the_request_within_the_delays(season: list[DemoRequest]) -> None:
    for each in season:
        if each.address_confirmed_at:
            assert (
                timedelta(0)
                <= each.address_confirmed_at - each.received_at + timedelta(seconds=1)
                < timedelta(hours=72)
            )
        if each.guardian_confirmed_at:
            assert each.guardian_confirmed_at - each.received_at < timedelta(days=14)
        if each.ready_at:
            assert each.ready_at >= each.received_at - timedelta(seconds=1)


def test_some_people_write_twice(season: list[DemoRequest]) -> None:
    by_key = {each.key: each for each in season}
    again = [each for each in season if each.repeat_of]
    assert 40 < len(again) < 200
    for each in again:
        first = by_key[each.repeat_of or ""]
        assert first.repeat_of is None
        assert (first.identity, first.birth_date) == (each.identity, each.birth_date)
        assert first.received_at < each.received_at


def test_own_words_are_varied_typeset_and_never_for_everybody(season: list[DemoRequest]) -> None:
    said = [each.words for each in season if each.words]
    assert 0.3 < len(said) / len(season) < 0.6
    assert len(set(said)) > 150
    assert not [text for text in said if "'" in text or "{" in text or re.search(r" [:;!?]|  ", text)]


def test_the_same_seed_and_day_give_the_same_season_in_any_process(season: list[DemoRequest]) -> None:
    script = (
        "import hashlib; from datetime import date; from portal.demo import demo_season;"
        "print(hashlib.sha256(repr([(r.received_at, r.profile.canonical, r.identity, r.guardian, r.referrer, r.words)"
        " for r in demo_season(2021, date(2026, 11, 21))]).encode()).hexdigest())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    told = repr([(r.received_at, r.profile.canonical, r.identity, r.guardian, r.referrer, r.words) for r in season])
    assert printed == hashlib.sha256(told.encode()).hexdigest()


def test_another_day_or_seed_gives_another_season(season: list[DemoRequest]) -> None:
    assert next(demo_season(2021, END + timedelta(days=1))).received_at != season[0].received_at
    assert next(demo_season(7, END)).profile != season[0].profile


def test_a_whole_season_is_ready_within_eight_seconds() -> None:
    started = time.process_time()
    assert sum(1 for _ in demo_season(3, END)) == 16_000
    assert time.process_time() - started < 8
