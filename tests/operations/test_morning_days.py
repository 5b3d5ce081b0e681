"""A day of the morning file: who gets one, who does not and why, and what happens when its maker dies."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.queue import PAPER, Job, queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import morning as jobs
from portal.models.assignment import AssignmentState
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.morning import MorningMode, MorningState
from portal.operations import morning
from portal.operations.morning import Claimed, claim_file, finish_file, hold_file
from portal.operations.morning_content import gather
from portal.operations.morning_proof import verify_file
from portal.paper.workbook import NotProtected, rows_in
from tests import factories

Owner = psycopg.Connection[tuple[Any, ...]]
JOBS = Scope(DatabaseRole.JOBS)
DAY = date(2026, 11, 17)
TEN = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)  # 10:00 in Paris
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
Waiting = Callable[..., Association]


@pytest.fixture
def ten(app: Flask) -> Iterator[None]:
    with clock.at(TEN):
        yield


@pytest.fixture
def campaign(ten: None, arrange: Session) -> Campaign:
    return factories.make_campaign(arrange)


@pytest.fixture
def waiting(campaign: Campaign, arrange: Session) -> Waiting:
    """An association for which requests have waited for so many hours."""

    def make(*hours: int, mode: MorningMode = MorningMode.ALWAYS, seen: bool = False, **fields: Any) -> Association:
        association = factories.make_association(arrange, morning_mode=mode, **fields)
        programme = factories.make_programme(arrange, association)
        factories.make_account(arrange, association=association)
        state = AssignmentState.SEEN if seen else AssignmentState.OFFERED
        for past in hours:
            referral = factories.make_referral(arrange, campaign)
            at = TEN - past * HOUR
            opened = {"seen_at": at} if seen else {}
            factories.make_assignment(
                arrange,
                referral,
                association,
                programme,
                state=state,
                offered_at=at,
                excerpt={},
                to_verify=[],
                **opened,
            )
        arrange.commit()
        return association

    return make


@pytest.fixture
def quick_press(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A press that only says under how many passwords it was asked to print."""
    asked: list[int] = []

    def press(_: Any, passwords: list[str]) -> list[bytes]:
        asked.append(len(passwords))
        return [password.encode() for password in passwords]

    monkeypatch.setattr(jobs, "protected_workbooks", press)
    return asked


def files(owner: Owner, columns: str = "state") -> list[tuple[Any, ...]]:
    return owner.execute(f"SELECT {columns} FROM morning_file ORDER BY day, id").fetchall()


def the_file(owner: Owner) -> str:
    ((found,),) = files(owner, "id")
    return str(found)


def woken() -> list[str]:
    return [job.args[0] for job in queue(PAPER).jobs if job.func_name == Job.MAKE_MORNING_FILE]


def claimed(file_id: str) -> Claimed | None:
    with transaction(JOBS):
        return claim_file(UUID(file_id))


def made(owner: Owner) -> None:
    jobs.open_day()
    jobs.make(the_file(owner))


@pytest.mark.parametrize(
    ("mode", "hours", "seen", "became"),
    [
        (MorningMode.ALWAYS, (1,), False, "made"),
        (MorningMode.ALWAYS, (1,), True, "made"),
        (MorningMode.ALWAYS, (), False, "empty"),
        (MorningMode.WHEN_UNSEEN, (25, 1), False, "made"),
        (MorningMode.WHEN_UNSEEN, (24,), False, "made"),
        (MorningMode.WHEN_UNSEEN, (23,), False, "not_needed"),
        (MorningMode.WHEN_UNSEEN, (90,), True, "not_needed"),
        (MorningMode.WHEN_UNSEEN, (), False, "empty"),
        (MorningMode.NEVER, (90,), False, "not_wanted"),
    ],
)
def test_each_setting_gets_its_file_or_the_reason_why_not(
    waiting: Waiting, owner: Owner, quick_press: list[int], mode: MorningMode, hours: Any, seen: bool, became: str
) -> None:
    waiting(*hours, mode=mode, seen=seen)
    made(owner)
    assert files(owner, "day, mode, state") == [(DAY, mode, became)]
    letters = owner.execute("SELECT message, reference_id::text FROM outbox WHERE message = 'morning_file'").fetchall()
    assert letters == ([("morning_file", the_file(owner))] if became == "made" else [])
    kept = owner.execute("SELECT password_number FROM morning_workbook").fetchall()
    assert kept == ([(1,)] if became == "made" else [])


def test_the_delay_is_the_associations_own(waiting: Waiting, owner: Owner, quick_press: list[int]) -> None:
    waiting(50, mode=MorningMode.WHEN_UNSEEN, morning_hours=51)
    made(owner)
    assert files(owner) == [("not_needed",)]


