"""The timetable: every day has its turns once, whatever the clock, the queue and the processes go through."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from redis import RedisError

from portal.foundation import clock
from portal.foundation.queue import MAIL, PAPER, PORTAL, Job, queue
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs import schedule
from portal.jobs.rhythms import HOUR, MINUTE, Daily, Every
from portal.jobs.schedule import TIMETABLE, Keeper, Turn, turn_of
from portal.jobs.tracks import find_lost_turns
from portal.operations import job_tracks

DAILY = tuple(turn for turn in TIMETABLE if isinstance(turn.when, Daily))
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
HALF_HOUR = timedelta(minutes=30)
NIGHT_HOURS = [time(1, 30), time(2), time(2, 30), time(3)]


def days(first: date, last: date) -> Iterator[date]:
    for count in range((last - first).days + 1):
        yield first + timedelta(days=count)


def test_each_day_of_eleven_years_has_one_turn_of_each_daily_job_at_its_hour() -> None:
    for turn in DAILY:
        assert isinstance(turn.when, Daily)
        for day in days(date(2026, 1, 1), date(2036, 12, 31)):
            due = turn.when.on(day)
            assert due.astimezone(clock.PARIS).timetz().replace(tzinfo=None) == turn.when.hour
            assert turn.when.slot(due) == day.isoformat() != turn.when.slot(due - timedelta(microseconds=1))


@pytest.mark.parametrize("day", CHANGES)
@pytest.mark.parametrize("hour", [*NIGHT_HOURS, time(10)])
def test_the_turn_never_goes_back_nor_skips_a_day_when_the_clocks_change(day: date, hour: time) -> None:
    """Also for an hour that comes twice, or not at all, that night."""
    daily = Daily(hour)
    start = datetime.combine(day - timedelta(days=2), time(12), UTC)

    slots = [daily.slot(start + timedelta(minutes=minute)) for minute in range(0, 3 * 24 * 60, 5)]

    assert slots == sorted(slots)
    assert sorted(set(slots)) == [(day + timedelta(days=count)).isoformat() for count in (-2, -1, 0, 1)]


@pytest.mark.parametrize(("seconds", "told"), [(15, "toutes les 15 secondes"), (MINUTE, "toutes les minutes")])
def test_a_rhythm_says_how_often(seconds: int, told: str) -> None:
    assert Every(seconds).told.replace("\u00a0", " ") == told


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (Every(600), "toutes les 10 minutes"),
        (Every(HOUR), "toutes les heures"),
        (Every(90), "toutes les 90 secondes"),
        (Daily(time(10)), "chaque jour à 10 h"),
        (Daily(time(8, 5)), "chaque jour à 8 h 05"),
    ],
)
def test_longer_rhythms_too(when: Every | Daily, told: str) -> None:
    assert when.told.replace("\u00a0", " ") == told


def test_sweeps_are_as_frequent_as_the_settings_say(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for job in (Job.SWEEP, Job.SEND_MAIL, Job.SWEEP_MORNING, Job.SWEEP_DOCUMENTS):
        when = next(turn.when for turn in TIMETABLE if turn.job is job)
        assert when == Every()
    assert Every().told.replace("\u00a0", " ") == "toutes les 15 secondes"

    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"sweep_seconds": 2}))

    assert Every().told.replace("\u00a0", " ") == "toutes les 2 secondes"
    assert Every().remembered == timedelta(seconds=4)
    now = datetime(2026, 3, 10, 9, 0, 3, tzinfo=UTC)
    assert Every().began(now) == datetime(2026, 3, 10, 9, 0, 2, tzinfo=UTC)


def test_a_wake_up_is_a_turn_only_with_the_turn_s_own_arguments() -> None:
    assert turn_of(Job.DRAIN.value, ["mentee", "waitlist"]) is not None
    assert turn_of(Job.DRAIN.value, ["mentee"]) is None
    assert turn_of(Job.DRAW_DOCUMENT.value, ["x"]) is None
    assert turn_of("os.system", []) is None


def test_every_turn_has_a_sentence_of_its_own() -> None:
    labels = [turn.label for turn in TIMETABLE]

    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and "'" not in label for label in labels)


class House:
    """Two processes that keep the timetable, a worker, and a queue that loses things."""

    def __init__(self, app: Flask, chance: random.Random) -> None:
        self.redis = app.extensions["redis"]
        self.chance = chance
        self.keepers = [Keeper(), Keeper()]
        self.done: Counter[tuple[str, str]] = Counter()

    def lose_something(self) -> None:
        match self.chance.randrange(6):
            case 0:
                self.redis.flushdb()
            case 1:
                self.keepers[self.chance.randrange(2)] = Keeper()
            case 2:
                self.redis.flushdb()
                self.keepers = [Keeper(), Keeper()]

    def wake(self) -> None:
        for keeper in self.keepers:
            keeper.wake_due(clock.now())

    def work(self) -> None:
        for name in (PORTAL, MAIL, PAPER):
            for job in queue(name).jobs:
                self.run(turn_of(str(job.func_name), job.args))
            queue(name).empty()

    def run(self, turn: Turn | None) -> None:
        assert turn is not None
        with transaction(Scope(DatabaseRole.JOBS)):
            assert job_tracks.begin(turn.name, turn.job, timedelta(minutes=3), alone=True)
        with transaction(Scope(DatabaseRole.JOBS)):
            job_tracks.finish(turn.name, turn.when.slot(clock.now()))
        self.done[turn.name, turn.when.slot(clock.now())] += 1


@pytest.mark.parametrize("day", CHANGES[:2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_daily_turn_is_done_once_whatever_gets_lost(
    app: Flask, monkeypatch: pytest.MonkeyPatch, day: date, seed: int
) -> None:
    """Down for hours, a queue emptied before or after the work, keepers that start again: nothing twice, nothing lost."""
    monkeypatch.setattr(schedule, "TIMETABLE", DAILY)
    chance = random.Random(seed)
    house = House(app, chance)
    start = datetime.combine(day - timedelta(days=2), time(), UTC)
    for step in range(4 * 48):
        with clock.at(start + step * HALF_HOUR):
            if chance.random() < 0.15:
                continue  # all is down for half an hour
            house.wake()
            house.lose_something()
            find_lost_turns()
            house.work()
            house.lose_something()

    last = start + 4 * 48 * HALF_HOUR
    for turn in DAILY:
        slots = [slot for name, slot in house.done if name == turn.name]
        wanted = [turn.when.slot(start + timedelta(days=count)) for count in range(5)]
        assert set(slots) >= set(wanted[1:4])
        assert set(slots) <= {turn.when.slot(start), *wanted, turn.when.slot(last)}
    assert set(house.done.values()) == {1}


def test_a_turn_that_the_database_knows_as_done_is_not_woken_by_a_queue_that_forgot(app: Flask) -> None:
    now = datetime(2026, 3, 10, 9, 0, 1, tzinfo=UTC)
    with clock.at(now):
        Keeper().wake_due(now)
        with transaction(Scope(DatabaseRole.JOBS)):
            job_tracks.begin("open_morning", Job.OPEN_MORNING, timedelta(minutes=3), alone=True)
            job_tracks.finish("open_morning", "2026-03-10")
            job_tracks.begin("check_places", Job.CHECK_PLACES, timedelta(minutes=3), alone=True)
        app.extensions["redis"].flushdb()

        woken = Keeper().wake_due(now + timedelta(seconds=1))

    assert "open_morning" not in woken
    assert "check_places" not in woken
    assert "remind_silence" in woken


def test_a_queue_that_is_down_at_the_hour_is_told_as_soon_as_it_is_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 3, 10, 9, 0, 1, tzinfo=UTC)
    keeper = Keeper()
    true = app.extensions["redis"]
    monkeypatch.setitem(app.extensions, "redis", type(true).from_url("unix:///nowhere/valkey.sock"))
    with pytest.raises(RedisError):
        keeper.wake_due(now)
    keeper.kept.clear()

    monkeypatch.setitem(app.extensions, "redis", true)

    assert len(keeper.wake_due(now + timedelta(minutes=20))) == len(TIMETABLE)
