"""How the associations of the demonstration behave."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from matching.vocabulary import Side
from portal.demo import AnswerKind, DemoAnswer, answer_to
from portal.demo.answers import habits_of, youngest_in_practice
from portal.demo.calendar import next_working_moment, working_hours_after, works
from portal.demo.rhythm import PARIS
from portal.models.assignment import BounceReason
from portal.models.bounce import BOUNCES, reasons_for

FRIDAY_EVENING = datetime(2026, 10, 16, 17, 0, tzinfo=UTC)
ASSOCIATIONS = [f"association-{number}" for number in range(40)]


def answers(side: Side = Side.MENTEE) -> list[DemoAnswer]:
    return [
        answer_to(f"demo-{number:05d}", ASSOCIATIONS[number % 40], FRIDAY_EVENING - timedelta(hours=7 * number), side)
        for number in range(4_000)
    ]


def instants(answer: DemoAnswer) -> list[datetime]:
    ordered = (
        answer.seen_at, answer.answered_at, *answer.tries, answer.contacted_at,
        answer.paired_at, answer.given_up_at, answer.left_at,
    )  # fmt: skip
    return [moment for moment in ordered if moment]


def test_the_same_offer_always_gets_the_same_answer() -> None:
    assert answers() == answers()
    assert len({answer_to("demo-00001", name, FRIDAY_EVENING) for name in ASSOCIATIONS}) > 30


def test_most_offers_are_accepted_some_sent_back_a_few_left_in_silence() -> None:
    kinds = Counter(answer.kind for answer in answers())
    assert 0.72 < kinds[AnswerKind.ACCEPTED] / 4_000 < 0.9
    assert 0.08 < kinds[AnswerKind.BOUNCED] / 4_000 < 0.25
    assert 0.01 < kinds[AnswerKind.SILENT] / 4_000 < 0.1


def test_whatever_happens_happens_in_order_and_in_working_hours() -> None:
    for answer in answers():
        moments = instants(answer)
        assert moments == sorted(moments)
        for moment in moments:
            local = moment.astimezone(PARIS)
            assert works(local.date())
            assert 9 <= local.hour <= 18


def test_an_answer_comes_before_the_offer_goes_on_by_itself() -> None:
    for number in range(2_000):
        answer = answer_to(f"demo-{number:05d}", "afev", FRIDAY_EVENING)
        if answer.answered_at:
            assert timedelta(0) < answer.answered_at - FRIDAY_EVENING < timedelta(days=7)


def test_most_answers_come_within_three_days() -> None:
    delays = sorted(
        answer.answered_at - FRIDAY_EVENING
        for number in range(2_000)
        if (answer := answer_to(f"demo-{number}", ASSOCIATIONS[number % 40], FRIDAY_EVENING)).answered_at
    )
    assert timedelta(hours=12) < delays[len(delays) // 2] < timedelta(days=4)


@pytest.mark.parametrize("side", Side)
def test_reasons_are_those_the_side_may_give(side: Side) -> None:
    allowed = set(reasons_for(side))
    for answer in answers(side):
        assert (answer.reason is not None) is (answer.kind is AnswerKind.BOUNCED)
        assert {answer.reason, answer.left_reason} - {None} <= allowed


def test_a_reason_that_wants_a_note_has_one() -> None:
    for answer in [*answers(), *answers(Side.MENTOR)]:
        for reason, note in ((answer.reason, answer.note), (answer.left_reason, answer.left_note)):
            if reason and BOUNCES[reason].needs_note:
                assert note


def test_somebody_never_reached_was_called_three_times() -> None:
    lost = [answer for answer in answers() if answer.left_reason is BounceReason.UNREACHABLE]
    assert lost
    assert all(len(answer.tries) == 3 and answer.contacted_at is None and not answer.paired_at for answer in lost)


def test_most_accepted_requests_end_in_a_pair() -> None:
    accepted = [answer for answer in answers() if answer.kind is AnswerKind.ACCEPTED]
    assert 0.6 < sum(answer.paired_at is not None for answer in accepted) / len(accepted) < 0.8


def test_each_association_has_ways_of_its_own() -> None:
    ways = [habits_of(name, Side.MENTEE) for name in ASSOCIATIONS]
    assert max(way.hours for way in ways) > 4 * min(way.hours for way in ways)
    assert len({way.accepts for way in ways}) == 40


def test_a_friday_evening_waits_for_monday() -> None:
    monday = datetime(2026, 10, 19, 9, 0, tzinfo=PARIS)
    assert next_working_moment(datetime(2026, 10, 16, 19, 0, tzinfo=PARIS)) == monday
    assert next_working_moment(monday) == monday
    assert working_hours_after(datetime(2026, 10, 16, 17, 0, tzinfo=PARIS), 2) == monday + timedelta(hours=1)


def test_two_working_days_pass_over_a_week_end_and_a_bank_holiday() -> None:
    before = datetime(2026, 11, 10, 10, 0, tzinfo=PARIS)
    assert not works(date(2026, 11, 11))
    assert working_hours_after(before, 9) == datetime(2026, 11, 12, 10, 0, tzinfo=PARIS)
    assert working_hours_after(before, 27) == datetime(2026, 11, 16, 10, 0, tzinfo=PARIS)


def test_working_hours_are_those_of_paris_in_winter_and_summer() -> None:
    for day in (date(2026, 1, 12), date(2026, 7, 6)):
        opening = next_working_moment(datetime.combine(day, datetime.min.time(), PARIS))
        assert opening.tzinfo is UTC
        assert opening.astimezone(PARIS).hour == 9


def test_some_associations_send_the_youngest_back_although_no_criterion_says_so() -> None:
    strict = {name: age for name in ASSOCIATIONS if (age := youngest_in_practice(name))}
    assert 0.2 < len(strict) / len(ASSOCIATIONS) < 0.6
    for name, age in strict.items():
        young = [answer_to(f"demo-{number}", name, FRIDAY_EVENING, age=age - 1) for number in range(60)]
        bounced = [answer for answer in young if answer.kind is AnswerKind.BOUNCED]
        accepted = [answer for answer in young if answer.kind is AnswerKind.ACCEPTED]
        assert len(bounced) > 3 * len(accepted)
        assert {answer.reason for answer in bounced} == {BounceReason.AGE_OR_LEVEL}
        assert answer_to("demo-1", name, FRIDAY_EVENING, age=age) == answer_to("demo-1", name, FRIDAY_EVENING)