def test_what_it_says_is_counted_and_provable(waiting: Waiting, owner: Owner) -> None:
    waiting(200, 30, 5)
    made(owner)
    ((state, at, unseen, new, lines, error),) = files(owner, "state, at, unseen, new, jsonb_array_length(lines), error")
    assert (state, at, unseen, new, lines, error) == ("made", TEN, 3, 2, 3, None)
    verdict = verify_file(UUID(the_file(owner)), rows_in)
    assert verdict.opened == (1,)
    assert not verdict.spoilt
    assert verdict.sealed


def test_nothing_before_ten_in_paris(waiting: Waiting, owner: Owner) -> None:
    waiting(30)
    for early in (TEN - SECOND, TEN - 9 * HOUR):
        with clock.at(early):
            jobs.open_day()
            jobs.sweep()
    assert files(owner) == []


@pytest.mark.parametrize(
    ("day", "hour"),
    [(date(2026, 3, 28), 9), (date(2026, 3, 29), 8), (date(2026, 10, 24), 8), (date(2026, 10, 25), 9)],
)
def test_ten_is_ten_in_paris_on_the_days_the_hour_changes(app: Flask, day: date, hour: int) -> None:
    ten = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    for instant, due in ((ten, day), (ten - SECOND, None)):
        with clock.at(instant):
            assert morning.due_day() == due


def test_a_scheduler_that_slept_is_made_good_by_the_sweep_the_same_day(
    waiting: Waiting, owner: Owner, quick_press: list[int]
) -> None:
    waiting(30)
    with clock.at(TEN + 5 * HOUR):
        jobs.sweep()
        (file_id,) = woken()
        jobs.make(file_id)
    assert files(owner, "day, state, at") == [(DAY, "made", TEN + 5 * HOUR)]


def test_days_that_the_portal_was_down_are_told_as_such(waiting: Waiting, owner: Owner, quick_press: list[int]) -> None:
    waiting(30)
    made(owner)
    with clock.at(TEN + timedelta(days=4)):
        jobs.open_day()
        jobs.open_day()
        assert files(owner, "day, state") == [
            (DAY, "made"),
            *((DAY + timedelta(days=later), "missed") for later in (1, 2, 3)),
            (DAY + timedelta(days=4), "waiting"),
        ]


def test_what_was_left_unmade_is_not_made_the_day_after(waiting: Waiting, owner: Owner) -> None:
    """Its content would be that of another day."""
    waiting(30)
    jobs.open_day()
    file_id = the_file(owner)
    with clock.at(TEN + 24 * HOUR):
        jobs.make(file_id)
        jobs.sweep()
        assert files(owner, "day, state, error") == [
            (DAY, "missed", "day_over"),
            (DAY + timedelta(days=1), "waiting", None),
        ]


def test_opening_twice_wakes_each_file_once(waiting: Waiting, owner: Owner) -> None:
    waiting(30)
    for _ in range(2):
        jobs.open_day()
        jobs.sweep()
    assert woken() == [the_file(owner)]


def test_a_wake_up_that_was_lost_is_made_good_by_the_sweep(waiting: Waiting, owner: Owner) -> None:
    waiting(30)
    jobs.open_day()
    queue(PAPER).empty()
    jobs.sweep()
    assert woken() == [the_file(owner)]


def test_made_once_it_is_never_made_again(waiting: Waiting, owner: Owner, quick_press: list[int]) -> None:
    waiting(30)
    made(owner)
    jobs.make(the_file(owner))
    assert claimed(the_file(owner)) is None
    assert quick_press == [1]
    assert owner.execute("SELECT count(*) FROM outbox WHERE message = 'morning_file'").fetchone() == (1,)


def test_a_maker_killed_after_its_claim_is_followed_by_another_when_its_lease_is_over(
    waiting: Waiting, owner: Owner, quick_press: list[int]
) -> None:
    waiting(30)
    jobs.open_day()
    file_id = the_file(owner)
    assert claimed(file_id)
    queue(PAPER).empty()
    jobs.sweep()
    jobs.make(file_id)
    assert (woken(), files(owner)) == ([], [("waiting",)])
    with clock.at(TEN + 61 * SECOND):
        jobs.sweep()
        assert woken() == [file_id]
        jobs.make(file_id)
    assert files(owner, "state, attempts, token") == [("made", 2, 2)]


def test_a_maker_that_comes_back_too_late_changes_nothing_and_tells_nobody(
    waiting: Waiting, owner: Owner, quick_press: list[int]
) -> None:
    association = waiting(30)
    jobs.open_day()
    stale = claimed(the_file(owner))
    assert stale
    with clock.at(TEN + 61 * SECOND):
        jobs.make(the_file(owner))
        gathered = gather(association.id)
        before = files(owner, "*"), owner.execute("SELECT * FROM outbox ORDER BY id").fetchall()
        with transaction(JOBS):
            assert not hold_file(stale)
            assert not finish_file(stale, gathered, MorningState.MADE, [(1, b"from beyond")])
        with transaction(JOBS):
            morning.put_off(stale, "timeout")
    assert (files(owner, "*"), owner.execute("SELECT * FROM outbox ORDER BY id").fetchall()) == before
    assert owner.execute("SELECT count(*) FROM morning_workbook").fetchone() == (1,)


def test_a_maker_merely_slow_keeps_its_file_though_its_lease_is_over(
    app: Flask, waiting: Waiting, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(30)
    jobs.open_day()
    file_id, seen = the_file(owner), []

    def slow(_: Any, passwords: list[str]) -> list[bytes]:
        with clock.at(TEN + 90 * SECOND):
            jobs.sweep()
            seen.append(claimed(file_id))
        return [b"" for _ in passwords]

    monkeypatch.setattr(jobs, "protected_workbooks", slow)
    jobs.make(file_id)
    assert seen == [None]
    assert files(owner, "state, attempts") == [("made", 1)]


def test_one_that_cannot_be_made_is_tried_five_times_ever_later_and_then_given_up(
    waiting: Waiting, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(30)
    jobs.open_day()
    file_id, now, delays = the_file(owner), TEN, []

    def broken(*_: Any) -> list[bytes]:
        raise NotProtected("memory")

    monkeypatch.setattr(jobs, "protected_workbooks", broken)
    for _ in range(5):
        with clock.at(now):
            jobs.make(file_id)
        ((later,),) = files(owner, "next_attempt_at")
        delays.append(int((later - now).total_seconds()))
        with clock.at(later - SECOND):
            assert claimed(file_id) is None
        now = later
    assert delays[:4] == [30, 120, 480, 1920]
    assert files(owner, "state, attempts, error") == [("failed", 5, "memory")]
    assert owner.execute("SELECT count(*) FROM outbox WHERE message = 'morning_file'").fetchone() == (0,)


def test_what_breaks_in_the_middle_leaves_neither_workbook_nor_message(
    waiting: Waiting, owner: Owner, quick_press: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(30)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(morning, "put_for_team", broken)
        made(owner)
    assert files(owner, "state, error, digest") == [("waiting", "OSError", None)]
    assert owner.execute("SELECT count(*) FROM morning_workbook").fetchone() == (0,)
    with clock.at(TEN + 31 * SECOND):
        jobs.make(the_file(owner))
    assert files(owner, "state, error") == [("made", None)]


def test_abandoned_five_times_it_is_given_up(waiting: Waiting, owner: Owner) -> None:
    waiting(30)
    jobs.open_day()
    for attempt in range(5):
        with clock.at(TEN + attempt * 61 * SECOND):
            assert claimed(the_file(owner))
            jobs.sweep()
            assert files(owner) == [("waiting",)]
    with clock.at(TEN + 5 * 61 * SECOND):
        jobs.sweep()
    assert files(owner, "state, error") == [("failed", "abandoned")]


def test_staff_have_a_failed_file_of_today_made_after_all(
    waiting: Waiting, owner: Owner, arrange: Session, quick_press: list[int]
) -> None:
    waiting(30)
    jobs.open_day()
    owner.execute("UPDATE morning_file SET state = 'failed', attempts = 5, error = 'memory'")
    staff = factories.make_account(arrange, staff=True)
    arrange.commit()
    scope = Scope(DatabaseRole.STAFF, account_id=staff.id)
    file_id = UUID(the_file(owner))
    with clock.at(TEN + 24 * HOUR), pytest.raises(Hidden), transaction(scope):
        morning.retry_file(file_id)
    queue(PAPER).empty()
    with transaction(scope):
        morning.retry_file(file_id)
    assert woken() == [str(file_id)]
    jobs.make(str(file_id))
    assert files(owner, "state, attempts") == [("made", 1)]
    with pytest.raises(Hidden), transaction(scope):
        morning.retry_file(file_id)


def test_while_two_passwords_are_valid_it_comes_under_both(
    waiting: Waiting, owner: Owner, quick_press: list[int]
) -> None:
    association = waiting(30)
    with clock.at(TEN - timedelta(days=92)):
        jobs.keep_passwords()
    with clock.at(TEN - timedelta(days=2)):
        jobs.keep_passwords()
    made(owner)
    assert quick_press == [2]
    kept = owner.execute("SELECT password_number, association_id FROM morning_workbook ORDER BY 1").fetchall()
    assert kept == [(1, association.id), (2, association.id)]


def test_workbooks_are_kept_for_thirty_days_and_what_became_of_the_day_for_ever(
    waiting: Waiting, owner: Owner, quick_press: list[int]
) -> None:
    waiting(30)
    made(owner)
    for later, left in ((timedelta(days=30) - SECOND, 1), (timedelta(days=30), 0)):
        with clock.at(TEN + later):
            jobs.keep_passwords()
        assert owner.execute("SELECT count(*) FROM morning_workbook").fetchone() == (left,)
    assert files(owner) == [("made",)]
